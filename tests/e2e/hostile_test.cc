// SPDX-License-Identifier: Apache-2.0
// Input that nobody well-meaning sends: a clear status and text, or a clean rendering.
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/e2e/daemon.h"
#include "tests/e2e/stub.h"

namespace footprint::e2e {
namespace {

grpc::Status Get(const Daemon& daemon, const v1::GetFootprintRequest& request,
                 v1::GetFootprintResponse* response = nullptr) {
  grpc::ClientContext context;
  context.set_deadline(WallClockIn(20s));
  v1::GetFootprintResponse ignored;
  return Stub(daemon)->GetFootprint(&context, request, response ? response : &ignored);
}

void CheckRefused(const grpc::Status& status, grpc::StatusCode code) {
  INFO(status.error_message());
  CHECK(status.error_code() == code);
  CHECK_FALSE(status.error_message().empty());
}

// Bytes that must not reach a terminal. Newlines end the lines of a table.
bool Clean(const std::string& text) {
  return std::none_of(text.begin(), text.end(),
                      [](unsigned char c) { return (c < 0x20 && c != '\n') || c == 0x7f; });
}

// CSV ends its lines with CR LF, RFC 4180.
std::string WithoutLineEnds(std::string text) {
  for (size_t at; (at = text.find("\r\n")) != std::string::npos;) text.erase(at, 1);
  return text;
}

// Records and fields as RFC 4180 has them; -1 for a row that breaks them.
std::vector<int> CsvFields(const std::string& text) {
  std::vector<int> rows = {1};
  bool quoted = false;
  for (size_t i = 0; i < text.size(); i++) {
    if (text[i] == '"') {
      if (quoted && i + 1 < text.size() && text[i + 1] == '"')
        i++;
      else
        quoted = !quoted;
    } else if (!quoted && text[i] == ',') {
      rows.back()++;
    } else if (!quoted && text[i] == '\n' && i + 1 < text.size()) {
      rows.push_back(1);
    }
  }
  if (quoted) rows.push_back(-1);
  return rows;
}

}  // namespace

TEST_CASE("e2e.hostile.scopes") {
  Daemon daemon;
  v1::GetFootprintRequest request;
  CheckRefused(Get(daemon, request), grpc::StatusCode::INVALID_ARGUMENT);  // no scope
  request.mutable_scope();
  CheckRefused(Get(daemon, request), grpc::StatusCode::INVALID_ARGUMENT);  // none of its members
  request.mutable_scope()->set_pid(0);
  CheckRefused(Get(daemon, request), grpc::StatusCode::INVALID_ARGUMENT);
  request.mutable_scope()->set_command("");
  CheckRefused(Get(daemon, request), grpc::StatusCode::INVALID_ARGUMENT);
  request.mutable_scope()->set_unit("");
  CheckRefused(Get(daemon, request), grpc::StatusCode::INVALID_ARGUMENT);
  for (uint32_t pid : {4'194'305u, 0xffffffffu}) {  // beyond any pid_max
    request.mutable_scope()->set_pid(pid);
    CheckRefused(Get(daemon, request), grpc::StatusCode::NOT_FOUND);
    request.mutable_scope()->set_tree_pid(pid);
    CheckRefused(Get(daemon, request), grpc::StatusCode::NOT_FOUND);
  }
  request.mutable_scope()->set_command("no such command");
  CheckRefused(Get(daemon, request), grpc::StatusCode::NOT_FOUND);
  request.mutable_scope()->set_unit("no-such.service");
  CheckRefused(Get(daemon, request), grpc::StatusCode::NOT_FOUND);
  // A glob that takes a careless matcher ages.
  request.mutable_scope()->set_command(std::string(4096, '*') + "x");
  grpc::Status status = Get(daemon, request);
  CHECK((status.error_code() == grpc::StatusCode::NOT_FOUND ||
         status.error_code() == grpc::StatusCode::INVALID_ARGUMENT));
  request.mutable_scope()->set_system(true);
  CHECK(Get(daemon, request).ok());
}

TEST_CASE("e2e.hostile.unknown_pid_by_client") {
  Daemon daemon;
  Outcome outcome = daemon.Client({"show", "--pid", "4194305"});
  INFO(outcome.err);
  CHECK(outcome.status != 0);
  CHECK(outcome.status < 128);
  CHECK(outcome.err.find("4194305") != std::string::npos);
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
  CHECK(daemon.Client({"show", "--pid", "minus"}).status == 2);
  CHECK(daemon.Client({"show", "--pid", "-1"}).status == 2);
}

TEST_CASE("e2e.hostile.pages") {
  Daemon daemon;
  // Enough for some pages: each has made calls, and lives.
  std::vector<std::unique_ptr<Process>> crowd;
  for (int i = 0; i < 7; i++) {
    Launch launch;
    launch.argv = {Workload("calls"), "wait"};
    launch.keep_input = true;
    crowd.push_back(std::make_unique<Process>(launch));
  }
  auto list = [&](int32_t size, const std::string& token, v1::ListProcessesResponse* response) {
    grpc::ClientContext context;
    v1::ListProcessesRequest request;
    request.set_page_size(size);
    request.set_page_token(token);
    return Stub(daemon)->ListProcesses(&context, request, response);
  };
  v1::ListProcessesResponse response;
  REQUIRE(list(0x7fffffff, "", &response).ok());
  CHECK(response.processes_size() <= 1000);
  CHECK(response.processes_size() > 0);
  CheckRefused(list(-1, "", &response), grpc::StatusCode::INVALID_ARGUMENT);
  CheckRefused(list(10, "no such page", &response), grpc::StatusCode::INVALID_ARGUMENT);
  CheckRefused(list(10, std::string(100'000, '9'), &response), grpc::StatusCode::INVALID_ARGUMENT);
  // Page by page, each process once, by rising pid.
  std::string token;
  uint32_t last = 0;
  int pages = 0;
  do {
    response.Clear();
    REQUIRE(list(3, token, &response).ok());
    REQUIRE(response.processes_size() <= 3);
    for (const auto& process : response.processes()) {
      CHECK(process.pid() >= last);
      last = process.pid();
    }
    token = response.next_page_token();
    pages++;
  } while (!token.empty() && pages < 10'000);
  CHECK(pages > 2);
  CHECK(token.empty());
}

TEST_CASE("e2e.hostile.message_over_the_limit") {
  Daemon daemon;
  v1::GetFootprintRequest request;
  request.mutable_scope()->set_command(std::string(32 << 20, 'x'));
  // More than once: how much is under way when the answer comes is chance.
  for (int i = 0; i < 10; i++) {
    CheckRefused(Get(daemon, request), grpc::StatusCode::RESOURCE_EXHAUSTED);
  }
  request.mutable_scope()->set_command(std::string(100'000, 'x'));
  grpc::Status status = Get(daemon, request);
  INFO(status.error_message());
  CHECK((status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED ||
         status.error_code() == grpc::StatusCode::INVALID_ARGUMENT ||
         status.error_code() == grpc::StatusCode::NOT_FOUND));
  CHECK(status.error_message().size() < 4096);
  CHECK(daemon.Client({"status"}).status == 0);
}

TEST_CASE("e2e.hostile.watch_intervals") {
  Daemon daemon;
  for (int64_t seconds : {int64_t{-1}, int64_t{3601}, int64_t{1} << 40}) {
    grpc::ClientContext context;
    context.set_deadline(WallClockIn(20s));
    v1::WatchFootprintRequest request;
    v1::WatchFootprintResponse response;
    request.mutable_scope()->set_system(true);
    request.mutable_interval()->set_seconds(seconds);
    auto reader = Stub(daemon)->WatchFootprint(&context, request);
    while (reader->Read(&response)) {
    }
    CheckRefused(reader->Finish(), grpc::StatusCode::INVALID_ARGUMENT);
  }
}

TEST_CASE("e2e.hostile.names") {
  // An escape sequence, quotes, a comma, a newline, a backslash, and bytes that are no UTF-8.
  const std::string comm = "\x1b[31m\"',\n\\\xff\xc3";
  const std::string file = "\x1b]0;own\x07\"',\n\xff\xfe.x";
  for (std::string object : {"core", "full"}) {
    DYNAMIC_SECTION(object) {
      Daemon daemon({"object = \"" + object + "\"\n"});
      TempDir dir;
      std::filesystem::copy_file(Workload("hostile"), dir / file);
      Launch launch;
      launch.argv = {"\x1b[2J\xff\"", comm, "\x1b[1;1Hargument\xff"};
      launch.file = dir / file;
      launch.keep_input = true;
      Process process(launch);
      const std::string pid = std::to_string(process.pid());
      REQUIRE(Eventually([&] {
        Outcome outcome = daemon.Client({"show", "--pid", pid, "--format", "json"});
        return outcome.status == 0 && Count(Json::parse(outcome.out), "getppid") == 23;
      }));
      for (std::vector<std::string> scope :
           std::vector<std::vector<std::string>>{{"show", "--pid", pid}, {"show"}}) {
        Json footprint = daemon.Query(scope);  // throws unless it is valid JSON, which is UTF-8
        bool found = false;
        for (const Json& row : footprint.at("processes")) {
          if (row.at("pid") != process.pid()) continue;
          CHECK(Clean(row.at("comm")));
          CHECK(Clean(row.at("exe")));
          // Before its exec it was called like this test.
          found = found ||
                  row.at("exe").get<std::string>().find("\\x1b]0;own\\x07\"'") != std::string::npos;
        }
        CHECK(found);
        std::vector<std::string> words = scope;
        words.insert(words.end(), {"--format", "csv"});
        Outcome csv = daemon.Client(words);
        CHECK(csv.status == 0);
        CHECK(Clean(WithoutLineEnds(csv.out)));
        std::vector<int> fields = CsvFields(csv.out);
        CHECK(fields.size() > 1);
        CHECK(std::all_of(fields.begin(), fields.end(), [&](int n) { return n == fields[0]; }));
        words.back() = "table";
        Outcome table = daemon.Client(words);
        CHECK(table.status == 0);
        CHECK(Clean(table.out));
      }
      // By the raw bytes, too, and the bytes arrive as they are.
      v1::GetFootprintRequest request;
      v1::GetFootprintResponse response;
      request.mutable_scope()->set_pid(process.pid());
      REQUIRE(Get(daemon, request, &response).ok());
      bool raw = false;
      for (const auto& row : response.footprint().processes())
        raw = raw || row.exe_raw() == dir / file;
      CHECK(raw);
      process.Write("x");
      CHECK(process.Wait().status == 0);
    }
  }
}

}  // namespace footprint::e2e
