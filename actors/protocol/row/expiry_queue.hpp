/// \file
/// When to look after which entry of limited life: the primary's own, made anew by each.
#pragma once

#include <cstddef>
#include <vector>

#include <troupe/messages/types/blob.hpp>
#include <troupe/messages/types/ids.hpp>
#include <troupe/messages/types/lifetime.hpp>

namespace troupe::protocol {

/// An entry is never looked after later than its life ends; it may be sooner, or in vain: it may have been written again, asked for, or
/// removed since. Of entries that are written again and again there are several places; whoever adds them counts what is worth keeping.
class expiry_queue {
 public:
  struct place {
    row_time when;
    map_id map;
    blob key;
  };

  void add(place p);
  /// Requires: !empty(). The one that comes first; of equal times in order of map and key, the same at every run.
  [[nodiscard]] const place& next() const { return heap_.front(); }
  place take();

  [[nodiscard]] bool empty() const { return heap_.empty(); }
  [[nodiscard]] std::size_t size() const { return heap_.size(); }
  void clear() { heap_.clear(); }

 private:
  std::vector<place> heap_;
};

}  // namespace troupe::protocol
