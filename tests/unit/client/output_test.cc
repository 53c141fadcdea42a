// SPDX-License-Identifier: Apache-2.0
#include "client/output.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace footprint::client {
namespace {

namespace fs = std::filesystem;

// A directory that goes with the test.
struct Scratch {
  Scratch() {
    std::string name = (fs::temp_directory_path() / "footprint_output.XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Scratch() { fs::remove_all(path); }
  size_t Files() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(path), fs::directory_iterator()));
  }
  fs::path path;
};

std::string Contents(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

TEST_CASE("a file appears whole or not at all", "[client]") {
  const Scratch scratch;
  const fs::path file = scratch.path / "out";
  {
    auto output = Output::Create(file.string());
    REQUIRE(output.ok());
    REQUIRE((*output)->Write("half").ok());
    CHECK_FALSE(fs::exists(file));
  }
  CHECK(scratch.Files() == 0);  // dropped without a trace
  auto output = Output::Create(file.string());
  REQUIRE((*output)->Write("whole").ok());
  REQUIRE((*output)->Commit().ok());
  CHECK(Contents(file) == "whole");
  CHECK(scratch.Files() == 1);
}

TEST_CASE("a file that exists keeps its mode, a link to it stays a link", "[client]") {
  const Scratch scratch;
  const fs::path file = scratch.path / "out";
  const fs::path link = scratch.path / "link";
  std::ofstream(file) << "old";
  REQUIRE(chmod(file.c_str(), 0640) == 0);
  fs::create_symlink("out", link);
  auto output = Output::Create(link.string());
  REQUIRE(output.ok());
  REQUIRE((*output)->Write("new").ok());
  CHECK(Contents(file) == "old");
  REQUIRE((*output)->Commit().ok());
  CHECK(fs::is_symlink(link));
  CHECK(Contents(file) == "new");
  CHECK((fs::status(file).permissions() & fs::perms::all) == static_cast<fs::perms>(0640));
}

TEST_CASE("what cannot be written is known before anything is done", "[client]") {
  const Scratch scratch;
  CHECK(Output::Create((scratch.path / "none" / "out").string()).status().code() ==
        absl::StatusCode::kInvalidArgument);
  CHECK(Output::Create(scratch.path.string()).status().code() ==
        absl::StatusCode::kInvalidArgument);
  auto null = Output::Create("/dev/null");
  REQUIRE(null.ok());
  CHECK((*null)->Write("x").ok());
  CHECK((*null)->Commit().ok());
  CHECK_FALSE(fs::is_regular_file("/dev/null"));
}

TEST_CASE("a full disk is an error of output", "[client]") {
  auto full = Output::Create("/dev/full");
  REQUIRE(full.ok());
  CHECK((*full)->Write("x").code() == absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace footprint::client
