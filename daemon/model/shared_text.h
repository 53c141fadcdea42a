// SPDX-License-Identifier: Apache-2.0
// Text that many values have: a pointer to one copy of it.
// Ownership: shared, const.   Threads: any; a pool is for one.   Failure: none.
#ifndef FOOTPRINT_DAEMON_MODEL_SHARED_TEXT_H_
#define FOOTPRINT_DAEMON_MODEL_SHARED_TEXT_H_

#include <atomic>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace footprint::model {

// Used like a const std::string. A copy takes 8 bytes and allocates nothing, and so does "".
class SharedText {
 public:
  SharedText() = default;
  SharedText(std::string text) : body_(text.empty() ? nullptr : new Body{std::move(text)}) {}
  SharedText(std::string_view text) : SharedText(std::string(text)) {}
  SharedText(const char* text) : SharedText(std::string(text)) {}
  SharedText(const SharedText& other) : body_(other.body_) {
    if (body_ != nullptr) body_->holders.fetch_add(1, std::memory_order_relaxed);
  }
  SharedText(SharedText&& other) noexcept : body_(std::exchange(other.body_, nullptr)) {}
  SharedText& operator=(SharedText other) noexcept {
    std::swap(body_, other.body_);
    return *this;
  }
  ~SharedText() {
    if (body_ != nullptr && body_->holders.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      delete body_;
    }
  }

  const std::string& str() const { return body_ == nullptr ? Empty() : body_->text; }
  operator const std::string&() const { return str(); }
  operator std::string_view() const { return str(); }
  bool empty() const { return body_ == nullptr; }
  size_t size() const { return str().size(); }
  // Does anybody else hold the same copy?
  bool shared() const {
    return body_ != nullptr && body_->holders.load(std::memory_order_relaxed) > 1;
  }

  friend bool operator==(const SharedText& a, const SharedText& b) {
    return a.body_ == b.body_ || a.str() == b.str();
  }
  friend std::strong_ordering operator<=>(const SharedText& a, const SharedText& b) {
    return a.body_ == b.body_ ? std::strong_ordering::equal : a.str() <=> b.str();
  }
  template <typename Text>
  requires std::convertible_to<const Text&, std::string_view>
  friend bool operator==(const SharedText& a, const Text& b) {
    return std::string_view(a.str()) == std::string_view(b);
  }

 private:
  struct Body {
    std::string text;
    std::atomic<uint32_t> holders{1};
  };
  static const std::string& Empty();

  Body* body_ = nullptr;
};

// Memory of its one copy.
inline size_t BytesOf(const SharedText& text) {
  constexpr size_t kBody = 56;
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
