// SPDX-License-Identifier: Apache-2.0
// How text for people may look where it goes.
// Ownership: values.   Threads: any.   Failure: none.
#ifndef FOOTPRINT_CLIENT_LOOK_H_
#define FOOTPRINT_CLIENT_LOOK_H_

#include <cstddef>

namespace footprint::client {

struct Look {
  Look(bool with_colour = false, size_t columns = 0) : colour(with_colour), width(columns) {}

  bool colour;   // escape sequences are understood
  size_t width;  // columns of the terminal; 0: a file or pipe, where nothing is cut

  const char* Bold() const { return colour ? "\x1b[1m" : ""; }
  const char* Good() const { return colour ? "\x1b[32m" : ""; }
  const char* Bad() const { return colour ? "\x1b[1;31m" : ""; }
  const char* Plain() const { return colour ? "\x1b[0m" : ""; }
};

}  // namespace footprint::client

#endif  // FOOTPRINT_CLIENT_LOOK_H_
