// SPDX-License-Identifier: Apache-2.0
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "daemon/app/app.h"
#include "daemon/app/check_config.h"
#include "daemon/app/config.h"
#include "daemon/base/log.h"

namespace {

// --help and --version end the parsing as if they were errors.
int Stopped(const CLI::App& cli, const CLI::ParseError& error) {
  if (error.get_exit_code() != 0) {
    const std::vector<std::string> rest = cli.remaining();
    const std::string said = rest.empty() ? error.what() : "not known: " + rest.front();
    fprintf(stderr, "footprintd: %s; see footprintd --help\n", said.c_str());
    return 2;
  }
  const bool help = error.get_name() == "CallForHelp";
  const std::string text = help ? cli.help() : std::string(error.what()) + "\n";
  if (fputs(text.c_str(), stdout) >= 0 && fflush(stdout) == 0) return 0;
  fprintf(stderr, "footprintd: write to standard output: %s\n", strerror(errno));
  return 74;
}

}  // namespace

int main(int argc, char** argv) {
  // One arena more than the collector's: by default each of gRPC's threads gets its own, and keeps
  // what a busy minute has made of it.
  mallopt(M_ARENA_MAX, 2);
  CLI::App cli("footprintd: counts which parts of the kernel every process uses.");
  std::string listen, config_file;
  bool check = false;
  cli.add_option("--listen", listen, "Socket to serve on, unix:PATH (default: the key `listen`)");
  cli.add_option("--config", config_file,
                 "Configuration, TOML; every key is documented in the "
                 "file that is installed with the daemon");
  cli.add_flag("--check-config", check, "Read the configuration, say what is wrong, and end");
  cli.set_version_flag("--version", std::string("footprintd ") + FOOTPRINT_VERSION);
  cli.footer(
      "Exit status: 0 stopped cleanly; 2 usage; 69 a kernel feature or the socket is not\n"
      "available; 70 internal; 74 output failed; 77 missing capabilities; 78 configuration.");
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {  // CLI11 knows no other way
    return Stopped(cli, error);
  }

  using footprint::app::ExitCode;
  footprint::app::Config config;
  if (cli.count("--config") != 0) {
    auto loaded = footprint::app::LoadConfig(config_file);
    if (!loaded.ok()) {
      fprintf(stderr, "footprintd: %s\n", std::string(loaded.status().message()).c_str());
      return 78;
    }
    config = *loaded;
  }
  if (cli.count("--listen") != 0) config.listen = listen;
  absl::Status status = footprint::base::SetUpLog(config.log_level, config.log_to);
  if (status.ok()) {
    status = check ? footprint::app::CheckConfig(config) : footprint::app::Run(config);
  }
  if (!status.ok()) {
    fprintf(stderr, "footprintd: %s\n", std::string(status.message()).c_str());
  }
  return ExitCode(status);
}
