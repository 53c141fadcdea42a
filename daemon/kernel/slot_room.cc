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
#include "daemon/kernel/attempts.h"
#include "daemon/kernel/kernel_memory.h"

namespace footprint::kernel {
namespace {

constexpr uint32_t kFirstBlocks = 1;
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
  void* nothing = mmap(nullptr, MappedBytes(), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (nothing == MAP_FAILED) return absl::ErrnoToStatus(errno, "map a block of nothing");
  nothing_ = static_cast<fp_slot*>(nothing);
  while (blocks_.size() < kFirstBlocks && blocks_.size() * FP_BLOCK_SLOTS < most_) {
    if (absl::Status status = AddBlock(); !status.ok()) return status;
  }
  stop_ = base::UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop_.valid()) return absl::ErrnoToStatus(errno, "eventfd");
  ring_ = ring_buffer__new(maps_.growth, IgnoreRecord, nullptr, nullptr);
  if (ring_ == nullptr) return absl::ErrnoToStatus(errno, "map the ring buffer of growth");
  Refresh();
  auto thread = StartThread([this] { Run(); });
  if (!thread) return NoThreadError();
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
  for (const auto& blocks : {blocks_, retired_, {nothing_}}) {
    for (fp_slot* block : blocks) {
      if (block != nullptr) munmap(block, MappedBytes());
    }
  }
}

uint32_t SlotRoom::Refresh() {
  const std::lock_guard lock(mutex_);
  for (fp_slot* block : retired_) munmap(block, MappedBytes());
  retired_.clear();
  seen_ = blocks_;
  std::replace(seen_.begin(), seen_.end(), static_cast<fp_slot*>(nullptr), nothing_);
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
  const bool closed = slot.state == FP_SLOT_CLOSED;
  // The state goes last; the system call orders it before another takes the slot.
  std::memset(reinterpret_cast<char*>(&slot) + sizeof(slot.state), 0,
              sizeof(slot) - sizeof(slot.state));
  __atomic_store_n(&slot.state, FP_SLOT_FREE, __ATOMIC_RELEASE);
  Push(index);
  *words_.freed_total = *words_.freed_total + 1;
  if (closed) *words_.closed_freed = *words_.closed_freed + 1;
}

uint64_t SlotRoom::Left() const {
  const uint64_t taken = *words_.taken_total, have = *words_.slots_total + *words_.freed_total;
  return have > taken ? have - taken : 0;
}

// As headroom() in bpf/lib/room.bpf.h.
uint64_t SlotRoom::Headroom() const {
  return std::min<uint64_t>(*words_.slots_total / 4, FP_HEADROOM);
}

// The pointer stands in the outer map at once, but its update waits until no program that runs can
// have seen the old one, some 10 ms: in a thread of its own.
absl::Status SlotRoom::AddBlock() {
  // The first that was given back, or a new one at the end.
  const uint32_t number = std::find(blocks_.begin(), blocks_.end(), nullptr) - blocks_.begin();
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
    if (number == blocks_.size()) blocks_.push_back(nullptr);
    blocks_[number] = static_cast<fp_slot*>(memory);
  }
  const auto [first, end] = SlotsOf(number);
  *words_.slots_total = *words_.slots_total + end - first;
  for (uint32_t index = end; index-- > first;) Push(index);
  return absl::OkStatus();
}

// As many again as should be free, so that a storm is caught up with; in one go until enough are.
void SlotRoom::Grow() {
  while (Left() <= Headroom()) {
    const uint64_t total = *words_.slots_total;
    const uint64_t wanted = std::min<uint64_t>(most_, total + Headroom() + FP_BLOCK_SLOTS);
    while (*words_.slots_total < wanted) {
      if (absl::Status status = AddBlock(); !status.ok()) {
        const std::lock_guard lock(mutex_);
        refusal_ = std::string(status.message());
        return;  // asked again at the next look
      }
    }
    if (wanted == total) return;  // all that there may be: `growth_wanted` stays
  }
  *words_.growth_wanted = 0;
}

std::pair<uint32_t, uint32_t> SlotRoom::SlotsOf(uint32_t block) const {
  const uint32_t first = block * FP_BLOCK_SLOTS;
  return {first, std::min(first + FP_BLOCK_SLOTS, most_)};
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

// None of its slots is on the list, or any thread's.
void SlotRoom::Remove(uint32_t block) {
  const auto [first, end] = SlotsOf(block);
  *words_.slots_total = *words_.slots_total - (end - first);
  bpf_map_delete_elem(maps_.slots, &block);  // waits until no program can have it
  const std::lock_guard lock(mutex_);
  retired_.push_back(std::exchange(blocks_[block], nullptr));
  while (blocks_.back() == nullptr) blocks_.pop_back();
  bytes_ -= block_bytes_;
}

// Whatever ended last lies on top of the list, wherever it is: so the list is put in order, for
// what is wanted next to be taken from the first blocks. A thread that lives on holds its own block
// alone.
void SlotRoom::GiveBack() {
  const uint64_t total = *words_.slots_total;
  const uint64_t enough = 2 * (Headroom() + FP_BLOCK_SLOTS);
  const uint64_t left = Left();
  const bool spare = total > kFirstBlocks * FP_BLOCK_SLOTS && left > enough;
  idle_looks_ = spare ? idle_looks_ + 1 : 0;
  if (!spare) return;
  std::set<uint32_t> free = TakeAllFree();
  std::vector<uint32_t> empty;
  // A good part at a time, from the end.
  const size_t most =
      idle_looks_ < kIdleLooks
          ? 0
          : std::max<uint64_t>(std::min(total / 4, left - enough) / FP_BLOCK_SLOTS, 1);
  for (uint32_t block = blocks_.size(); block-- > kFirstBlocks && empty.size() < most;) {
    const auto [first, end] = SlotsOf(block);
    const auto begin = free.lower_bound(first), past = free.lower_bound(end);
    if (blocks_[block] == nullptr || std::distance(begin, past) != end - first) continue;
    free.erase(begin, past);
    empty.push_back(block);
  }
  for (auto it = free.rbegin(); it != free.rend(); ++it) Push(*it);
  for (const uint32_t block : empty) Remove(block);
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
