/// \file
/// Input bytes as the arguments of a program.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <troupe/node/config/command_line.hpp>

#include "tests/fuzz/target.hpp"

namespace troupe::fuzz {

/// A program's name and what follows it: one argument after the other, each ended by a zero byte as in /proc/PID/cmdline.
class arguments {
 public:
  arguments(std::string program, std::span<const std::uint8_t> input) : texts_{std::move(program)} {
    auto left = text_of(input);
    while (!left.empty()) {
      const auto end = std::min(left.find('\0'), left.size());
      texts_.emplace_back(left.substr(0, end));
      left.remove_prefix(std::min(end + 1, left.size()));
    }
    for (const auto& text : texts_) pointers_.push_back(text.c_str());
  }

  [[nodiscard]] int count() const { return static_cast<int>(pointers_.size()); }
  [[nodiscard]] const char* const* values() const { return pointers_.data(); }
  [[nodiscard]] bool has_any_like(std::string_view beginning) const {
    return std::ranges::any_of(texts_, [&](const std::string& text) { return text.starts_with(beginning); });
  }

 private:
  std::vector<std::string> texts_;
  std::vector<const char*> pointers_;
};

/// A program that ends at once says why: help and version with status 0, wrong usage with 2, in whole lines that name the program.
inline void claim_is_proper_end(const exit_now& end, std::string_view program, std::size_t input_bytes) {
  constexpr std::size_t help_bytes_max = 16 * 1024;
  claim(end.status == exit_done || end.status == exit_usage, "the exit status is 0 or 2");
  claim_is_explanation(end.text, help_bytes_max + 8 * input_bytes);
  claim(end.text.ends_with('\n'), "the text ends with its newline");
  claim(end.status == exit_done || end.text.starts_with(program), "an error begins with the program's name");
}

}  // namespace troupe::fuzz
