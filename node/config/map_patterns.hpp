/// \file
/// Whether two map patterns can fit one name equally well, which would leave open which of them governs it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// The `*` of a pattern separates its prefix from its suffix.
[[nodiscard]] bool is_pattern(std::string_view map_name);

/// A name that `a` and `b` fit equally well and that no pattern of `all` fits better; nothing when there is no such name.
/// A pattern fits a name that starts with its prefix and ends with its suffix, without overlap; the longer prefix + suffix fits better.
/// Requires: is_pattern(a), is_pattern(b), one `*` each.
[[nodiscard]] std::optional<std::string> contested_name(std::string_view a, std::string_view b, const std::vector<std::string>& all);

}  // namespace troupe
