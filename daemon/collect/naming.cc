// SPDX-License-Identifier: Apache-2.0
#include "daemon/collect/naming.h"

#include <cstring>

#include "daemon/model/units.h"

namespace footprint::collect {
namespace {

std::string Text(const char* bytes, size_t size) { return {bytes, strnlen(bytes, size)}; }

// What `read` answers about a living process; "" when it ended meanwhile.
std::string Ask(const Naming::Living& living, const std::function<std::string()>& read) {
  if (!living()) return "";
  std::string answer = read();
  return living() ? answer : "";
}

}  // namespace

model::ProgramPtr Naming::ProgramOf(const fp_ident& ident, const Living& living) {
  model::Program program{.exe = texts_.Share(Ask(living, [&] { return procfs_.Exe(ident.tgid); }))};
  if (program.exe.empty()) return nullptr;
  program.exe_source = model::ExeSource::kProc;
  program.names_unsure = true;  // no note: it may run a script
  const uint32_t mounts = procfs_.MountNamespace(ident.tgid);
  if (living()) program.mount_namespace = mounts;
  return std::make_shared<const model::Program>(std::move(program));
}

void Naming::SetCgroup(const std::string& path, model::Image& image) {
  image.cgroup = texts_.Share(path);
  image.unit = texts_.Share(model::UnitOf(path));
  image.container = texts_.Share(model::ContainerOf(path));
}

model::Image Naming::Describe(const fp_ident& ident, const Living& living) {
  model::Image image{.number = ident.image, .comm = Text(ident.comm, sizeof(ident.comm))};
  // A thread may have named itself; the process goes by its leader's name.
  if (ident.tid != ident.tgid) {
    const std::string comm = Ask(living, [&] { return procfs_.Comm(ident.tgid); });
    if (!comm.empty()) image.comm = comm;
  }
  image.cgroup_id = ident.cgroup;
  SetCgroup(CgroupOf(ident.cgroup, living() ? ident.tgid : 0), image);
  image.uid = ident.uid;
  return image;
}

}  // namespace footprint::collect
