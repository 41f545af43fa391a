/// \file
/// How long an entry lives. Nobody but the primary of its row lets it die, and it does so by a record (DESIGN section 4.3): so an entry is
/// there on every copy, or on none.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include <troupe/messages/types/strong.hpp>
#include <troupe/messages/types/time.hpp>

namespace troupe {

/// The time of a row, in milliseconds since its first primary began. It goes on with whoever is primary (invariant 15), and has nothing to
/// do with any wall clock.
using row_time = strong_number<struct row_time_tag, std::uint64_t>;
/// No row gets older.
inline constexpr row_time row_time_max{std::numeric_limits<std::uint64_t>::max() / 2};
inline constexpr row_time end_of_time{std::numeric_limits<std::uint64_t>::max()};

/// No lifetime is longer: some 146 million years.
inline constexpr milliseconds lifetime_max{std::numeric_limits<std::int64_t>::max() / 2};

/// A point of time later; `end_of_time` when that is beyond all numbers.
[[nodiscard]] constexpr row_time operator+(row_time t, milliseconds d) {
  const auto added = static_cast<std::uint64_t>(std::max<milliseconds::rep>(d.count(), 0));
  return added >= end_of_time.value() - t.value() ? end_of_time : row_time{t.value() + added};
}

/// Of one entry.
struct lifetime {
  row_time since{};         ///< when it was written, or its lifetime set
  milliseconds ttl{};       ///< it dies so long after `since`, whatever happens to it; 0: it does not
  milliseconds max_idle{};  ///< it dies when nobody has asked for it for so long; 0: it does not

  [[nodiscard]] constexpr bool is_limited() const { return ttl > milliseconds{} || max_idle > milliseconds{}; }
  /// When it dies if nobody asks for it after `last_access`.
  [[nodiscard]] constexpr row_time ends(row_time last_access) const {
    const auto by_age = ttl > milliseconds{} ? since + ttl : end_of_time;
    const auto by_idleness = max_idle > milliseconds{} ? std::max(since, last_access) + max_idle : end_of_time;
    return std::min(by_age, by_idleness);
  }
  /// The same, and one and the same where nothing ends it.
  [[nodiscard]] constexpr lifetime normalized() const { return is_limited() ? *this : lifetime{}; }
  friend bool operator==(const lifetime&, const lifetime&) = default;
};

/// Since when an entry is there, and has its value. Known in maps that keep statistics for each entry; else all zero.
struct entry_times {
  row_time created{};
  row_time written{};  ///< by whatever gave it its value; a lifetime set anew does not count

  [[nodiscard]] constexpr bool are_known() const { return written > row_time{}; }
  friend bool operator==(const entry_times&, const entry_times&) = default;
};

/// What a map gives its entries where the operation that writes them says nothing. 0: without limit.
struct lifetime_defaults {
  milliseconds ttl{};
  milliseconds max_idle{};
  friend bool operator==(const lifetime_defaults&, const lifetime_defaults&) = default;
};

/// What an operation says about the lifetime of what it writes. Nothing: as the map has it. 0: without limit.
struct lifetime_choice {
  std::optional<milliseconds> ttl;
  std::optional<milliseconds> max_idle;
  friend bool operator==(const lifetime_choice&, const lifetime_choice&) = default;
};

/// Of an entry that is written at `now`.
[[nodiscard]] constexpr lifetime lifetime_from(row_time now, const lifetime_choice& choice, const lifetime_defaults& defaults) {
  return lifetime{now, choice.ttl.value_or(defaults.ttl), choice.max_idle.value_or(defaults.max_idle)}.normalized();
}
/// Neither negative nor beyond all bounds.
[[nodiscard]] constexpr bool is_possible(const lifetime_choice& choice) {
  const auto fits = [](const std::optional<milliseconds>& span) { return !span || (*span >= milliseconds{} && *span <= lifetime_max); };
  return fits(choice.ttl) && fits(choice.max_idle);
}

}  // namespace troupe
