// SPDX-License-Identifier: Apache-2.0
#include "daemon/kernel/slot_room.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daemon/kernel/kernel_memory.h"

namespace footprint::kernel {
namespace {

constexpr uint32_t kFirstBlocks = 2;
constexpr size_t kWaiting = 8;  // updates of the outer map under way at one time
constexpr useconds_t kPollUs = 50;
constexpr int kLookMs = 10'000;
// Empty for so many looks, a block is given back.
constexpr int kIdleLooks = 3;

size_t MappedBytes() {
  const size_t page = sysconf(_SC_PAGESIZE);
  return (sizeof(fp_slot) * FP_BLOCK_SLOTS + page - 1) / page * page;
}

// What adds room works while others want the CPUs most: ahead of ordinary threads, where that is
// permitted. It is short work, and waits asleep.
void GoAhead() {
  sched_param first{};
  first.sched_priority = 1;
  sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &first);
}

// Nothing when the system has no room for one more.
std::optional<std::thread> StartThread(std::function<void()> run) {
  try {
    return std::thread(std::move(run));
  } catch (const std::system_error&) {
    return std::nullopt;
  }
}

int IgnoreRecord(void*, void*, size_t) { return 0; }

}  // namespace

SlotRoom::SlotRoom(Maps maps, Words words, uint32_t most)
    : maps_(maps), words_(words), most_(most) {}

absl::StatusOr<std::unique_ptr<SlotRoom>> SlotRoom::Create(Maps maps, Words words, uint32_t most) {
  std::unique_ptr<SlotRoom> room(new SlotRoom(maps, words, most));
  if (absl::Status status = room->Start(); !status.ok()) return status;
  return room;
}

absl::Status SlotRoom::Start() {
  while (blocks_.size() < kFirstBlocks && blocks_.size() * FP_BLOCK_SLOTS < most_) {
    if (absl::Status status = AddBlock(); !status.ok()) return status;
  }
  stop_ = base::UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop_.valid()) return absl::ErrnoToStatus(errno, "eventfd");
  ring_ = ring_buffer__new(maps_.growth, IgnoreRecord, nullptr, nullptr);
  if (ring_ == nullptr) return absl::ErrnoToStatus(errno, "map the ring buffer of growth");
  Refresh();
  auto thread = StartThread([this] { Run(); });
  if (!thread) return absl::ResourceExhaustedError("no thread is to be had (pids.max?)");
  thread_ = *std::move(thread);
  return absl::OkStatus();
}

SlotRoom::~SlotRoom() {
  if (thread_.joinable()) {
    const uint64_t one = 1;
    // An eventfd at 0 takes a 1 without fail.
    if (write(stop_.get(), &one, sizeof(one)) == sizeof(one)) thread_.join();
  }
  for (Waiting& waiting : waiting_) waiting.thread.join();
  if (ring_ != nullptr) ring_buffer__free(ring_);
  for (fp_slot* block : blocks_) munmap(block, MappedBytes());
  for (fp_slot* block : retired_) munmap(block, MappedBytes());
}

uint32_t SlotRoom::Refresh() {
  const std::lock_guard lock(mutex_);
  for (fp_slot* block : retired_) munmap(block, MappedBytes());
  retired_.clear();
  seen_ = blocks_;
  return std::min<uint32_t>(seen_.size() * FP_BLOCK_SLOTS, most_);
}

std::string SlotRoom::refusal() {
  const std::lock_guard lock(mutex_);
  return refusal_;
}

bool SlotRoom::Push(uint32_t index) {
  return bpf_map_update_elem(maps_.free_slots, nullptr, &index, BPF_ANY) == 0;
}

void SlotRoom::Free(uint32_t index) {
  fp_slot& slot = At(index);
  // The state goes last; the system call orders it before another takes the slot.
  std::memset(reinterpret_cast<char*>(&slot) + sizeof(slot.state), 0,
              sizeof(slot) - sizeof(slot.state));
  __atomic_store_n(&slot.state, FP_SLOT_FREE, __ATOMIC_RELEASE);
  Push(index);
  *words_.freed_total = *words_.freed_total + 1;
}

uint64_t SlotRoom::Left() const {
  const uint64_t taken = *words_.taken_total, have = *words_.slots_total + *words_.freed_total;
  return have > taken ? have - taken : 0;
}

// The pointer stands in the outer map at once, but its update waits until no program that runs can
// have seen the old one, some 10 ms: in a thread of its own.
absl::Status SlotRoom::AddBlock() {
  const uint32_t number = blocks_.size();
  bpf_map_create_opts options{};
  options.sz = sizeof(options);
  options.map_flags = BPF_F_MMAPABLE;
  base::UniqueFd map(bpf_map_create(BPF_MAP_TYPE_ARRAY, "slot_block", sizeof(uint32_t),
                                    sizeof(fp_slot), FP_BLOCK_SLOTS, &options));
  if (!map.valid()) return absl::ErrnoToStatus(errno, "make a block of slots");
  void* memory = mmap(nullptr, MappedBytes(), PROT_READ | PROT_WRITE, MAP_SHARED, map.get(), 0);
  if (memory == MAP_FAILED) return absl::ErrnoToStatus(errno, "map a block of slots");
  if (block_bytes_ == 0) block_bytes_ = MapMemoryBytes(map.get());

  if (waiting_.size() >= kWaiting) {
    waiting_.front().thread.join();
    waiting_.erase(waiting_.begin());
  }
  auto error = std::make_shared<std::atomic<int>>(-1);
  const auto update = [outer = maps_.slots, number, error](int fd) {
    const bool good = bpf_map_update_elem(outer, &number, &fd, BPF_ANY) == 0;
    *error = good ? 0 : errno;
  };
  std::optional<std::thread> thread =
      StartThread([update, fd = std::make_shared<base::UniqueFd>(dup(map.get()))] {
        GoAhead();
        update(fd->get());
      });
  if (thread) {
    waiting_.push_back({*std::move(thread), error});
  } else {
    update(map.get());  // no thread is to be had (pids.max): it waits here
  }
  for (uint32_t id = 0; bpf_map_lookup_elem(maps_.slots, &number, &id) != 0;) {
    if (*error > 0) {
      munmap(memory, MappedBytes());
      return absl::ErrnoToStatus(*error, "add a block of slots");
    }
    usleep(kPollUs);
  }
  bytes_ += block_bytes_;
  {
    // Before a thread can take one of them.
    const std::lock_guard lock(mutex_);
    blocks_.push_back(static_cast<fp_slot*>(memory));
  }
  const uint32_t first = number * FP_BLOCK_SLOTS;
  const uint32_t end = std::min(first + FP_BLOCK_SLOTS, most_);
  *words_.slots_total = end;
  for (uint32_t index = end; index-- > first;) Push(index);
  return absl::OkStatus();
}

// Half as many again, so that a storm is caught up with; in one go until enough are left.
void SlotRoom::Grow() {
  while (Left() <= *words_.slots_total / 4) {
    size_t more = std::max<size_t>(blocks_.size() / 2, 1);
    for (; more > 0 && blocks_.size() * FP_BLOCK_SLOTS < most_; --more) {
      if (absl::Status status = AddBlock(); !status.ok()) {
        const std::lock_guard lock(mutex_);
        refusal_ = std::string(status.message());
        return;  // asked again at the next look
      }
    }
    if (more > 0) return;  // all that there may be: `growth_wanted` stays
  }
  *words_.growth_wanted = 0;
}

// Takes every free slot off the list: one that is not there may be a thread's already. A thread
// that wants one meanwhile counts in the spill map, and asks again at its next call.
std::set<uint32_t> SlotRoom::TakeAllFree() {
  std::set<uint32_t> free;
  for (uint32_t index; bpf_map_lookup_and_delete_elem(maps_.free_slots, nullptr, &index) == 0;) {
    free.insert(index);
  }
  return free;
}

// The lowest are taken first, so that the last blocks empty themselves.
void SlotRoom::PutBack(const std::set<uint32_t>& free) {
  for (auto it = free.rbegin(); it != free.rend(); ++it) Push(*it);
}

// None of its slots is on the list, or any thread's.
void SlotRoom::RemoveLastBlock() {
  const uint32_t number = blocks_.size() - 1;
  *words_.slots_total = number * FP_BLOCK_SLOTS;
  bpf_map_delete_elem(maps_.slots, &number);  // waits until no program can have it
  const std::lock_guard lock(mutex_);
  retired_.push_back(blocks_.back());
  blocks_.pop_back();
  bytes_ -= block_bytes_;
}

// Whatever ended last lies on top, wherever it is: so the list is put in order first, and what new
// threads then leave empty at the end goes at a later look.
void SlotRoom::GiveBack() {
  const auto spare = [&] {
    return blocks_.size() > kFirstBlocks && Left() > *words_.slots_total / 2 + FP_BLOCK_SLOTS;
  };
  idle_looks_ = spare() ? idle_looks_ + 1 : 0;
  if (idle_looks_ == 0) return;
  std::set<uint32_t> kept = TakeAllFree();
  // A good part at a time. They are taken off first, and given back when others can be had again.
  const size_t most = idle_looks_ < kIdleLooks ? 0 : std::max<size_t>(blocks_.size() / 4, 1);
  size_t removable = 0;
  while (removable < most && blocks_.size() - removable > kFirstBlocks) {
    const uint32_t first = (blocks_.size() - 1 - removable) * FP_BLOCK_SLOTS;
    const uint32_t end = std::min<uint32_t>(first + FP_BLOCK_SLOTS, most_);
    if (std::distance(kept.lower_bound(first), kept.lower_bound(end)) != end - first) break;
    kept.erase(kept.lower_bound(first), kept.end());
    ++removable;
  }
  PutBack(kept);
  for (; removable > 0; --removable) RemoveLastBlock();
}

void SlotRoom::Run() {
  pthread_setname_np(pthread_self(), "slot_room");
  GoAhead();
  while (true) {
    pollfd wanted[] = {{ring_buffer__epoll_fd(ring_), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
    const int ready = poll(wanted, 2, kLookMs);
    if (wanted[1].revents != 0) return;
    ring_buffer__consume(ring_);
    Grow();
    if (ready == 0) GiveBack();
  }
}

}  // namespace footprint::kernel
