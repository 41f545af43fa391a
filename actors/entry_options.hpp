/// \file
/// What a write says about the life of its entry.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include <troupe/messages/types/api.hpp>
#include <troupe/messages/types/lifetime.hpp>
#include <troupe/messages/types/time.hpp>

namespace troupe {

/// How long an entry lives. Its row removes it, on all copies; until then a `get` finds it.
struct TROUPE_API entry_options {
  static constexpr std::int64_t as_the_map = -1;  ///< as `time-to-live-seconds` and `max-idle-seconds` of the map's definition say

  std::int64_t ttl_ms = as_the_map;       ///< milliseconds from the write on; 0: without limit
  std::int64_t max_idle_ms = as_the_map;  ///< milliseconds in which nobody asks for it by its key; 0: without limit

  [[nodiscard]] static entry_options living_for(std::chrono::milliseconds ttl) { return {ttl.count(), as_the_map}; }
  [[nodiscard]] static entry_options idle_for(std::chrono::milliseconds max_idle) { return {as_the_map, max_idle.count()}; }
  /// What is neither `as_the_map` nor possible is refused by the operation: `bad_lifetime`.
  [[nodiscard]] lifetime_choice choice() const {
    const auto span = [](std::int64_t ms) { return ms == as_the_map ? std::nullopt : std::optional{milliseconds{ms}}; };
    return {span(ttl_ms), span(max_idle_ms)};
  }
  friend bool operator==(const entry_options&, const entry_options&) = default;
};

}  // namespace troupe
