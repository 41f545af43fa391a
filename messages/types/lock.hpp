/// \file
/// Locks of keys: row state, changed by records only (ADR 12).
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <troupe/messages/types/api.hpp>
#include <troupe/messages/types/blob.hpp>
#include <troupe/messages/types/ids.hpp>
#include <troupe/messages/types/lifetime.hpp>

namespace troupe {

/// Chosen by an application, within its client; 1 and up. 0: no owner.
using owner_number = strong_number<struct owner_tag, std::uint32_t>;

/// Who can hold a lock.
struct lock_owner {
  client_id client;
  owner_number number;
  friend auto operator<=>(const lock_owner&, const lock_owner&) = default;
};

/// Where the record stands that took a lock while it was free. A later lock of the same key has a greater one.
struct lock_fence {
  epoch_number epoch;
  seq_number seq;
  friend auto operator<=>(const lock_fence&, const lock_fence&) = default;
};

/// The fence of a lock that was taken again, as it travels: epoch and seq, 8 bytes each, the highest first.
[[nodiscard]] TROUPE_API blob fence_text(const lock_fence&);
/// Of the answer to a lock that was granted: what such a text says, or else the answer's own position.
[[nodiscard]] TROUPE_API lock_fence fence_of(const blob& text, epoch_number epoch, seq_number seq);
/// Of an unlock: which hold it ends, as `operation::expected` says: the number of the write that took it, 8 bytes, the highest first.
[[nodiscard]] TROUPE_API blob hold_text(write_number);
/// Nothing: it does not say; the latest.
[[nodiscard]] TROUPE_API std::optional<write_number> hold_of(const blob& text);
/// For people, and for whoever stores it: `7.1024`.
[[nodiscard]] TROUPE_API std::string to_string(const lock_fence&);

/// The lock of a key, while somebody holds it.
struct held_lock {
  lock_owner owner;
  std::vector<write_number> holds;  ///< the writes that took it and have not been followed by an unlock; not empty, the oldest first
  lock_fence fence;
  lifetime lease;  ///< unlimited: as long as its client is heard; else its `ttl` ends it

  [[nodiscard]] row_time ends() const { return lease.ends({}); }
  friend bool operator==(const held_lock&, const held_lock&) = default;
};

/// As a snapshot carries it.
struct lock_image {
  map_id map;
  blob key;
  held_lock lock;
  friend bool operator==(const lock_image&, const lock_image&) = default;
};

/// A lock has no more holds.
inline constexpr std::size_t lock_holds_max = 255;

}  // namespace troupe
