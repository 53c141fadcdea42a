// SPDX-License-Identifier: Apache-2.0
// What the tests of the module ledger need of the machine: what its kernel can, its modules, and
// the kernel's own account of what happened to them. For the thread of one test. Nothing here
// fails for what a kernel lacks: it says so, or ends the test as skipped.
#ifndef FOOTPRINT_TESTS_E2E_KERNEL_MODULES_H_
#define FOOTPRINT_TESTS_E2E_KERNEL_MODULES_H_

#include <cstdint>
#include <map>
#include <string>

#include "tests/e2e/daemon.h"

namespace footprint::e2e {

// How often Script opens each device.
inline constexpr int kOpens = 23;

bool KernelHasModules();
// Of both objects: lockdown takes away the helpers that read a module's name.
bool KernelLetsRead();
bool KernelTellsTypes();

// Ends the test as skipped (exit 77) unless `there`: Catch2 2 has no skip of its own.
void SkipUnless(bool there, const std::string& what);

// PATH with kmod's programs before busybox's, which know fewer options; then a script may follow.
extern const char kPath[];
int Sh(const std::string& script);
// Whether modprobe finds it.
bool Available(const std::string& module);
// Unloads every module that a case may have loaded, users first.
void UnloadAll();
// Skips where nothing can be loaded or followed; then no such module is loaded.
void Begin();

// /proc/modules: name to references.
std::map<std::string, int64_t> Refcounts();

// Loads, uses and unloads what this kernel has of dummy, loop, i2c-stub and i2c-dev.
std::string Script();

// The kernel's trace of its module tracepoints, apart from everybody else's: an instance.
class Trace {
 public:
  Trace();
  ~Trace();
  Trace(const Trace&) = delete;
  Trace& operator=(const Trace&) = delete;
  // "module_get i2c_dev" to how often, since the beginning.
  std::map<std::string, uint64_t> Stop();

 private:
  void Set(const std::string& file, const std::string& value);
};

// The row of a module in a list or a recording; empty without one.
Json ModuleRow(const Json& document, const std::string& name);
// What the ledger counted between two lists, in the words of the trace.
std::map<std::string, uint64_t> Between(const Json& begin, const Json& end);

}  // namespace footprint::e2e

#endif  // FOOTPRINT_TESTS_E2E_KERNEL_MODULES_H_
