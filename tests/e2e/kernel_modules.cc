// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/kernel_modules.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace footprint::e2e {
namespace {

constexpr char kModulesFile[] = "/proc/modules";
constexpr char kInstance[] = "/sys/kernel/tracing/instances/footprint_modules";

}  // namespace

bool KernelHasModules() { return access(kModulesFile, F_OK) == 0; }
bool KernelLetsRead() {
  return ReadFile("/sys/kernel/security/lockdown").find("[confidentiality]") == std::string::npos;
}
bool KernelTellsTypes() { return std::filesystem::is_regular_file("/sys/kernel/btf/vmlinux"); }

void SkipUnless(bool there, const std::string& what) {
  if (there) return;
  printf("SKIP: %s\n", what.c_str());
  exit(77);
}

const char kPath[] = "PATH=/usr/sbin:/sbin:$PATH; ";

int Sh(const std::string& script) { return Run({"/bin/sh", "-c", kPath + script}, 120s).status; }
bool Available(const std::string& module) { return Sh("modprobe -n -q " + module) == 0; }

void UnloadAll() {
  for (const char* name :
       {"hci_vhci", "bluetooth", "i2c_dev", "i2c_stub", "i2c_gpio", "spi_gpio", "loop", "dummy"}) {
    Sh(std::string("modprobe -r -q ") + name);
  }
}

void Begin() {
  SkipUnless(KernelHasModules(), "this kernel loads no modules (no /proc/modules)");
  SkipUnless(KernelLetsRead(), "lockdown=confidentiality: programs may not read module names");
  for (const char* name : {"loop", "dummy"}) {
    SkipUnless(Available(name), std::string("modprobe finds no module ") + name);
  }
  UnloadAll();
}

std::map<std::string, int64_t> Refcounts() {
  std::map<std::string, int64_t> counts;
  std::ifstream file(kModulesFile);
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string name;
    uint64_t size = 0;
    int64_t count = 0;
    words >> name >> size >> count;
    counts[name] = count;
  }
  return counts;
}

Json ModuleRow(const Json& document, const std::string& name) {
  for (const Json& row : document.at("modules")) {
    if (row.at("name") == name) return row;
  }
  return Json::object();
}

Trace::Trace() {
  std::filesystem::create_directory(kInstance);
  Set("buffer_size_kb", "4096");
  Set("events/module/enable", "1");
}

Trace::~Trace() {
  Set("events/module/enable", "0");
  std::error_code none;
  std::filesystem::remove(kInstance, none);
}

std::map<std::string, uint64_t> Trace::Stop() {
  Set("tracing_on", "0");
  std::map<std::string, uint64_t> counts;
  std::istringstream lines(ReadFile(std::string(kInstance) + "/trace"));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#")) continue;
    const size_t at = line.find(": module_");
    if (at == std::string::npos) continue;
    std::istringstream words(line.substr(at + 2));
    std::string event, name;
    words >> event >> name;
    event.pop_back();  // the colon
    ++counts[event + " " + name];
  }
  return counts;
}

void Trace::Set(const std::string& file, const std::string& value) {
  std::ofstream(std::string(kInstance) + "/" + file) << value;
}

std::map<std::string, uint64_t> Between(const Json& begin, const Json& end) {
  std::map<std::string, uint64_t> counts;
  const auto add = [&](const std::string& key, uint64_t now, uint64_t before) {
    if (now != before) counts[key] = now - before;
  };
  for (const Json& row : end.at("modules")) {
    const std::string name = row.at("name");
    const Json before = ModuleRow(begin, name);
    for (const auto& [event, member] : {std::pair{"module_load ", "loads"},
                                        {"module_free ", "unloads"},
                                        {"module_get ", "gets"},
                                        {"module_put ", "puts"}}) {
      add(event + name, row.at(member), before.value(member, uint64_t{0}));
    }
  }
  const auto asked = [](const Json& list, const std::string& name) {
    for (const Json& row : list.at("requests")) {
      if (row.at("name") == name) {
        return row.at("waited").get<uint64_t>() + row.at("not_waited").get<uint64_t>();
      }
    }
    return uint64_t{0};
  };
  for (const Json& row : end.at("requests")) {
    const std::string name = row.at("name");
    add("module_request " + name, asked(end, name), asked(begin, name));
  }
  return counts;
}

std::string Script() {
  const std::string times = "i=0; while [ $i -lt " + std::to_string(kOpens) + " ]; do ";
  const std::string next = "; i=$((i+1)); done; ";
  std::string script = "set -e; modprobe dummy; modprobe loop; ";
  script += times + ": </dev/loop-control" + next;
  if (Available("i2c-stub")) {
    script += "modprobe i2c-stub chip_addr=0x50; modprobe i2c-dev; ";
    script += "d=$(grep -l SMBus.stub /sys/bus/i2c/devices/i2c-*/name | head -n 1); ";
    script += "d=${d%/name}; d=/dev/${d##*/}; [ -c $d ]; " + times + ": <$d" + next;
    script += "modprobe -r i2c-dev; modprobe -r i2c-stub; ";
  }
  return script + "modprobe -r loop; modprobe -r dummy";
}

}  // namespace footprint::e2e
