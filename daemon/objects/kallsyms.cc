// SPDX-License-Identifier: Apache-2.0
#include "daemon/objects/kallsyms.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "daemon/base/unique_fd.h"

namespace footprint::objects {
namespace {

// No function of a kernel is longer; what lies farther from a symbol belongs to something that
// has no name (a BPF program, memory of a module that went).
constexpr uint64_t kLongestFunction = 64 * 1024;

struct Line {
  uint64_t address = 0;
  char type = 0;
  std::string_view name, module;
};

// "ffffffffc0a51000 t spidev_ioctl\t[spidev]"
bool Parse(std::string_view text, Line& line) {
  const char* end = text.data() + text.size();
  const auto [after, error] = std::from_chars(text.data(), end, line.address, 16);
  if (error != std::errc() || end - after < 4 || after[0] != ' ' || after[2] != ' ') return false;
  line.type = after[1];
  line.name = std::string_view(after + 3, end);
  line.module = {};
  if (const size_t tab = line.name.find('\t'); tab != std::string_view::npos) {
    std::string_view module = line.name.substr(tab + 1);
    line.name = line.name.substr(0, tab);
    if (module.size() > 2 && module.front() == '[' && module.back() == ']')
      line.module = module.substr(1, module.size() - 2);
  }
  return true;
}

bool IsText(char type) { return type == 't' || type == 'T' || type == 'w' || type == 'W'; }

// The best symbol so far for one wanted address, or for the gap below it.
struct Best {
  uint64_t address = 0;
  char type = 0;
  std::string name, module;

  void Offer(const Line& line) {
    const bool local_gives_way = line.address == address && type == 't' && line.type == 'T';
    if (!name.empty() && line.address <= address && !local_gives_way) return;
    address = line.address;
    type = line.type;
    name.assign(line.name);
    module.assign(line.module);
  }
};

class Search {
 public:
  explicit Search(std::span<const uint64_t> addresses)
      : wanted_(addresses.begin(), addresses.end()) {
    std::erase(wanted_, 0);
    std::ranges::sort(wanted_);
    wanted_.erase(std::unique(wanted_.begin(), wanted_.end()), wanted_.end());
    best_.resize(wanted_.size());
    data_.resize(wanted_.size());
  }

  void See(const Line& line) {
    shown_ = shown_ || line.address != 0;
    const auto next = std::ranges::lower_bound(wanted_, line.address);
    if (next == wanted_.end() || *next - line.address >= kLongestFunction) return;
    const size_t index = next - wanted_.begin();
    if (IsText(line.type))
      best_[index].Offer(line);
    else if (*next == line.address)
      data_[index].Offer(line);
  }

  bool shown() const { return shown_; }

  Symbol Answer(uint64_t address) const {
    const auto place = std::ranges::lower_bound(wanted_, address);
    if (address == 0 || place == wanted_.end()) return {};
    const size_t index = place - wanted_.begin();
    const bool function = !best_[index].name.empty() && best_[index].address == address;
    if (!function && !data_[index].name.empty()) return {data_[index].name, data_[index].module, 0};
    // The nearest symbol below may have been noted for a lower address.
    for (size_t i = index + 1; i-- > 0;) {
      const Best& best = best_[i];
      if (address - wanted_[i] >= kLongestFunction) break;
      if (best.name.empty()) continue;
      if (address - best.address >= kLongestFunction) break;
      return {best.name, best.module, address - best.address};
    }
    return {};
  }

 private:
  std::vector<uint64_t> wanted_;  // ascending, without 0
  std::vector<Best> best_;        // functions that begin in (wanted_[i - 1], wanted_[i]]
  std::vector<Best> data_;
  bool shown_ = false;  // an address other than 0
};

absl::Status ForEachLine(const std::string& path, Search& search) {
  const base::UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return absl::ErrnoToStatus(errno, absl::StrCat("open ", path));
  std::array<char, 16 * 1024> buffer;
  size_t kept = 0;
  while (true) {
    const ssize_t got = read(file.get(), buffer.data() + kept, buffer.size() - kept);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return absl::ErrnoToStatus(errno, absl::StrCat("read ", path));
    if (got == 0) return absl::OkStatus();
    std::string_view text(buffer.data(), kept + got);
    for (size_t end; (end = text.find('\n')) != std::string_view::npos;) {
      Line line;
      if (Parse(text.substr(0, end), line)) search.See(line);
      text.remove_prefix(end + 1);
    }
    // A name is at most 512 bytes (KSYM_NAME_LEN); a longer line is not of this file.
    kept = text.size() < buffer.size() ? text.size() : 0;
    memmove(buffer.data(), text.data(), kept);
  }
}

}  // namespace

Kallsyms::Kallsyms(std::string path) : path_(std::move(path)) {}

absl::StatusOr<std::vector<Symbol>> Kallsyms::Resolve(std::span<const uint64_t> addresses) const {
  Search search(addresses);
  if (absl::Status status = ForEachLine(path_, search); !status.ok()) return status;
  if (!search.shown())
    return absl::PermissionDeniedError(
        absl::StrCat(path_, " shows no addresses: grant CAP_SYSLOG, or see kernel.kptr_restrict"));
  std::vector<Symbol> symbols;
  symbols.reserve(addresses.size());
  for (const uint64_t address : addresses) symbols.push_back(search.Answer(address));
  return symbols;
}

}  // namespace footprint::objects
