// SPDX-License-Identifier: Apache-2.0
#include "daemon/features/features.h"

#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

namespace footprint::features {
namespace {

constexpr char kArray[] = "mmapable array";
constexpr char kRing[] = "ring buffer";

long Bpf(bpf_cmd command, bpf_attr& attr) { return syscall(SYS_bpf, command, &attr, sizeof(attr)); }

class Fd {
 public:
  explicit Fd(long fd) : fd_(static_cast<int>(fd)), error_(fd < 0 ? errno : 0) {}
  ~Fd() {
    if (fd_ >= 0) close(fd_);
  }
  Fd(const Fd&) = delete;
  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }
  std::string Reason() const { return ok() ? "ok" : std::strerror(error_); }

 private:
  int fd_;
  int error_;
};

// Below 5.11 programs and maps count against RLIMIT_MEMLOCK of all processes of the user, so that
// beside a daemon nothing could be tried. Lifts it while it lives, where that is permitted.
class NoMemoryLimit {
 public:
  NoMemoryLimit() {
    const rlimit none{RLIM_INFINITY, RLIM_INFINITY};
    lifted_ = getrlimit(RLIMIT_MEMLOCK, &before_) == 0 && setrlimit(RLIMIT_MEMLOCK, &none) == 0;
  }
  ~NoMemoryLimit() {
    if (lifted_) setrlimit(RLIMIT_MEMLOCK, &before_);
  }
  NoMemoryLimit(const NoMemoryLimit&) = delete;

 private:
  rlimit before_{};
  bool lifted_ = false;
};

uint64_t EffectiveCapabilities() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct data[2]{};
  if (syscall(SYS_capget, &header, data) != 0) return 0;
  return data[0].effective | uint64_t{data[1].effective} << 32;
}

bool Has(uint64_t capabilities, int which) { return capabilities >> which & 1; }

// r0 = 0; exit: the smallest program there is.
const bpf_insn kEmpty[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0},
                           {.code = BPF_JMP | BPF_EXIT}};

Fd LoadEmpty() {
  bpf_attr attr{};
  attr.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
  attr.insns = reinterpret_cast<uint64_t>(kEmpty);
  attr.insn_cnt = sizeof(kEmpty) / sizeof(kEmpty[0]);
  attr.license = reinterpret_cast<uint64_t>("Dual BSD/GPL");
  return Fd(Bpf(BPF_PROG_LOAD, attr));
}

Fd CreateMap(uint32_t type, uint32_t key, uint32_t value, uint32_t entries, uint32_t flags) {
  bpf_attr attr{};
  attr.map_type = type;
  attr.key_size = key;
  attr.value_size = value;
  attr.max_entries = entries;
  attr.map_flags = flags;
  return Fd(Bpf(BPF_MAP_CREATE, attr));
}

// What is lost without a hook, and how it comes back.
struct HookFact {
  const char* tracepoint;
  Importance importance;
  const char* cost;
  const char* remedy;
};
constexpr char kSyscallsRemedy[] = "a kernel with CONFIG_FTRACE_SYSCALLS=y and CONFIG_BPF_EVENTS=y";
constexpr char kSchedRemedy[] = "a kernel with CONFIG_TRACEPOINTS=y and CONFIG_BPF_EVENTS=y";
constexpr char kModuleCost[] = "modules are not followed";
constexpr char kModuleRemedy[] = "a kernel with CONFIG_TRACEPOINTS=y and CONFIG_BPF_EVENTS=y";
constexpr char kNoModules[] = "this kernel loads no modules (CONFIG_MODULES=n)";
constexpr HookFact kHooks[] = {
    {"sys_enter", Importance::kRequired, "nothing can be counted", kSyscallsRemedy},
    {"sys_exit", Importance::kOptional, "no errors and no latency: tier calls", kSyscallsRemedy},
    {"sched_process_fork", Importance::kOptional,
     "parents are unknown: no process trees, no `footprint run`", kSchedRemedy},
    {"sched_process_exec", Importance::kOptional, "a process keeps its name from before exec",
     kSchedRemedy},
    {"sched_process_exit", Importance::kOptional,
     "ended threads are found by looking for them, later", kSchedRemedy},
    {"cgroup_attach_task", Importance::kOptional,
     "a moved process counts in its old unit until its next exec",
     "a kernel with CONFIG_CGROUPS=y and CONFIG_BPF_EVENTS=y"},
    {"task_rename", Importance::kOptional,
     "a process that names itself is shown with the name of its first call", kSchedRemedy},
    {"module_load", Importance::kOptional, kModuleCost, kModuleRemedy},
    {"module_free", Importance::kOptional, kModuleCost, kModuleRemedy},
    {"module_get", Importance::kOptional, kModuleCost, kModuleRemedy},
    {"module_put", Importance::kOptional, kModuleCost, kModuleRemedy},
    {"module_request", Importance::kOptional, kModuleCost, kModuleRemedy},
};

Finding Judge(std::string name, Importance importance, bool present, std::string detail,
              std::string cost, std::string remedy) {
  Finding finding{std::move(name), importance, present, std::move(detail), "", ""};
  if (!present) {
    finding.cost = std::move(cost);
    finding.remedy = std::move(remedy);
  }
  return finding;
}

void ProbeCapabilities(std::vector<Finding>& out) {
  const uint64_t held = EffectiveCapabilities();
  const bool admin = Has(held, CAP_SYS_ADMIN);
  const auto add = [&](const char* name, int capability) {
    const bool own = Has(held, capability);
    out.push_back(Judge(name, Importance::kRequired, own || admin,
                        own     ? "effective"
                        : admin ? "covered by CAP_SYS_ADMIN"
                                : "not effective",
                        "no program can be loaded",
                        "run as root, or grant it: AmbientCapabilities= in the unit"));
  };
  add("cap_bpf", CAP_BPF);
  add("cap_perfmon", CAP_PERFMON);
}

void ProbeHooks(std::vector<Finding>& out) {
  const Fd program = LoadEmpty();
  out.push_back(Judge("raw_tp programs", Importance::kRequired, program.ok(),
                      "load of an empty program: " + program.Reason(), "nothing can be counted",
                      "a kernel with CONFIG_BPF_SYSCALL=y and CONFIG_BPF_EVENTS=y (4.17 or later), "
                      "and the two capabilities"));
  const bool has_modules = access("/proc/modules", F_OK) == 0;
  for (const HookFact& hook : kHooks) {
    if (!has_modules && hook.cost == kModuleCost) {
      out.push_back({std::string("raw_tp:") + hook.tracepoint, Importance::kNotNeeded, false,
                     kNoModules, "", ""});
      continue;
    }
    bpf_attr attr{};
    attr.raw_tracepoint.name = reinterpret_cast<uint64_t>(hook.tracepoint);
    attr.raw_tracepoint.prog_fd = program.get();
    const Fd link(program.ok() ? Bpf(BPF_RAW_TRACEPOINT_OPEN, attr) : -1);
    out.push_back(Judge(std::string("raw_tp:") + hook.tracepoint, hook.importance, link.ok(),
                        program.ok() ? "attach: " + link.Reason() : "not tried: no program",
                        hook.cost, program.ok() ? hook.remedy : "see raw_tp programs"));
    out.back().unknown = !program.ok();
  }
}

void ProbeMaps(std::vector<Finding>& out) {
  const auto page = static_cast<uint32_t>(sysconf(_SC_PAGESIZE));
  const Fd array = CreateMap(BPF_MAP_TYPE_ARRAY, 4, 64, 1, BPF_F_MMAPABLE);
  void* mapped = array.ok()
                     ? mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, array.get(), 0)
                     : MAP_FAILED;
  if (mapped != MAP_FAILED) munmap(mapped, page);
  out.push_back(Judge(kArray, Importance::kRequired, mapped != MAP_FAILED,
                      "create and map: " + array.Reason(), "slots cannot be read",
                      "Linux 5.5 or later; below 5.11 a sufficient RLIMIT_MEMLOCK"));
  const Fd ring = CreateMap(BPF_MAP_TYPE_RINGBUF, 0, 0, page, 0);
  out.push_back(Judge(kRing, Importance::kRequired, ring.ok(), "create: " + ring.Reason(),
                      "the daemon is not told of processes", "Linux 5.8 or later"));
}

bool Readable(const char* path) { return access(path, R_OK) == 0; }

void ProbeFiles(std::string_view config, std::vector<Finding>& out) {
  std::ifstream btf("/sys/kernel/btf/vmlinux", std::ios::binary);
  uint16_t magic = 0;
  btf.read(reinterpret_cast<char*>(&magic), sizeof(magic));
  out.push_back(Judge("btf", Importance::kOptional, magic == 0xeb9f, "/sys/kernel/btf/vmlinux",
                      "the core object serves: no start times, no wait "
                      "statuses, no drivers behind descriptors",
                      "a kernel with CONFIG_DEBUG_INFO_BTF=y"));
  out.push_back(JudgeLockdown("", config));
  out.push_back(Judge("kernel symbols", Importance::kOptional, Readable("/proc/kallsyms"),
                      "/proc/kallsyms", "drivers are named by device number alone",
                      "CONFIG_KALLSYMS=y, and a unit that does not hide /proc/kallsyms"));
  const bool cgroup2 = Readable("/sys/fs/cgroup/cgroup.controllers") ||
                       Readable("/sys/fs/cgroup/unified/cgroup.procs");
  out.push_back(Judge("cgroup v2", Importance::kOptional, cgroup2, "/sys/fs/cgroup",
                      "processes have no unit", "mount the cgroup v2 hierarchy"));
}

}  // namespace

const char* State(const Finding& finding) {
  if (finding.present) return "present";
  if (finding.unknown) return "unknown";
  return finding.importance == Importance::kNotNeeded ? "not needed" : "missing";
}

Finding JudgeLockdown(const std::string& root, std::string_view config) {
  constexpr char kPath[] = "/sys/kernel/security/lockdown";
  Finding finding{"no lockdown=confidentiality", Importance::kOptional, true, "", "", ""};
  std::ifstream file(root + kPath);
  const int error = errno;
  if (std::getline(file, finding.detail)) {
    finding.present = finding.detail.find("[confidentiality]") == std::string::npos;
    finding.remedy = "boot without lockdown=confidentiality";
  } else if (!config.empty() && config.find("CONFIG_SECURITY_LOCKDOWN_LSM=") == config.npos) {
    finding.detail = "the kernel is built without CONFIG_SECURITY_LOCKDOWN_LSM";
  } else if (struct statfs fs{}; statfs((root + "/sys/kernel/security").c_str(), &fs) == 0 &&
                                 fs.f_type == SECURITYFS_MAGIC && error == ENOENT) {
    finding.detail = "the kernel's list of LSMs has no lockdown";
  } else {
    finding.present = false;
    finding.unknown = true;
    finding.detail = std::string(kPath) + ": " + std::strerror(error);
    finding.remedy = "mount -t securityfs securityfs /sys/kernel/security, to know";
  }
  if (finding.present) {
    finding.remedy.clear();
  } else {
    finding.cost = "the full object alone can serve, and files given to exec are unknown";
    if (finding.unknown) finding.cost = "where it is on, " + finding.cost;
  }
  return finding;
}

void ForgiveMissingRights(const std::string& missing, std::vector<Finding>& findings) {
  if (missing.empty()) return;
  for (Finding& finding : findings) {
    const bool tried = finding.name.starts_with("raw_tp") || finding.name == kArray ||
                       finding.name == kRing;  // with bpf(2)
    if (!tried || finding.present || finding.importance == Importance::kNotNeeded) continue;
    finding.unknown = true;
    finding.detail = "cannot be tried without " + missing;
    finding.remedy = "run as root, to know";
  }
}

std::vector<Finding> Probe(std::string_view config) {
  const NoMemoryLimit no_limit;
  std::vector<Finding> findings;
  ProbeCapabilities(findings);
  ProbeHooks(findings);
  ProbeMaps(findings);
  ProbeFiles(config, findings);
  ForgiveMissingRights(MissingCapabilities(), findings);
  return findings;
}

std::string MissingCapabilities() {
  const uint64_t held = EffectiveCapabilities();
  if (Has(held, CAP_SYS_ADMIN)) return "";
  std::string missing;
  if (!Has(held, CAP_BPF)) missing = "CAP_BPF";
  if (!Has(held, CAP_PERFMON)) missing += missing.empty() ? "CAP_PERFMON" : ", CAP_PERFMON";
  return missing;
}

}  // namespace footprint::features
