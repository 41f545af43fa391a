/// \file
/// A blob: immutable bytes, shared by counting, in one allocation. Keys and values travel as blobs from the wire into the
/// store and out of it without a further copy.
///
/// A value on its way into a store carries the key of its entry as well, so that the store needs no other memory for the key. It is the value
/// that carries the key, and not both that share their memory: who keeps a key alone, as queues do, must not keep a value of megabytes.
#pragma once

#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
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
  /// A value that carries the key of its entry, in the same allocation. Copies both. Whoever looks at its bytes, or compares it, sees the value alone.
  [[nodiscard]] static blob keyed(std::string_view value, std::string_view key);

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

  /// These bytes, carrying this key: shared where they carry it already, else a copy.
  [[nodiscard]] blob with_key(std::string_view key) const;
  [[nodiscard]] bool has_key() const { return block_ != nullptr && block_->is_keyed != 0; }
  /// Empty also where there is none.
  [[nodiscard]] std::string_view key() const { return has_key() ? block_->key() : std::string_view{}; }

  friend bool operator==(const blob& a, const blob& b) { return a.block_ == b.block_ || a.view() == b.view(); }
  friend std::strong_ordering operator<=>(const blob& a, const blob& b) { return a.view() <=> b.view(); }

 private:
  using key_size = std::uint32_t;

  /// Its bytes lie before it. Behind it lie, where it is keyed, the key's size and the key: so who looks for a key touches one place.
  struct block {
    std::atomic<std::uint32_t> owners;
    std::uint32_t size : 31;
    std::uint32_t is_keyed : 1;

    /// Room for so many bytes: what follows them is at a multiple of 4.
    [[nodiscard]] static std::size_t room_for(std::size_t bytes) { return (bytes + alignof(block) - 1) & ~(alignof(block) - 1); }
    [[nodiscard]] const char* bytes() const { return reinterpret_cast<const char*>(this) - room_for(size); }
    [[nodiscard]] std::string_view key() const {
      const auto* behind = reinterpret_cast<const char*>(this + 1);
      key_size its_size = 0;
      std::memcpy(&its_size, behind, sizeof its_size);
      return {behind + sizeof its_size, its_size};
    }
  };

  /// With the bytes in it, and room for so many more behind it.
  static block* make_block(std::string_view bytes, bool is_keyed, std::size_t more);
  void retain() const noexcept {
    if (block_ != nullptr) block_->owners.fetch_add(1, std::memory_order_relaxed);
  }
  void release() noexcept;

  block* block_ = nullptr;
};

/// For who keeps a value beyond its entry: without its key where that is large beside it, because nobody would count it. A copy then, else the value itself.
[[nodiscard]] TROUPE_API blob without_large_key(blob value);

}  // namespace troupe
