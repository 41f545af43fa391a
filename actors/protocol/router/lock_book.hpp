/// \file
/// Which locks a router's client holds, as far as it knows: each hold by the write that took it, so that an unlock ends one that it knows of; and which rows
/// are to be told from time to time that the client lives (ADR 12).
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <troupe/messages/types/blob.hpp>
#include <troupe/messages/types/lock.hpp>
#include <troupe/messages/types/time.hpp>

namespace troupe::protocol {

class lock_book {
 public:
  /// Locks of one map in one row.
  struct place {
    std::string map;
    partition_id partition;
    friend auto operator<=>(const place&, const place&) = default;
  };
  struct hold {
    write_number taken_by;
    std::optional<instant> over_at;  ///< by its lease; nothing: it has none
  };
  /// A row that shall be told.
  struct keeping {
    place where;
    blob key;                 ///< one of those that are locked there
    std::uint64_t as_of = 0;  ///< what the book knew then
  };

  /// `tell_at`: when its row is to be told, if it is not yet.
  void took(const place& where, const blob& key, owner_number owner, const hold& what, instant tell_at) {
    const auto [at, is_new] = places_.try_emplace(where);
    if (is_new) at->second.tell_at = tell_at;
    at->second.changed_at = ++changes_;
    auto& lock = at->second.locks[{key, owner}];
    // As the row has it: the lease that ends later is that of all holds.
    if (lock.holds.empty()) lock.over_at = what.over_at;
    else lock.over_at = lock.over_at && what.over_at ? std::optional{std::max(*lock.over_at, *what.over_at)} : std::nullopt;
    lock.holds.push_back(what.taken_by);
  }
  /// The latest hold, which is taken out of the book; nothing: none is known.
  [[nodiscard]] std::optional<write_number> take_latest(const place& where, const blob& key, owner_number owner) {
    const auto at = places_.find(where);
    if (at == places_.end()) return std::nullopt;
    const auto lock = at->second.locks.find({key, owner});
    if (lock == at->second.locks.end()) return std::nullopt;
    const auto latest = lock->second.holds.back();
    lock->second.holds.pop_back();
    if (lock->second.holds.empty()) at->second.locks.erase(lock);
    if (at->second.locks.empty()) places_.erase(at);
    return latest;
  }
  /// The row says that it has no locks of the client's: what the book had at that time is gone.
  void has_none(const place& where, std::uint64_t as_of) {
    const auto at = places_.find(where);
    if (at != places_.end() && at->second.changed_at <= as_of) places_.erase(at);
  }
  void forget(const place& where) { places_.erase(where); }
  void forget_all() { places_.clear(); }

  /// Those to tell now; the next time comes after `interval`. Locks whose lease is over go.
  [[nodiscard]] std::vector<keeping> take_due(instant now, duration interval) {
    std::vector<keeping> due;
    for (auto at = places_.begin(); at != places_.end();) {
      const auto here = at++;
      auto& [where, known] = *here;
      if (known.tell_at > now) continue;
      known.tell_at = now + interval;
      forget_those_over(known, now);
      if (known.locks.empty()) {
        places_.erase(here);
      } else if (const auto* key = kept_in(known)) {
        due.push_back({where, *key, changes_});
      }
    }
    return due;
  }
  [[nodiscard]] std::optional<instant> next_due() const {
    std::optional<instant> next;
    for (const auto& [where, known] : places_) next = next ? std::min(*next, known.tell_at) : known.tell_at;
    return next;
  }
  [[nodiscard]] bool empty() const { return places_.empty(); }

 private:
  struct known_lock {
    std::vector<write_number> holds;  // Never empty.
    std::optional<instant> over_at;
  };
  struct known_locks {
    std::map<std::tuple<blob, owner_number>, known_lock> locks;  // Never empty.
    std::uint64_t changed_at = 0;
    instant tell_at{};
  };

  static void forget_those_over(known_locks& known, instant now) {
    std::erase_if(known.locks, [now](const auto& lock) { return lock.second.over_at && *lock.second.over_at <= now; });
  }
  /// A key whose lock is held only as long as its client is heard; null: none is.
  [[nodiscard]] static const blob* kept_in(const known_locks& known) {
    const auto at = std::find_if(known.locks.begin(), known.locks.end(), [](const auto& lock) { return !lock.second.over_at; });
    return at == known.locks.end() ? nullptr : &std::get<blob>(at->first);
  }

  std::map<place, known_locks> places_;
  std::uint64_t changes_ = 0;
};

}  // namespace troupe::protocol
