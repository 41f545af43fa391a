/// \file
/// A blob: immutable bytes, shared by counting, in one allocation. Keys and values travel as blobs from the wire into the
/// store and out of it without a further copy.
#pragma once

#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include <troupe/messages/types/api.hpp>

namespace troupe {

class TROUPE_API blob {
 public:
  /// Empty: no allocation.
  blob() = default;
  /// Copies the bytes: the one copy between a received frame and the store.
  explicit blob(std::string_view bytes);

  blob(const blob& other) noexcept : block_(other.block_) { retain(); }
  blob(blob&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  blob& operator=(blob other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~blob() { release(); }

  [[nodiscard]] std::string_view view() const { return block_ ? std::string_view{block_->bytes(), block_->size} : std::string_view{}; }
  [[nodiscard]] std::size_t size() const { return block_ ? block_->size : 0; }
  [[nodiscard]] bool empty() const { return size() == 0; }

  friend bool operator==(const blob& a, const blob& b) { return a.block_ == b.block_ || a.view() == b.view(); }
  friend std::strong_ordering operator<=>(const blob& a, const blob& b) { return a.view() <=> b.view(); }

 private:
  struct block {
    std::atomic<std::uint32_t> owners;
    std::uint32_t size;
    [[nodiscard]] char* bytes() { return reinterpret_cast<char*>(this + 1); }
    [[nodiscard]] const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }
  };

  void retain() const noexcept {
    if (block_ != nullptr) block_->owners.fetch_add(1, std::memory_order_relaxed);
  }
  void release() noexcept;

  block* block_ = nullptr;
};

}  // namespace troupe
