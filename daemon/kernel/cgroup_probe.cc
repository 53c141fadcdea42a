// SPDX-License-Identifier: Apache-2.0
#include "daemon/kernel/cgroup_probe.h"

#include <bpf/libbpf.h>
#include <linux/types.h>

#include <cerrno>
#include <utility>

#include "bpf/abi/cgroups.h"
#include "cgroups_bpf.skel.h"
#include "daemon/kernel/kernel_memory.h"

namespace footprint::kernel {
namespace {

class LoadedCgroupProbe : public CgroupProbe {
 public:
  explicit LoadedCgroupProbe(cgroups_bpf* skeleton) : skeleton_(skeleton) {}
  ~LoadedCgroupProbe() override {
    if (ring_ != nullptr) ring_buffer__free(ring_);
    cgroups_bpf::destroy(skeleton_);
  }

  absl::Status Open() {
    if (const int error = cgroups_bpf::attach(skeleton_); error != 0) {
      return absl::ErrnoToStatus(-error, "attach to cgroup_mkdir");
    }
    ring_ = ring_buffer__new(bpf_map__fd(skeleton_->maps.made), &LoadedCgroupProbe::OnRecord, this,
                             nullptr);
    if (ring_ == nullptr) return absl::ErrnoToStatus(errno, "map the ring buffer of cgroups");
    return absl::OkStatus();
  }

  int event_fd() const override { return ring_buffer__epoll_fd(ring_); }
  void Drain(const std::function<void(uint64_t, std::string)>& sink) override {
    sink_ = &sink;
    ring_buffer__consume(ring_);
    sink_ = nullptr;
  }
  uint64_t MemoryBytes() const override { return ObjectMemoryBytes(skeleton_->obj); }

 private:
  static int OnRecord(void* self, void* data, size_t size) {
    const auto* probe = static_cast<LoadedCgroupProbe*>(self);
    const auto* record = static_cast<const fp_cgroup_made*>(data);
    // A path that may be cut is none.
    const bool whole =
        size >= sizeof(*record) && record->length != 0 && record->length < FP_CGROUP_PATH - 1;
    if (whole && probe->sink_ != nullptr) {
      (*probe->sink_)(record->id, std::string(record->path, record->length));
    }
    return 0;
  }

  cgroups_bpf* const skeleton_;
  ring_buffer* ring_ = nullptr;
  const std::function<void(uint64_t, std::string)>* sink_ = nullptr;  // during a drain
};

}  // namespace

absl::StatusOr<std::unique_ptr<CgroupProbe>> CgroupProbe::Create() {
  const libbpf_print_fn_t before =
      libbpf_set_print([](enum libbpf_print_level, const char*, va_list) { return 0; });
  cgroups_bpf* skeleton = cgroups_bpf::open_and_load();
  const int error = errno;
  libbpf_set_print(before);
  if (skeleton == nullptr) {
    return absl::UnavailableError(
        absl::ErrnoToStatus(error, "load the program that names cgroups").message());
  }
  auto probe = std::make_unique<LoadedCgroupProbe>(skeleton);
  if (absl::Status status = probe->Open(); !status.ok()) {
    return absl::UnavailableError(status.message());
  }
  return probe;
}

}  // namespace footprint::kernel
