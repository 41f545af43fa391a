#include "tests/cluster/workload.hpp"

#include <algorithm>
#include <ostream>

namespace troupe::cluster {

std::ostream& operator<<(std::ostream& out, const comparison& c) {
  return out << c.verified << " verified, " << c.missing << " missing, " << c.different << " different, " << c.unread << " unread";
}

workload::workload(connection& through, workload_plan plan)
    : through_(through), plan_(std::move(plan)), fates_(plan_.entries, fate::unknown) {
  thread_ = std::thread{[this] { run(); }};
}

workload::~workload() { finish_early(); }

void workload::cancel() {
  {
    std::lock_guard guard{mutex_};
    cancelled_ = true;
  }
  changed_.notify_all();
}

std::string workload::key(std::size_t index) const { return plan_.prefix + '-' + std::to_string(index); }
std::string workload::value(std::size_t index) const { return "value of " + key(index); }

void workload::run() {
  const auto start_time = clock::now();
  const auto interval = std::chrono::duration_cast<clock::duration>(seconds{1}) / plan_.per_second;
  for (std::size_t i = 0; i < plan_.entries && start(i); ++i) {
    std::unique_lock lock{mutex_};
    changed_.wait_until(lock, start_time + (i + 1) * interval, [&] { return cancelled_; });
  }
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [this] { return in_flight_ == 0; });
}

bool workload::start(std::size_t index) {
  {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return cancelled_ || in_flight_ < plan_.in_flight_max; });
    if (cancelled_) return false;
    ++in_flight_;
  }
  through_.submit(plan_.map, single(plan_.operation, key(index), value(index)), [this, index](map_result&& r) { ended(index, r); });
  return true;
}

void workload::ended(std::size_t index, const map_result& result) {
  // Under the lock to the last: whoever sees that nothing is in flight may destroy this.
  std::lock_guard guard{mutex_};
  --in_flight_;
  const bool done = result.result == outcome::ok;
  fates_[index] = done ? fate::acknowledged : fate::failed;
  ++(done ? tally_.acknowledged : result.result == outcome::indeterminate ? tally_.indeterminate : tally_.not_applied);
  if (!done && tally_.reasons.size() < 10) tally_.reasons.emplace_back(to_string(result.why));
  changed_.notify_all();
}

bool workload::wait_for_acknowledged(std::size_t n) {
  std::unique_lock lock{mutex_};
  return changed_.wait_for(lock, patience, [&] { return tally_.acknowledged >= n; });
}

bool workload::is_running() const {
  std::lock_guard guard{mutex_};
  return tally_.acknowledged + tally_.failed() < plan_.entries;
}

tally workload::finish_early() {
  cancel();
  return finish();
}

tally workload::finish() {
  if (thread_.joinable()) thread_.join();
  std::lock_guard guard{mutex_};
  return tally_;
}

comparison workload::verify(connection& reader) const {
  // Few at a time: a burst of reads that takes longer than their router waits for an answer would be sent again and again.
  constexpr std::size_t at_once = 200;
  comparison found;
  for (std::size_t begin = 0; begin < plan_.entries; begin += at_once)
    verify(reader, begin, std::min(begin + at_once, plan_.entries), found);
  return found;
}

void workload::verify(connection& reader, std::size_t begin, std::size_t end, comparison& found) const {
  map_call some;
  some.what = map_call::kind::get_all;
  for (auto i = begin; i < end; ++i) {
    if (fates_[i] == fate::acknowledged) some.keys.emplace_back(key(i));
  }
  const auto wanted = some.keys.size();
  const auto result = reader.call(plan_.map, std::move(some));
  if (result.result != outcome::ok) {
    found.unread += wanted;
    return;
  }
  for (const auto& e : result.entries) ++(e.value.view() == "value of " + std::string{e.key.view()} ? found.verified : found.different);
  found.missing += wanted - result.entries.size();
}

}  // namespace troupe::cluster
