/// \file
/// Operations that wait for the lock of their key, each for as long as it may. Bounded, in order of arrival for each key.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <troupe/actors/protocol/row/replica.hpp>

namespace troupe::protocol {

class lock_queue {
 public:
  using name = std::pair<map_id, blob>;

  struct waiter {
    origin_id from;
    operation what;
    instant until;
  };

  /// False, and `w` untouched: there is no room, which there is for `number_max` operations with `bytes_max` of keys and values. An earlier attempt
  /// of the same write leaves its place to this one, and is `superseded`.
  [[nodiscard]] bool admit(waiter& w, std::size_t number_max, std::size_t bytes_max, std::optional<waiter>& superseded);
  /// The one that has waited longest for this key's lock.
  [[nodiscard]] std::optional<waiter> take(const name& key);
  /// The attempt of this write that waits for this key's lock.
  [[nodiscard]] std::optional<waiter> take(const name& key, const write_stamp& which);
  /// Those that may wait no longer, in order of map, key and arrival.
  [[nodiscard]] std::vector<waiter> take_late(instant now);
  template <class Predicate>
  [[nodiscard]] std::vector<waiter> take_if(Predicate fits);
  void forget(origin_id from);

  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  /// Nobody is late before; never, when nobody waits.
  [[nodiscard]] std::optional<instant> next_late() const { return empty() ? std::nullopt : std::optional{next_late_}; }

 private:
  using queues = std::map<name, std::deque<waiter>>;

  waiter remove(queues::iterator queue, std::deque<waiter>::iterator at);

  queues queues_;  // None is empty.
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
  instant next_late_ = instant::max();  // Whoever is late first may be gone meanwhile.
};

template <class Predicate>
std::vector<lock_queue::waiter> lock_queue::take_if(Predicate fits) {
  std::vector<waiter> taken;
  for (auto queue = queues_.begin(); queue != queues_.end();) {
    const auto here = queue++;
    for (std::size_t i = here->second.size(), at = 0; i > 0; --i) {
      if (!fits(here->second[at])) {
        ++at;
        continue;
      }
      const auto is_last = here->second.size() == 1;
      taken.push_back(remove(here, here->second.begin() + static_cast<std::ptrdiff_t>(at)));
      if (is_last) break;  // Its queue is gone.
    }
  }
  return taken;
}

}  // namespace troupe::protocol
