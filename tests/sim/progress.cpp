#include "tests/sim/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace troupe::sim {

namespace {

constexpr std::uint64_t bar_columns = 24;

/// `0:07`, `1:02:03`
std::string clock_text(double seconds) {
  const auto s = static_cast<unsigned long long>(std::max(0.0, seconds));
  char text[40];
  if (s >= 3600) std::snprintf(text, sizeof text, "%llu:%02llu:%02llu", s / 3600, s / 60 % 60, s % 60);
  else std::snprintf(text, sizeof text, "%llu:%02llu", s / 60, s % 60);
  return text;
}

}  // namespace

std::string progress_text(const progress& p, std::chrono::duration<double> taken) {
  const auto filled = p.count == 0 ? bar_columns : std::min(bar_columns, p.done * bar_columns / p.count);
  std::string text = '[' + std::string(filled, '#') + std::string(bar_columns - filled, '-') + "]  ";
  text += std::to_string(p.done) + " of " + std::to_string(p.count) + " seeds  " + std::to_string(p.failed) + " failed  ";
  text += clock_text(taken.count());
  if (p.done == 0 || p.done >= p.count) return text;
  return text + ", " + clock_text(taken.count() / static_cast<double>(p.done) * static_cast<double>(p.count - p.done)) + " left";
}

progress_line::progress_line(std::uint64_t count) : has_terminal_(::isatty(STDERR_FILENO) != 0) { so_far_.count = count; }

void progress_line::finished(bool passed) {
  ++so_far_.done;
  if (!passed) ++so_far_.failed;
  const auto now = clock::now();
  if (!has_terminal_ || now < next_) return;
  next_ = now + std::chrono::milliseconds{200};
  std::fprintf(stderr, "\r%s\033[K", progress_text(so_far_, now - began_).c_str());
  is_shown_ = true;
}

void progress_line::clear() {
  if (is_shown_) std::fputs("\r\033[K", stderr);
  is_shown_ = false;
}

}  // namespace troupe::sim
