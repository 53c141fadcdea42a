// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "daemon/app/app.h"
#include "daemon/app/config.h"
#include "daemon/base/log.h"

int main(int argc, char** argv) {
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
      "available; 70 internal; 77 missing capabilities; 78 configuration.");
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {  // CLI11 knows no other way
    return cli.exit(error) == 0 ? 0 : 2;
  }

  using footprint::app::ExitCode;
  footprint::app::Config config;
  if (!config_file.empty()) {
    auto loaded = footprint::app::LoadConfig(config_file);
    if (!loaded.ok()) {
      fprintf(stderr, "footprintd: %s\n", std::string(loaded.status().message()).c_str());
      return 78;
    }
    config = *loaded;
  }
  if (!listen.empty()) config.listen = listen;
  absl::Status status = footprint::base::SetUpLog(config.log_level, config.log_to);
  if (status.ok() && !check) status = footprint::app::Run(config);
  if (!status.ok()) {
    fprintf(stderr, "footprintd: %s\n", std::string(status.message()).c_str());
  }
  return ExitCode(status);
}
