/// \file
/// What every reader of text needs to know of characters.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace troupe {

/// Without the white space at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);

/// With a space for every control character: a message stays on its line and moves no cursor, whatever it quotes.
[[nodiscard]] std::string on_one_line(std::string text);

struct utf8_character {
  char32_t code = 0;
  std::size_t bytes = 0;  ///< 1 to 4; 0: what stands there is not UTF-8 (overlong, a surrogate, cut off, …)
};

/// Requires: the text is not empty.
[[nodiscard]] utf8_character first_character(std::string_view text);

}  // namespace troupe
