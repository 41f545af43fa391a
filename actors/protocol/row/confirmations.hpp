/// \file
/// Reads whose answers are known, and that wait until the in-sync replicas have said that they still follow this primary
/// (`read_mode::confirm`).
///
/// Why that is enough: whoever takes over from this primary was awaited by it, and seals itself first. So if all that are awaited were
/// unsealed after the read came, nobody had taken over before it came, and nothing had committed elsewhere.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include <troupe/actors/protocol/row/held_answers.hpp>

namespace troupe::protocol {

class confirmations {
 public:
  /// It waits for a question that is yet to be asked: what was said before it came proves nothing.
  void add(held_read read) { waiting_.push_back({newest_.next(), std::move(read)}); }
  /// At the end of a turn: one question for all reads that came in it.
  void ask_if_due() {
    if (!waiting_.empty() && waiting_.back().asked > newest_) newest_ = newest_.next();
  }
  /// The newest question; 0: there was none.
  [[nodiscard]] confirmation_number newest() const { return newest_; }

  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  [[nodiscard]] std::size_t size() const { return waiting_.size(); }
  /// Those that the answers to question `up_to` vouch for, in order of arrival.
  [[nodiscard]] std::vector<held_read> take(confirmation_number up_to) {
    const auto end = std::find_if(waiting_.begin(), waiting_.end(), [up_to](const entry& e) { return e.asked > up_to; });
    return take_until(end);
  }
  [[nodiscard]] std::vector<held_read> take_all() { return take_until(waiting_.end()); }
  /// Nobody waits for this origin's answers any more.
  void forget(origin_id origin) {
    std::erase_if(waiting_, [origin](const entry& e) { return e.read.to == origin; });
  }

 private:
  struct entry {
    confirmation_number asked;  // Ascending.
    held_read read;
  };

  [[nodiscard]] std::vector<held_read> take_until(std::vector<entry>::iterator end) {
    std::vector<held_read> list;
    list.reserve(static_cast<std::size_t>(end - waiting_.begin()));
    for (auto e = waiting_.begin(); e != end; ++e) list.push_back(std::move(e->read));
    waiting_.erase(waiting_.begin(), end);
    return list;
  }

  confirmation_number newest_;
  std::vector<entry> waiting_;
};

}  // namespace troupe::protocol
