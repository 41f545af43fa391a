/// \file
/// An entry with what its row knows of it beside the value: IMap's EntryView.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include <troupe/messages/types/entry_facts.hpp>
#include <troupe/messages/types/time.hpp>

namespace troupe {

/// Of an entry of a map with `per-entry-stats-enabled`. When it came and was written outlives its primary; who asked for it, each primary knows for the
/// time that it is one; gets that copies answered (`read-backup-data`) it does not see.
struct entry_statistics {
  milliseconds since_created{};
  milliseconds since_written{};               ///< a lifetime that was set anew does not count
  std::optional<milliseconds> since_asked{};  ///< nothing: nobody has asked for it
  std::uint64_t hits = 0;                     ///< operations on the key that found the entry; get_entry_view is none of them

  friend bool operator==(const entry_statistics&, const entry_statistics&) = default;
};

/// Spans are as of when the entry's primary looked, no later than it answered. There are no dates: members' clocks need not agree.
template <class V>
struct entry_view {
  V value;
  std::uint64_t version = 0;              ///< of two views of one key the later write has the greater one, as long as its partition has not lost data
  std::uint64_t bytes = 0;                ///< about what it takes in each copy, key and value included
  std::optional<milliseconds> ttl{};      ///< as it was given, by its writer or the map; nothing: without limit
  std::optional<milliseconds> max_idle{};
  std::optional<milliseconds> ends_in{};  ///< if nobody asks for it; nothing: never. 0: it goes as soon as it may (a locked one stays)
  std::optional<entry_statistics> statistics{};

  friend bool operator==(const entry_view&, const entry_view&) = default;
};

namespace detail {

template <class V>
[[nodiscard]] entry_view<V> make_entry_view(V value, const entry_facts& facts) {
  const auto limit = [](milliseconds span) { return span > milliseconds{} ? std::optional{span} : std::nullopt; };
  entry_view<V> v{std::move(value), facts.version.value(), facts.bytes, limit(facts.ttl), limit(facts.max_idle)};
  if (v.ttl || v.max_idle) v.ends_in = facts.ends_in;
  if (facts.is_counted) {
    v.statistics = entry_statistics{facts.since_created, facts.since_written, facts.hits > 0 ? std::optional{facts.since_asked} : std::nullopt, facts.hits};
  }
  return v;
}

}  // namespace detail
}  // namespace troupe
