/// \file
/// A value that is mostly not there, in the room of a pointer.
#pragma once

#include <memory>
#include <utility>

namespace troupe {

/// As std::optional, but what is not there takes no room. A copy has a value of its own.
template <class T>
class boxed {
 public:
  boxed() = default;
  explicit(false) boxed(T value) : value_{std::make_unique<T>(std::move(value))} {}
  boxed(const boxed& other) : value_{other.value_ ? std::make_unique<T>(*other.value_) : nullptr} {}
  boxed(boxed&&) noexcept = default;
  boxed& operator=(boxed other) noexcept {
    value_ = std::move(other.value_);
    return *this;
  }
  ~boxed() = default;

  explicit operator bool() const { return value_ != nullptr; }
  /// Requires: it is there.
  [[nodiscard]] const T& operator*() const { return *value_; }
  [[nodiscard]] const T* operator->() const { return value_.get(); }

  friend bool operator==(const boxed& a, const boxed& b) { return a.value_ == b.value_ || (a.value_ && b.value_ && *a.value_ == *b.value_); }

 private:
  std::unique_ptr<T> value_;
};

}  // namespace troupe
