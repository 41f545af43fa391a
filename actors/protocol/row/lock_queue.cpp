#include <troupe/actors/protocol/row/lock_queue.hpp>

#include <algorithm>

#include <troupe/actors/protocol/row/log.hpp>

namespace troupe::protocol {

namespace {

std::size_t bytes_of(const operation& o) { return record_overhead_bytes + o.key.size() + o.value.size() + o.expected.size() + o.processor.size(); }

bool is_attempt_of(const operation& what, const write_stamp& which) {
  return which.number != write_number{} && what.stamp.client == which.client && what.stamp.number == which.number;
}

}  // namespace

bool lock_queue::admit(waiter& w, std::size_t number_max, std::size_t bytes_max, std::optional<waiter>& superseded) {
  const name key{w.what.map, w.what.key};
  if (const auto queue = queues_.find(key); queue != queues_.end()) {
    const auto known = std::find_if(queue->second.begin(), queue->second.end(), [&](const waiter& x) { return is_attempt_of(x.what, w.what.stamp); });
    if (known != queue->second.end()) {
      const auto others = bytes_ - bytes_of(known->what);
      const auto bytes = bytes_of(w.what);
      if (others > 0 && others + bytes > bytes_max) return false;  // The same write is as long as before, unless somebody cheats.
      bytes_ = others + bytes;
      superseded.emplace(std::exchange(*known, std::move(w)));
      next_late_ = std::min(next_late_, known->until);
      return true;
    }
  }
  const auto bytes = bytes_of(w.what);
  if (size_ >= number_max || (bytes_ > 0 && bytes_ + bytes > bytes_max)) return false;
  bytes_ += bytes;
  ++size_;
  next_late_ = std::min(next_late_, w.until);
  queues_[key].push_back(std::move(w));
  return true;
}

lock_queue::waiter lock_queue::remove(queues::iterator queue, std::deque<waiter>::iterator at) {
  auto taken = std::move(*at);
  queue->second.erase(at);
  if (queue->second.empty()) queues_.erase(queue);
  bytes_ -= bytes_of(taken.what);
  --size_;
  return taken;
}

std::optional<lock_queue::waiter> lock_queue::take(const name& key) {
  const auto queue = queues_.find(key);
  if (queue == queues_.end()) return std::nullopt;
  return remove(queue, queue->second.begin());
}

std::optional<lock_queue::waiter> lock_queue::take(const name& key, const write_stamp& which) {
  const auto queue = queues_.find(key);
  if (queue == queues_.end()) return std::nullopt;
  const auto at = std::find_if(queue->second.begin(), queue->second.end(), [&](const waiter& x) { return is_attempt_of(x.what, which); });
  return at == queue->second.end() ? std::nullopt : std::optional{remove(queue, at)};
}

std::vector<lock_queue::waiter> lock_queue::take_late(instant now) {
  if (empty() || now < next_late_) return {};
  auto late = take_if([now](const waiter& w) { return w.until <= now; });
  next_late_ = instant::max();
  for (const auto& [key, queue] : queues_) {
    for (const auto& w : queue) next_late_ = std::min(next_late_, w.until);
  }
  return late;
}

void lock_queue::forget(origin_id from) {
  if (!empty()) static_cast<void>(take_if([from](const waiter& w) { return w.from == from; }));
}

}  // namespace troupe::protocol
