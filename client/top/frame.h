// SPDX-License-Identifier: Apache-2.0
// The model of `footprint top` as lines of text for a screen of a size.
// Ownership: values.   Threads: one.   Failure: none; any size has a frame.
#ifndef FOOTPRINT_CLIENT_TOP_FRAME_H_
#define FOOTPRINT_CLIENT_TOP_FRAME_H_

#include <string>
#include <vector>

#include "client/top/model.h"

namespace footprint::client::top {

enum class Style { kPlain, kTitle, kSelected, kGood, kBad, kDim };

struct Line {
  std::string text;  // at most the width of the screen
  Style style = Style::kPlain;
};

// Exactly `height` lines. Tells the model how many rows fit.
std::vector<Line> Draw(Model& model, const std::string& target, size_t width, size_t height);

}  // namespace footprint::client::top

#endif  // FOOTPRINT_CLIENT_TOP_FRAME_H_
