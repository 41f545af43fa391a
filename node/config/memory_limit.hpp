/// \file
/// How much a member's copies may take, as people write it: `512m`, `2g`, `60%`, `off`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <troupe/messages/types/api.hpp>

namespace troupe {

struct memory_limit {
  enum class unit : std::uint8_t { off, bytes, percent };
  unit in = unit::percent;
  std::uint64_t amount = 60;  ///< bytes, or percent of what the machine, or the container, has; means nothing where it is off
  friend bool operator==(const memory_limit&, const memory_limit&) = default;
};

/// With less a member could hardly hold what is under way.
inline constexpr std::uint64_t memory_limit_bytes_min = 1024 * 1024;
inline constexpr std::uint64_t memory_limit_bytes_max = std::uint64_t{1} << 50;

/// A whole number with k, m, g or t (of 1024, whatever the case), or none for bytes; a whole number with %; or `off`. Nothing: it is none of
/// these. What it says is not judged.
[[nodiscard]] TROUPE_API std::optional<memory_limit> parse_memory_limit(std::string_view text);
/// So that parse_memory_limit() reads it again.
[[nodiscard]] TROUPE_API std::string to_string(const memory_limit&);
/// What is wrong with it, as the end of a sentence that begins with its name.
[[nodiscard]] TROUPE_API std::optional<std::string> objection(const memory_limit&);

/// In bytes, on a machine with `physical` of them; 0: no limit. A share of an unknown (0) memory is none.
[[nodiscard]] TROUPE_API std::uint64_t bytes_of(const memory_limit&, std::uint64_t physical);

}  // namespace troupe
