/// \file
/// The name that somebody probably meant.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// The name of `known` with the smallest edit distance to `wrong` (insert, delete, replace, swap neighbours), the first of equals; nothing
/// when even that is so far away (more than a third of the longer name, and more than 2) that it would mislead.
[[nodiscard]] std::optional<std::string> nearest_name(std::string_view wrong, const std::vector<std::string>& known);

/// `; did you mean <backup-count>?`, in the given brackets; empty when there is no near name.
[[nodiscard]] std::string did_you_mean(std::string_view wrong, const std::vector<std::string>& known, std::string_view open = "<",
                                       std::string_view close = ">");

}  // namespace troupe
