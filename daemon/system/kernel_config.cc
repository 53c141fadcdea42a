// SPDX-License-Identifier: Apache-2.0
#include "daemon/system/kernel_config.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "daemon/system/files.h"

namespace footprint::system {

std::string CanonicalConfig(std::string_view text) {
  std::vector<std::string_view> lines = Lines(text);
  std::erase_if(lines, [](std::string_view line) { return !line.starts_with("CONFIG_"); });
  std::ranges::sort(lines);
  std::string canonical;
  for (const std::string_view line : lines) canonical.append(line).append("\n");
  return canonical;
}

std::string Sha256(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    return "";  // a libcrypto that may not compute SHA-256
  }
  return absl::BytesToHexString({reinterpret_cast<const char*>(digest.data()), size});
}

std::string_view ConfigValue(std::string_view canonical, std::string_view option) {
  const std::string wanted = std::string("\n").append(option).append("=");
  size_t at = canonical.find(wanted);
  if (canonical.starts_with(std::string_view(wanted).substr(1))) {
    at = wanted.size() - 1;
  } else if (at == std::string_view::npos) {
    return "";
  } else {
    at += wanted.size();
  }
  return canonical.substr(at, canonical.find('\n', at) - at);
}

Config ReadConfig(const std::string& root, const std::string& release) {
  Config config;
  for (const std::string& path : {std::string("/proc/config.gz"), "/boot/config-" + release}) {
    const absl::StatusOr<std::string> text = ReadGzip(root + path);
    const std::string canonical = text.ok() ? CanonicalConfig(*text) : "";
    if (!canonical.empty()) {
      config.text = canonical;
      config.sha256 = Sha256(canonical);
      config.reading = {.source = path};
      if (config.sha256.empty()) config.reading.note = "libcrypto computes no SHA-256 here";
      return config;
    }
    absl::StrAppend(&config.reading.source, config.reading.source.empty() ? "" : ", ", path);
    absl::StrAppend(&config.reading.problem, config.reading.problem.empty() ? "" : "; ",
                    text.ok() ? absl::StrCat("no option is set in ", path)
                              : std::string(text.status().message()));
  }
  return config;
}

}  // namespace footprint::system
