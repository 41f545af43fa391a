#include <troupe/node/cli/progress.hpp>

#include <algorithm>
#include <cmath>
#include <ostream>

#include <troupe/node/cli/printable.hpp>

namespace troupe::cli {

namespace {

constexpr duration redraw_every = milliseconds{100};
constexpr std::size_t bar_columns_max = 30;

double in_seconds(duration d) { return std::chrono::duration<double>{d}.count(); }

std::string remaining(double seconds) {
  const auto whole = static_cast<long long>(std::ceil(seconds));
  if (whole < 60) return std::to_string(whole) + " s left";
  if (whole < 3600) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s left";
  return std::to_string(whole / 3600) + " h " + std::to_string(whole / 60 % 60) + " min left";
}

std::string bar(double fraction, std::size_t columns) {
  const auto done = static_cast<std::size_t>(fraction * static_cast<double>(columns));
  std::string text(std::min(done, columns), '=');
  if (text.size() < columns) text += '>';
  text.resize(columns, ' ');
  return '[' + text + ']';
}

}  // namespace

std::string render(const progress& p, std::size_t columns) {
  std::string words = counted(p.entries, "entry", "entries");
  const auto seconds = in_seconds(p.elapsed);
  if (seconds > 0) words += "  " + std::to_string(std::llround(static_cast<double>(p.entries) / seconds)) + "/s";
  if (!p.bytes_total || *p.bytes_total == 0) return words;
  const auto fraction = std::min(1.0, static_cast<double>(p.bytes) / static_cast<double>(*p.bytes_total));
  if (fraction > 0 && fraction < 1 && seconds > 0) words += "  " + remaining(seconds / fraction * (1 - fraction));
  auto percent = std::to_string(static_cast<int>(fraction * 100)) + "%  ";
  percent.insert(0, 6 - std::min<std::size_t>(6, percent.size()), ' ');
  const auto taken = percent.size() + words.size() + 3;
  if (columns < taken + 5) return percent + words;
  return bar(fraction, std::min(bar_columns_max, columns - taken)) + ' ' + percent + words;
}

progress_bar::progress_bar(std::ostream& out, bool shown, std::size_t columns, instant start, std::optional<std::uint64_t> bytes_total)
    : out_(out), shown_(shown), columns_(columns), start_(start) {
  state_.bytes_total = bytes_total;
}

void progress_bar::update(std::uint64_t entries, std::uint64_t bytes, instant now) {
  if (!shown_ || (drawn_at_ && now - *drawn_at_ < redraw_every)) return;
  state_.entries = entries;
  state_.bytes = bytes;
  state_.elapsed = now - start_;
  out_ << '\r' << render(state_, columns_) << "\x1b[K" << std::flush;
  drawn_at_ = now;
  on_screen_ = true;
}

void progress_bar::clear() {
  if (!on_screen_) return;
  out_ << "\r\x1b[K" << std::flush;
  on_screen_ = false;
}

}  // namespace troupe::cli
