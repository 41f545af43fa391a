#include <troupe/node/cli/pace.hpp>

#include <algorithm>

namespace troupe::cli {

pace::pace(std::optional<double> per_second) {
  if (per_second) interval_ = std::chrono::duration_cast<duration>(std::chrono::duration<double>{1 / *per_second});
}

bool pace::start(instant now) {
  if (!interval_) return true;
  if (now < next_) return false;
  next_ = std::max(next_, now - catch_up) + *interval_;
  return true;
}

}  // namespace troupe::cli
