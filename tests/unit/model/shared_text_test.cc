// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/shared_text.h"

#include <catch2/catch.hpp>

namespace footprint::model {

TEST_CASE("unit.model.a_shared_text_is_its_text") {
  SharedText text;
  CHECK(text.empty());
  CHECK(text == "");
  CHECK(text.str().empty());
  text = "/usr/bin/sh";
  const SharedText copy = text;
  CHECK(&copy.str() == &text.str());
  CHECK(text.shared());
  text = std::string("/usr/bin/ls");
  CHECK_FALSE(copy.shared());
  CHECK(copy == "/usr/bin/sh");
  CHECK(text != copy);
  CHECK(text == SharedText("/usr/bin/ls"));
  text = std::string();
  CHECK(text.empty());
}

TEST_CASE("unit.model.a_pool_keeps_one_copy_of_what_is_in_use") {
  TextPool pool;
  const SharedText one = pool.Share("/system.slice/a.service");
  CHECK(&pool.Share(std::string("/system.slice/a.service")).str() == &one.str());
  // What nobody holds is forgotten, and what is held is not.
  for (int i = 0; i < 10'000; ++i) pool.Share(std::to_string(i));
  CHECK(pool.size() <= 200);
  CHECK(&pool.Share("/system.slice/a.service").str() == &one.str());
  CHECK(pool.Share("").empty());
}

}  // namespace footprint::model
