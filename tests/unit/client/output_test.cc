// SPDX-License-Identifier: Apache-2.0
#include "client/output.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

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
    auto output = Output::Create({.path = file.string()});
    REQUIRE(output.ok());
    REQUIRE((*output)->Write("half").ok());
    CHECK_FALSE(fs::exists(file));
  }
  CHECK(scratch.Files() == 0);  // dropped without a trace
  auto output = Output::Create({.path = file.string()});
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
  auto output = Output::Create({.path = link.string(), .force = true});
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
  CHECK(Output::Create({.path = (scratch.path / "none" / "out").string()}).status().code() ==
        absl::StatusCode::kInvalidArgument);
  CHECK(Output::Create({.path = scratch.path.string()}).status().code() ==
        absl::StatusCode::kInvalidArgument);
  auto null = Output::Create({.path = "/dev/null"});
  REQUIRE(null.ok());
  CHECK((*null)->Write("x").ok());
  CHECK((*null)->Commit().ok());
  CHECK_FALSE(fs::is_regular_file("/dev/null"));
}

TEST_CASE("a full disk is an error of output", "[client]") {
  auto full = Output::Create({.path = "/dev/full"});
  REQUIRE(full.ok());
  CHECK((*full)->Write("x").code() == absl::StatusCode::kDataLoss);
}

TEST_CASE("a file that exists is kept unless --force says otherwise", "[client]") {
  const Scratch scratch;
  const fs::path file = scratch.path / "out";
  auto raced = Output::Create({.path = file.string()});
  REQUIRE(raced.ok());
  std::ofstream(file) << "old";
  const absl::Status refused = Output::Create({.path = file.string()}).status();
  CHECK(refused.code() == absl::StatusCode::kInvalidArgument);
  CHECK_THAT(std::string(refused.message()), Catch::EndsWith("it exists; --force replaces it"));
  // It came while the work was done.
  REQUIRE((*raced)->Write("new").ok());
  CHECK((*raced)->Commit().code() == absl::StatusCode::kDataLoss);
  CHECK(Contents(file) == "old");
  raced->reset();
  CHECK(scratch.Files() == 1);
  auto forced = Output::Create({.path = file.string(), .force = true});
  REQUIRE(forced.ok());
  REQUIRE((*forced)->Write("new").ok());
  REQUIRE((*forced)->Commit().ok());
  CHECK(Contents(file) == "new");
  // An empty file is a file.
  std::ofstream(scratch.path / "empty").close();
  CHECK_FALSE(Output::Create({.path = (scratch.path / "empty").string()}).ok());
}

TEST_CASE("no link of another user is followed", "[client]") {
  if (geteuid() != 0) return;  // nobody else can make one
  const Scratch scratch;
  const auto lies = [](const fs::path& link, const fs::path& target) {
    fs::create_symlink(target, link);
    REQUIRE(lchown(link.c_str(), 65534, 65534) == 0);
  };
  const fs::path victim = scratch.path / "victim";
  std::ofstream(victim) << "precious";
  lies(scratch.path / "out", victim);
  lies(scratch.path / "dangling", scratch.path / "new");
  for (const char* name : {"out", "dangling"}) {
    for (bool force : {false, true}) {
      const absl::Status status =
          Output::Create({.path = (scratch.path / name).string(), .force = force}).status();
      CHECK(status.code() == absl::StatusCode::kPermissionDenied);
      CHECK_THAT(std::string(status.message()), Catch::Contains("symbolic link of user 65534"));
    }
  }
  // On the way: in a directory where everyone may put one, as /tmp is.
  const fs::path open = scratch.path / "open";
  fs::create_directory(open);
  fs::create_directory(scratch.path / "real");
  lies(open / "way", scratch.path / "real");
  REQUIRE(chmod(open.c_str(), 01777) == 0);
  CHECK(Output::Create({.path = (open / "way" / "out").string()}).status().code() ==
        absl::StatusCode::kPermissionDenied);
  // In a directory of his own it is his to say where it leads.
  REQUIRE(chmod(open.c_str(), 0755) == 0);
  CHECK(Output::Create({.path = (open / "way" / "out").string()}).ok());
  CHECK(Contents(victim) == "precious");
  CHECK_FALSE(fs::exists(scratch.path / "new"));
}

TEST_CASE("a pipe of another user is not written to", "[client]") {
  if (geteuid() != 0) return;
  const Scratch scratch;
  const fs::path pipe = scratch.path / "pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0666) == 0);
  REQUIRE(lchown(pipe.c_str(), 65534, 65534) == 0);
  CHECK(Output::Create({.path = pipe.string()}).status().code() ==
        absl::StatusCode::kPermissionDenied);
}

TEST_CASE("paths of descriptors are these descriptors", "[client]") {
  auto standard = Output::Create({.path = "-"}, STDERR_FILENO);
  REQUIRE(standard.ok());
  CHECK((*standard)->IsStdout());
  CHECK((*Output::Create({.path = "/dev/stdout"}, STDERR_FILENO))->IsStdout());
  CHECK_FALSE((*Output::Create({}, STDERR_FILENO))->IsStdout());
  CHECK_FALSE(Output::Create({.path = "/dev/fd/987"}).ok());
}

}  // namespace
}  // namespace footprint::client
