// SPDX-License-Identifier: Apache-2.0
#include "daemon/kernel/perf_tracepoint.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "bpf/abi/tracepoints.h"
#include "tracepoints_bpf.skel.h"

namespace footprint::kernel {
namespace {

// What programs of perf are attached to: those of bpf/lib/rescue.bpf.h and bpf/modules.bpf.c.
constexpr char kTracepoints[][FP_TRACEPOINT_LEN] = {
    "sys_enter",          "sys_exit",       "sched_process_fork", "sched_process_exec",
    "sched_process_exit", "module_load",    "module_free",        "module_get",
    "module_put",         "module_request", "cgroup_attach_task", "task_rename"};
static_assert(std::size(kTracepoints) <= FP_TRACEPOINTS);

using Numbers = std::map<std::string, uint32_t>;

// Has the kernel run the program for each of its symbols.
bool RunForAllSymbols(bpf_program* program) {
  const std::unique_ptr<bpf_link, decltype(&bpf_link__destroy)> link(
      bpf_program__attach_iter(program, nullptr), bpf_link__destroy);
  if (link == nullptr) return false;
  const int file = bpf_iter_create(bpf_link__fd(link.get()));
  if (file < 0) return false;
  char nothing[64];
  ssize_t size;
  do {
    size = read(file, nothing, sizeof(nothing));
  } while (size > 0 || (size < 0 && (errno == EAGAIN || errno == EINTR)));
  close(file);
  return size == 0;
}

Numbers FromKernelMemory() {
  Numbers numbers;
  const std::unique_ptr<tracepoints_bpf, decltype(&tracepoints_bpf::destroy)> object(
      tracepoints_bpf::open_and_load(), tracepoints_bpf::destroy);
  if (object == nullptr) return numbers;
  const int map = bpf_map__fd(object->maps.numbers);
  for (const auto& name : kTracepoints) {
    const uint32_t unknown = 0;
    if (bpf_map_update_elem(map, name, &unknown, BPF_ANY) != 0) return numbers;
  }
  if (!RunForAllSymbols(object->progs.number_tracepoints)) return numbers;
  for (const auto& name : kTracepoints) {
    uint32_t number = 0;
    if (bpf_map_lookup_elem(map, name, &number) == 0 && number != 0) numbers[name] = number;
  }
  return numbers;
}

// Its number.
bool TracefsTells(const std::string& tracepoint) {
  const std::string file = "/events/" + tracepoint + "/id";
  return access(("/sys/kernel/tracing" + file).c_str(), R_OK) == 0 ||
         access(("/sys/kernel/debug/tracing" + file).c_str(), R_OK) == 0;
}

}  // namespace

bpf_link* AttachProgram(bpf_program* program) {
  if (bpf_program__type(program) != BPF_PROG_TYPE_TRACEPOINT) return bpf_program__attach(program);
  const std::string section = bpf_program__section_name(program);
  const std::string tracepoint = section.substr(section.find('/') + 1);
  if (TracefsTells(tracepoint)) return bpf_program__attach(program);
  static const Numbers numbers = FromKernelMemory();
  const auto found = numbers.find(tracepoint.substr(tracepoint.find('/') + 1));
  if (found == numbers.end()) {
    errno = ENXIO;
    return nullptr;
  }
  perf_event_attr attribute = {};
  attribute.type = PERF_TYPE_TRACEPOINT;
  attribute.size = sizeof(attribute);
  attribute.config = found->second;
  // The program runs on all processors, whichever the event is on: kernel/trace/trace_event_perf.c.
  const int file = syscall(SYS_perf_event_open, &attribute, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
  if (file < 0) return nullptr;
  bpf_link* link = bpf_program__attach_perf_event(program, file);  // takes the file
  if (link == nullptr) {
    const int reason = errno;
    close(file);
    errno = reason;
  }
  return link;
}

std::string WithoutPerf(const absl::Status& why) {
  std::string paranoid;
  std::ifstream("/proc/sys/kernel/perf_event_paranoid") >> paranoid;
  return absl::StrCat(
      "this kernel preempts tracepoint programs, and perf's tracepoints cannot be used (",
      why.message(), "; kernel.perf_event_paranoid is ", paranoid, " as the daemon starts",
      "): runs may be skipped, which is counted as program_missed");
}

}  // namespace footprint::kernel
