// SPDX-License-Identifier: Apache-2.0
// What all JSON documents of docs/json.md share.
// Ownership: values.   Threads: any.
// Failure: Dump() writes U+FFFD in place of what is no UTF-8.
#ifndef FOOTPRINT_CLIENT_RENDER_JSON_VALUE_H_
#define FOOTPRINT_CLIENT_RENDER_JSON_VALUE_H_

#include <google/protobuf/timestamp.pb.h>

#include <nlohmann/json.hpp>
#include <string>

#include "client/text.h"

namespace footprint::client::render {

using Json = nlohmann::ordered_json;  // keys in the order of docs/json.md

inline std::string Dump(const Json& json, bool one_line) {
  return json.dump(one_line ? -1 : 2, ' ', false, Json::error_handler_t::replace) + "\n";
}

inline std::string Time(const google::protobuf::Timestamp& time) {
  return Rfc3339(time.seconds(), time.nanos());
}

}  // namespace footprint::client::render

#endif  // FOOTPRINT_CLIENT_RENDER_JSON_VALUE_H_
