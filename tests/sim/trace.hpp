/// \file
/// What happened in a run: a hash of all of it, always; the text, when somebody reads it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

#include "tests/sim/virtual_time.hpp"

namespace troupe::sim {

class trace {
 public:
  enum class detail : std::uint8_t {
    hash,  ///< numbers only
    tail,  ///< and the text of the last events
    full,  ///< and each line to a stream as it comes
    frames,  ///< and each frame between members
  };
  explicit trace(detail wanted = detail::hash, std::ostream* out = nullptr, std::size_t tail_lines = 200)
      : wanted_(wanted), out_(out), tail_lines_(tail_lines) {}

  /// Mixes facts of a step into the hash.
  void mix(std::uint64_t fact) { hash_ = (hash_ ^ fact) * 0x100000001b3ULL ^ (hash_ >> 47); }
  [[nodiscard]] std::uint64_t hash() const { return hash_; }

  [[nodiscard]] bool wants_text() const { return wanted_ != detail::hash; }
  [[nodiscard]] bool wants_frames() const { return wanted_ == detail::frames; }
  /// `text` is only called when the text is wanted.
  template <class Text>
  void line(virtual_time now, Text text) {
    if (wants_text()) write(now, text());
  }
  [[nodiscard]] const std::deque<std::string>& tail() const { return tail_; }

 private:
  void write(virtual_time now, const std::string& text);

  detail wanted_;
  std::ostream* out_;
  std::size_t tail_lines_;
  std::uint64_t hash_ = 0xcbf29ce484222325ULL;
  std::deque<std::string> tail_;
};

/// Seconds with microseconds, for a line of the trace.
[[nodiscard]] std::string to_string(virtual_time);

}  // namespace troupe::sim
