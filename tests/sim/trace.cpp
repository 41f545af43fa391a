#include "tests/sim/trace.hpp"

#include <cstdio>
#include <ostream>

namespace troupe::sim {

std::string to_string(virtual_time now) {
  const auto us = std::chrono::duration_cast<microseconds>(now.time_since_epoch()).count();
  char text[48];
  std::snprintf(text, sizeof text, "%4lld.%06lld", static_cast<long long>(us / 1'000'000), static_cast<long long>(us % 1'000'000));
  return text;
}

void trace::write(virtual_time now, const std::string& text) {
  auto whole = to_string(now) + " " + text;
  if (wanted_ >= detail::full && out_ != nullptr) *out_ << whole << '\n';
  tail_.push_back(std::move(whole));
  if (tail_.size() > tail_lines_) tail_.pop_front();
}

}  // namespace troupe::sim
