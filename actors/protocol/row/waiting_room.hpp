/// \file
/// Operations that can't be decided yet: they were routed by a view that is not installed here, or the primary is activating or pausing.
/// Bounded by number and bytes, in order of arrival.
#pragma once

#include <utility>
#include <vector>

#include <troupe/actors/protocol/row/replica.hpp>

namespace troupe::protocol {

struct waiting_operation {
  origin_id from;
  operation what;
};

class waiting_room {
 public:
  /// False, and `w` untouched: it is full. Room is for `number_max` operations with `bytes_max` of keys and values.
  [[nodiscard]] bool admit(waiting_operation& w, std::size_t number_max, std::size_t bytes_max) {
    const auto bytes = bytes_of(w.what);
    if (list_.size() >= number_max || (bytes_ > 0 && bytes_ + bytes > bytes_max)) return false;
    bytes_ += bytes;
    list_.push_back(std::move(w));
    return true;
  }
  [[nodiscard]] std::vector<waiting_operation> take_all() {
    bytes_ = 0;
    return std::exchange(list_, {});
  }
  void forget(origin_id from) {
    std::erase_if(list_, [&](const waiting_operation& w) {
      if (w.from != from) return false;
      bytes_ -= bytes_of(w.what);
      return true;
    });
  }
  [[nodiscard]] std::size_t size() const { return list_.size(); }

 private:
  static std::size_t bytes_of(const operation& o) { return o.key.size() + o.value.size() + o.expected.size() + o.processor.size(); }

  std::vector<waiting_operation> list_;
  std::size_t bytes_ = 0;
};

}  // namespace troupe::protocol
