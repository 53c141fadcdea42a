// SPDX-License-Identifier: Apache-2.0
// Text that many values have: a pointer to one copy of it.
// Ownership: shared, const.   Threads: any; a pool is for one.   Failure: none.
#ifndef FOOTPRINT_DAEMON_MODEL_SHARED_TEXT_H_
#define FOOTPRINT_DAEMON_MODEL_SHARED_TEXT_H_

#include <compare>
#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace footprint::model {

// Used like a const std::string. A copy allocates nothing, and neither does "".
class SharedText {
 public:
  SharedText() = default;
  SharedText(std::string text)
      : text_(text.empty() ? nullptr : std::make_shared<const std::string>(std::move(text))) {}
  SharedText(std::string_view text) : SharedText(std::string(text)) {}
  SharedText(const char* text) : SharedText(std::string(text)) {}

  const std::string& str() const { return text_ == nullptr ? Empty() : *text_; }
  operator const std::string&() const { return str(); }
  operator std::string_view() const { return str(); }
  bool empty() const { return text_ == nullptr; }
  size_t size() const { return str().size(); }
  // Does anybody else hold the same copy?
  bool shared() const { return text_.use_count() > 1; }

  friend bool operator==(const SharedText& a, const SharedText& b) {
    return a.text_ == b.text_ || a.str() == b.str();
  }
  friend std::strong_ordering operator<=>(const SharedText& a, const SharedText& b) {
    return a.text_ == b.text_ ? std::strong_ordering::equal : a.str() <=> b.str();
  }
  template <typename Text>
  requires std::convertible_to<const Text&, std::string_view>
  friend bool operator==(const SharedText& a, const Text& b) {
    return std::string_view(a.str()) == std::string_view(b);
  }

 private:
  static const std::string& Empty();

  std::shared_ptr<const std::string> text_;  // null: ""
};

// Memory of its one copy.
inline size_t BytesOf(const SharedText& text) {
  constexpr size_t kBody = 56;  // the string, the counters of the shared_ptr, malloc's head
  if (text.empty()) return 0;
  return kBody + (text.size() < sizeof(std::string) / 2 ? 0 : text.size() + 16);
}

// Makes equal texts one copy. Forgets those that nobody else holds any more, so that it has at most
// twice as many as are in use, and kSpare.
class TextPool {
 public:
  SharedText Share(SharedText text);
  size_t size() const { return texts_.size(); }

 private:
  static constexpr size_t kSpare = 64;
  std::unordered_map<std::string_view, SharedText> texts_;  // each key is in its value
  size_t sweep_at_ = kSpare;
};

}  // namespace footprint::model

#endif  // FOOTPRINT_DAEMON_MODEL_SHARED_TEXT_H_
