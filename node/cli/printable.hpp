/// \file
/// Text from anywhere, made fit for a terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::cli {

/// The text with everything that could move the cursor, colour or confuse a terminal as `\xNN`: control characters and what is not UTF-8.
[[nodiscard]] std::string printable(std::string_view text);
/// The same, cut to `columns` with an ellipsis.
[[nodiscard]] std::string printable(std::string_view text, std::size_t columns);
/// How many columns a printable text takes. East Asian wide characters count two, combining marks none.
[[nodiscard]] std::size_t columns_of(std::string_view text);

[[nodiscard]] bool is_utf8(std::string_view text);

/// `512 B`, `1.5 KiB`, `35.0 MiB`
[[nodiscard]] std::string in_bytes(std::uint64_t bytes);
/// `1 entry`, `2 entries`
[[nodiscard]] std::string counted(std::uint64_t number, std::string_view one, std::string_view many);

}  // namespace troupe::cli
