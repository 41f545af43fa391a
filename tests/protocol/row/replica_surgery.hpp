/// \file
/// Changes what a copy holds behind its back, as failing memory or a bug would.
#pragma once

#include <cstddef>

#include <troupe/actors/protocol/row/replica_state.hpp>

namespace troupe::protocol {

class replica_surgery {
 public:
  /// An entry of the copy takes itself for one that another record wrote, and the checksum with it: only a comparison can tell. False: there
  /// is no entry.
  static bool falsify(replica& of, std::size_t which) {
    const auto entries = of.committed_entries();
    if (entries.empty()) return false;
    const auto& e = entries[which % entries.size()];
    store(of).put(e.map, e.key.view(), e.value, e.version.next(), e.life, e.times);
    return true;
  }

  /// The value of an entry and the digest that was taken as it was written no longer belong together; the checksum says nothing of it.
  static bool damage(replica& of, std::size_t which) {
    const auto entries = of.committed_entries();
    if (entries.empty()) return false;
    const auto& e = entries[which % entries.size()];
    auto* stored = const_cast<stored_value*>(store(of).find(e.map, e.key.view()));
    stored->set_value_digest(stored->value_digest() ^ 1);
    return true;
  }

 private:
  static row_store& store(replica& of) { return const_cast<row_store&>(of.state_->base().copy.store()); }
};

}  // namespace troupe::protocol
