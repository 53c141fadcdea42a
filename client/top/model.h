// SPDX-License-Identifier: Apache-2.0
// What `footprint top` shows: rates from two footprints, order, filter, selection.
// Pure: no clock, no terminal, no network.
// Ownership: values.   Threads: one.   Failure: a failed request is state to be shown.
#ifndef FOOTPRINT_CLIENT_TOP_MODEL_H_
#define FOOTPRINT_CLIENT_TOP_MODEL_H_

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "footprint/v1/footprint.pb.h"

namespace footprint::client::top {

// One life of a process, whatever images it ran; or, with pid 0, the ended processes of
// one name.
struct ProcessKey {
  uint32_t pid = 0;
  uint64_t start_boottime_ns = 0;
  std::string ended_name;  // unit, exe and comm; "" for a life
  auto operator<=>(const ProcessKey&) const = default;
};

struct ProcessRow {
  ProcessKey key;
  std::string comm;  // of the latest image
  std::string exe;
  std::string unit;
  bool alive = false;
  uint64_t calls = 0, errors = 0, denied = 0, total_ns = 0;
  double calls_rate = 0, errors_rate = 0;  // per second
  // Time within system calls, waiting included, per second, summed over threads. A call counts
  // when it ends, whenever it began.
  double time_rate_ns = 0;
};

struct CallRow {
  std::string name, abi, owner, served_by;
  uint64_t calls = 0, errors = 0, total_ns = 0, max_ns = 0;
  double calls_rate = 0;
};

struct SubsystemRow {
  std::string name;
  uint64_t calls = 0, errors = 0, total_ns = 0;
  double calls_rate = 0;
};

enum class Key { kNone, kUp, kDown, kPageUp, kPageDown, kHome, kEnd, kEnter, kEscape, kErase };
enum class SortBy { kCalls, kErrors, kTime, kPid };

class Model {
 public:
  // A footprint of the whole system, later than the one before. The first gives no rates.
  void Update(const v1::Footprint& footprint);
  // The footprint of the process that is open. One of a process no longer open is ignored.
  void UpdateDetail(uint32_t pid, const v1::Footprint& footprint);
  // The latest request failed; the next Update() clears it.
  void SetError(std::string message) { error_ = std::move(message); }
  // The process that is open could not be asked for; what was shown last stays.
  void SetDetailError(uint32_t pid, std::string message);

  void Press(Key key);
  void Type(char32_t character);

  bool quit() const { return quit_; }
  bool typing() const { return typing_; }
  SortBy sort() const { return sort_; }
  const std::string& filter() const { return filter_; }
  const std::string& error() const { return error_; }
  const std::string& notice() const { return notice_; }
  // 0: the list is shown.
  uint32_t open_pid() const { return open_pid_; }
  const ProcessRow* open_row() const;

  // In the order to be shown, filter applied.
  const std::vector<ProcessRow>& rows() const { return shown_; }
  size_t selected() const { return selected_; }
  // First line of the detail view, for scrolling.
  size_t first_line() const { return scroll_; }
  // The screen's share for rows; keeps paging and scrolling in bounds.
  void SetPage(size_t rows, size_t detail_lines);

  bool has_data() const { return latest_.has_value(); }
  const v1::Footprint& latest() const { return *latest_; }
  double calls_rate() const { return calls_rate_; }
  double errors_rate() const { return errors_rate_; }
  const std::string& detail_error() const { return detail_error_; }
  bool has_detail() const { return detail_.has_value(); }
  const v1::Footprint& detail() const { return *detail_; }
  const std::vector<CallRow>& detail_calls() const { return detail_calls_; }
  const std::vector<SubsystemRow>& detail_subsystems() const { return detail_subsystems_; }

 private:
  void Arrange();
  void Move(int64_t by);
  void Open();
  void Close();
  void PressInList(Key key);
  void PressInDetail(Key key);

  std::optional<v1::Footprint> latest_;
  std::vector<ProcessRow> all_;
  std::vector<ProcessRow> shown_;
  double calls_rate_ = 0, errors_rate_ = 0;

  std::optional<v1::Footprint> detail_;
  std::vector<CallRow> detail_calls_;
  std::vector<SubsystemRow> detail_subsystems_;
  std::string detail_error_;

  SortBy sort_ = SortBy::kCalls;
  std::string filter_;
  bool typing_ = false;
  bool quit_ = false;
  std::string error_;
  std::string notice_;
  uint32_t open_pid_ = 0;
  ProcessKey open_key_;
  size_t selected_ = 0;
  std::optional<ProcessKey> selected_key_;  // unset: the top row, whichever it is
  size_t scroll_ = 0;
  size_t page_ = 20;
  size_t detail_lines_ = 0;
};

// Rows with rates from an earlier list of the same system; `seconds` between the two.
// When a process ended and was folded in between, what it had made before is no part of
// the rate of its folded row.
std::vector<ProcessRow> RatesOf(const v1::Footprint& footprint,
                                const std::vector<ProcessRow>& before, double seconds);

}  // namespace footprint::client::top

#endif  // FOOTPRINT_CLIENT_TOP_MODEL_H_
