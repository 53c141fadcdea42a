// SPDX-License-Identifier: Apache-2.0
#include "client/top/model.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/render/objects.h"
#include "client/text.h"

namespace footprint::client::top {
namespace {

// Seconds from one footprint's end to another's; 0 where there is no sense in a rate.
double SecondsBetween(const v1::Footprint& before, const v1::Footprint& after) {
  const uint64_t begin = before.provenance().end_boottime_ns();
  const uint64_t end = after.provenance().end_boottime_ns();
  if (before.provenance().boot_id() != after.provenance().boot_id() || end <= begin) return 0;
  return static_cast<double>(end - begin) / 1e9;
}

// Another daemon counts from its own attach: nothing of the old numbers goes on.
bool SameDaemon(const v1::Footprint& before, const v1::Footprint& after) {
  return before.provenance().start_boottime_ns() == after.provenance().start_boottime_ns();
}

double Rate(uint64_t after, uint64_t before, double seconds) {
  return seconds <= 0 || after <= before ? 0 : static_cast<double>(after - before) / seconds;
}

std::string NameKey(const ProcessRow& row) {
  return absl::StrCat(row.unit, "\n", row.exe, "\n", row.comm);
}

bool Contains(const std::string& text, const std::string& lower_case) {
  return absl::StrContains(absl::AsciiStrToLower(text), lower_case);
}

// Images of one life become one row.
std::map<ProcessKey, ProcessRow> ByLife(const v1::Footprint& footprint) {
  std::map<ProcessKey, ProcessRow> rows;
  std::map<ProcessKey, uint32_t> latest_image;
  for (const v1::Process& process : footprint.processes()) {
    ProcessRow row;
    row.comm = Sanitize(process.comm());
    row.exe = Sanitize(process.exe());
    row.unit = Sanitize(process.unit());
    row.key = {process.pid(), process.start_boottime_ns(), ""};
    if (process.pid() == 0) row.key.ended_name = NameKey(row);
    const auto [place, is_new] = rows.try_emplace(row.key, row);
    ProcessRow& sum = place->second;
    uint32_t& image = latest_image[row.key];
    if (!is_new && process.image() >= image) {
      sum.comm = row.comm;
      sum.exe = row.exe;
      sum.unit = row.unit;
    }
    image = std::max(image, process.image());
    sum.alive = sum.alive || process.alive();
    sum.calls += process.calls();
    sum.errors += process.errors();
    sum.denied += process.denied();
    sum.total_ns += process.total_ns();
  }
  return rows;
}

void AddTo(ProcessRow& sum, const ProcessRow& more) {
  sum.calls += more.calls;
  sum.errors += more.errors;
  sum.total_ns += more.total_ns;
}

// What rows had that are there no more, by name: of processes that ended, and of ended ones whose
// row became part of a coarser one.
class Vanished {
 public:
  void Add(const ProcessRow& row) { AddTo(by_name_[NameKey(row)], row); }
  // Moves what a row of ended processes took over to its `base`: what had its name, and what no row
  // has the name of now, as far as the row is a coarse one and has so much.
  void MoveTo(const ProcessRow& row, const std::map<ProcessKey, ProcessRow>& rows,
              ProcessRow& base) {
    if (const auto found = by_name_.find(row.key.ended_name); found != by_name_.end()) {
      AddTo(base, found->second);
      by_name_.erase(found);
    }
    if (!absl::StrContains(row.key.ended_name, kOther)) return;
    for (auto it = by_name_.begin(); it != by_name_.end();) {
      const bool another = rows.contains({0, 0, it->first});
      if (another || base.calls + it->second.calls > row.calls) {
        ++it;
        continue;
      }
      AddTo(base, it->second);
      it = by_name_.erase(it);
    }
  }

 private:
  static constexpr char kOther[] = "(other)";
  std::map<std::string, ProcessRow> by_name_;
};

}  // namespace

std::vector<ProcessRow> RatesOf(const v1::Footprint& footprint,
                                const std::vector<ProcessRow>& before, double seconds) {
  std::map<ProcessKey, ProcessRow> rows = ByLife(footprint);
  std::map<ProcessKey, const ProcessRow*> old;
  Vanished vanished;
  for (const ProcessRow& row : before) {
    old[row.key] = &row;
    if (!rows.contains(row.key)) vanished.Add(row);
  }
  std::vector<ProcessRow> out;
  for (auto& [key, row] : rows) {
    ProcessRow base;
    if (const auto was = old.find(key); was != old.end()) base = *was->second;
    if (key.pid == 0) vanished.MoveTo(row, rows, base);
    row.calls_rate = Rate(row.calls, base.calls, seconds);
    row.errors_rate = Rate(row.errors, base.errors, seconds);
    row.time_rate_ns = Rate(row.total_ns, base.total_ns, seconds);
    out.push_back(std::move(row));
  }
  return out;
}

void Model::Update(const v1::Footprint& footprint) {
  const bool comparable = latest_ && SameDaemon(*latest_, footprint);
  const double seconds = comparable ? SecondsBetween(*latest_, footprint) : 0;
  calls_rate_ = comparable ? Rate(footprint.calls(), latest_->calls(), seconds) : 0;
  errors_rate_ = comparable ? Rate(footprint.errors(), latest_->errors(), seconds) : 0;
  all_ = RatesOf(footprint, comparable ? all_ : std::vector<ProcessRow>(), seconds);
  latest_ = footprint;
  error_.clear();
  Arrange();
}

void Model::UpdateDetail(uint32_t pid, const v1::Footprint& footprint) {
  if (pid != open_pid_) return;
  const double seconds =
      detail_ && SameDaemon(*detail_, footprint) ? SecondsBetween(*detail_, footprint) : 0;
  std::map<std::pair<std::string, int32_t>, uint64_t> calls_before;
  std::map<std::string, uint64_t> subsystem_before;
  if (detail_) {
    for (const auto& row : detail_->syscalls())
      calls_before[{row.abi(), row.number()}] = row.calls();
    for (const auto& row : detail_->subsystems()) subsystem_before[row.name()] = row.calls();
  }
  detail_calls_.clear();
  for (const auto& row : footprint.syscalls()) {
    detail_calls_.push_back({Sanitize(row.name()), Sanitize(row.abi()), Sanitize(row.owner()),
                             Sanitize(render::ServedBy(row)), row.calls(), row.errors(),
                             row.total_ns(), row.max_ns(),
                             Rate(row.calls(), calls_before[{row.abi(), row.number()}], seconds)});
  }
  detail_subsystems_.clear();
  for (const auto& row : footprint.subsystems()) {
    detail_subsystems_.push_back({Sanitize(row.name()), row.calls(), row.errors(), row.total_ns(),
                                  Rate(row.calls(), subsystem_before[row.name()], seconds)});
  }
  const auto busier = [](const auto& a, const auto& b) {
    return std::tie(b.calls, a.name) < std::tie(a.calls, b.name);
  };
  std::sort(detail_calls_.begin(), detail_calls_.end(), busier);
  std::sort(detail_subsystems_.begin(), detail_subsystems_.end(), busier);
  detail_ = footprint;
  detail_error_.clear();
}

void Model::SetDetailError(uint32_t pid, std::string message) {
  if (pid == open_pid_) detail_error_ = std::move(message);
}

const ProcessRow* Model::open_row() const {
  const auto found = std::find_if(all_.begin(), all_.end(),
                                  [&](const ProcessRow& row) { return row.key == open_key_; });
  return found == all_.end() ? nullptr : &*found;
}

void Model::Arrange() {
  shown_.clear();
  const std::string wanted = absl::AsciiStrToLower(filter_);
  for (const ProcessRow& row : all_) {
    const bool fits = filter_.empty() || Contains(row.comm, wanted) || Contains(row.unit, wanted) ||
                      Contains(row.exe, wanted) || absl::StrCat(row.key.pid) == filter_;
    if (fits) shown_.push_back(row);
  }
  const auto weight = [this](const ProcessRow& row) {
    switch (sort_) {
      case SortBy::kErrors:
        return std::make_tuple(row.errors_rate, static_cast<double>(row.errors));
      case SortBy::kTime:
        return std::make_tuple(row.time_rate_ns, static_cast<double>(row.total_ns));
      default:
        return std::make_tuple(row.calls_rate, static_cast<double>(row.calls));
    }
  };
  std::sort(shown_.begin(), shown_.end(), [&](const ProcessRow& a, const ProcessRow& b) {
    if (sort_ != SortBy::kPid && weight(a) != weight(b)) return weight(a) > weight(b);
    return a.key < b.key;
  });
  // The cursor stays with its process, not with its line.
  if (selected_key_) {
    const auto found = std::find_if(shown_.begin(), shown_.end(), [&](const ProcessRow& row) {
      return row.key == *selected_key_;
    });
    if (found != shown_.end()) selected_ = static_cast<size_t>(found - shown_.begin());
  }
  selected_ = std::min(selected_, shown_.empty() ? 0 : shown_.size() - 1);
}

void Model::SetPage(size_t rows, size_t detail_lines) {
  page_ = std::max<size_t>(rows, 1);
  detail_lines_ = detail_lines;
  scroll_ = std::min(scroll_, detail_lines_ > page_ ? detail_lines_ - page_ : 0);
}

void Model::Move(int64_t by) {
  if (shown_.empty()) return;
  const auto last = static_cast<int64_t>(shown_.size()) - 1;
  selected_ =
      static_cast<size_t>(std::clamp<int64_t>(static_cast<int64_t>(selected_) + by, 0, last));
  selected_key_.reset();
  if (selected_ != 0) selected_key_ = shown_[selected_].key;
}

void Model::Open() {
  if (shown_.empty()) return;
  const ProcessRow& row = shown_[selected_];
  if (row.key.pid == 0) {
    notice_ = "these processes have ended: footprint show --command '" + row.comm + "'";
    return;
  }
  open_pid_ = row.key.pid;
  open_key_ = row.key;
  selected_key_ = row.key;
  scroll_ = 0;
  detail_.reset();
  detail_calls_.clear();
  detail_subsystems_.clear();
  detail_error_.clear();
}

void Model::Close() {
  const ProcessRow* row = open_row();
  open_pid_ = 0;
  if (row != nullptr && row->alive) return;
  // The row of a process that ended is far down, or gone: the list begins at its top.
  selected_ = 0;
  selected_key_.reset();
}

void Model::PressInList(Key key) {
  const auto page = static_cast<int64_t>(page_);
  const auto all = static_cast<int64_t>(shown_.size());
  switch (key) {
    case Key::kUp:
      return Move(-1);
    case Key::kDown:
      return Move(1);
    case Key::kPageUp:
      return Move(-page);
    case Key::kPageDown:
      return Move(page);
    case Key::kHome:
      return Move(-all);
    case Key::kEnd:
      return Move(all);
    case Key::kEnter:
      return Open();
    case Key::kEscape:
      filter_.clear();
      return Arrange();
    default:
      return;
  }
}

void Model::PressInDetail(Key key) {
  const size_t end = detail_lines_ > page_ ? detail_lines_ - page_ : 0;
  switch (key) {
    case Key::kUp:
      scroll_ -= scroll_ > 0 ? 1 : 0;
      break;
    case Key::kDown:
      ++scroll_;
      break;
    case Key::kPageUp:
      scroll_ -= std::min(scroll_, page_);
      break;
    case Key::kPageDown:
      scroll_ += page_;
      break;
    case Key::kHome:
      scroll_ = 0;
      break;
    case Key::kEnd:
      scroll_ = end;
      break;
    case Key::kEscape:
      Close();
      break;
    default:
      break;
  }
  scroll_ = std::min(scroll_, end);
}

void Model::Press(Key key) {
  notice_.clear();
  if (!typing_) return open_pid_ != 0 ? PressInDetail(key) : PressInList(key);
  if (key == Key::kEnter) {
    typing_ = false;
  } else if (key == Key::kEscape) {
    typing_ = false;
    filter_.clear();
  } else if (key == Key::kErase && !filter_.empty()) {
    // A whole character: its continuation bytes, then its first.
    while (filter_.size() > 1 && (static_cast<uint8_t>(filter_.back()) & 0xc0) == 0x80) {
      filter_.pop_back();
    }
    filter_.pop_back();
  }
  Arrange();
}

void Model::Type(char32_t character) {
  notice_.clear();
  if (typing_) {
    if (character < 0x20 || character == 0x7f || filter_.size() > 60) return;
    if (character < 0x80) {
      filter_ += static_cast<char>(character);
    } else if (character < 0x800) {
      filter_ += static_cast<char>(0xc0 | character >> 6);
      filter_ += static_cast<char>(0x80 | (character & 0x3f));
    } else if (character < 0x10000) {
      filter_ += static_cast<char>(0xe0 | character >> 12);
      filter_ += static_cast<char>(0x80 | (character >> 6 & 0x3f));
      filter_ += static_cast<char>(0x80 | (character & 0x3f));
    }
    return Arrange();
  }
  if (character == 'q') {
    if (open_pid_ != 0) {
      Close();
    } else {
      quit_ = true;
    }
    return;
  }
  if (character == 'h' || character == '?') {
    notice_ = "TIME/S: in system calls, waiting included  (name): ended  all: footprint top --help";
    return;
  }
  if (open_pid_ != 0) return;
  switch (character) {
    case 'c':
      sort_ = SortBy::kCalls;
      break;
    case 'e':
      sort_ = SortBy::kErrors;
      break;
    case 't':
      sort_ = SortBy::kTime;
      break;
    case 'p':
      sort_ = SortBy::kPid;
      break;
    case '/':
      typing_ = true;
      break;
    default:
      return;
  }
  Arrange();
}

}  // namespace footprint::client::top
