/// \file
/// A circular buffer that grows by doubling and keeps its capacity: the log and what waits for its commits live in one each.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include <troupe/actors/protocol/assert.hpp>

namespace troupe::protocol {

/// A queue with access by index; index 0 is the oldest element. Elements that were popped are kept for reuse: `T` must be default
/// constructible, and take_back_slot() hands out a former element as its last user left it.
template <class T>
class ring {
 public:
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

  [[nodiscard]] T& operator[](std::size_t index) { return slots_[place(index)]; }
  [[nodiscard]] const T& operator[](std::size_t index) const { return slots_[place(index)]; }
  [[nodiscard]] T& front() { return (*this)[0]; }
  [[nodiscard]] const T& front() const { return (*this)[0]; }
  [[nodiscard]] const T& back() const { return (*this)[size_ - 1]; }

  void push_back(T value) { take_back_slot() = std::move(value); }
  /// A new last element, with whatever it held before: the caller overwrites it.
  [[nodiscard]] T& take_back_slot() {
    if (size_ == slots_.size()) grow();
    return slots_[place(size_++)];
  }
  void pop_front() {
    TROUPE_INVARIANT(0, size_ > 0);
    head_ = (head_ + 1) & (slots_.size() - 1);
    --size_;
  }
  void pop_back() {
    TROUPE_INVARIANT(0, size_ > 0);
    --size_;
  }
  void clear() {
    head_ = 0;
    size_ = 0;
    slots_.clear();
  }

 private:
  [[nodiscard]] std::size_t place(std::size_t index) const { return (head_ + index) & (slots_.size() - 1); }

  void grow() {
    std::vector<T> larger(slots_.empty() ? 8 : slots_.size() * 2);
    for (std::size_t i = 0; i < size_; ++i) larger[i] = std::move(slots_[place(i)]);
    slots_ = std::move(larger);
    head_ = 0;
  }

  std::vector<T> slots_;  // Its size is a power of two, or 0.
  std::size_t head_ = 0;
  std::size_t size_ = 0;
};

}  // namespace troupe::protocol
