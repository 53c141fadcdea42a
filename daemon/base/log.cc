// SPDX-License-Identifier: Apache-2.0
#include "daemon/base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/systemd_sink.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <memory>

#include "absl/strings/str_cat.h"

namespace footprint::base {

absl::Status SetUpLog(const std::string& level, const std::string& to) {
  const auto parsed = spdlog::level::from_str(level == "warn" ? "warning" : level);
  if (parsed == spdlog::level::off) {
    return absl::InvalidArgumentError(
        absl::StrCat("log_level: \"", level, "\" is none of trace, debug, info, warn, error"));
  }
  std::shared_ptr<spdlog::logger> logger;
  if (to == "journal" || (to == "auto" && std::getenv("JOURNAL_STREAM") != nullptr)) {
    logger = spdlog::systemd_logger_mt("footprintd", "footprintd");
    logger->set_pattern("%v");
  } else if (to == "auto" || to == "stderr") {
    logger = spdlog::stderr_color_mt("footprintd");
    logger->set_pattern("%Y-%m-%d %H:%M:%S.%e footprintd %^%l%$ %v");
  } else {
    return absl::InvalidArgumentError(
        absl::StrCat("log_to: \"", to, "\" is none of auto, journal, stderr"));
  }
  logger->set_level(parsed);
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(logger);
  return absl::OkStatus();
}

}  // namespace footprint::base
