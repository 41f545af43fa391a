/// \file
/// A progress bar on one line of a terminal, redrawn in place. Nothing at all elsewhere.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>

#include <troupe/messages/types/time.hpp>

namespace troupe::cli {

/// How far some work is. Its end is known by bytes, when at all; people count entries.
struct progress {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
  std::optional<std::uint64_t> bytes_total;
  duration elapsed{};
};

/// `[=====>    ]  52%  18204 entries  3500/s  5 s left`, in at most `columns`; without a total only the count and the rate.
[[nodiscard]] std::string render(const progress& p, std::size_t columns);

class progress_bar {
 public:
  /// `shown` is whether `out` is a terminal.
  progress_bar(std::ostream& out, bool shown, std::size_t columns, instant start, std::optional<std::uint64_t> bytes_total);

  /// Redraws at most ten times a second.
  void update(std::uint64_t entries, std::uint64_t bytes, instant now);
  /// Wipes the line, so that other words can follow.
  void clear();

 private:
  std::ostream& out_;
  bool shown_;
  std::size_t columns_;
  instant start_;
  std::optional<instant> drawn_at_;
  bool on_screen_ = false;
  progress state_;
};

}  // namespace troupe::cli
