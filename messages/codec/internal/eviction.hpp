/// \file
/// Evictions in both directions. Internal to the codec: includes Cap'n Proto.
#pragma once

#include <schema/view.capnp.h>

#include <troupe/messages/codec/internal/enumeration.hpp>
#include <troupe/messages/types/eviction.hpp>

namespace troupe::codec {

inline constexpr enumeration eviction_policies{{
    std::pair{eviction_policy::none, schema::EvictionPolicy::NONE},
    std::pair{eviction_policy::lru, schema::EvictionPolicy::LRU},
    std::pair{eviction_policy::lfu, schema::EvictionPolicy::LFU},
    std::pair{eviction_policy::random, schema::EvictionPolicy::RANDOM},
}};
inline constexpr enumeration size_measures{{
    std::pair{size_measure::entries_per_node, schema::SizeMeasure::ENTRIES_PER_NODE},
    std::pair{size_measure::entries_per_partition, schema::SizeMeasure::ENTRIES_PER_PARTITION},
    std::pair{size_measure::bytes_per_node, schema::SizeMeasure::BYTES_PER_NODE},
}};

/// Into and from any struct that has the fields `evicts`, `measure` and `size`.
template <class Builder>
void write_eviction(Builder to, const eviction_rule& from) {
  to.setEvicts(eviction_policies.to_wire(from.policy));
  to.setMeasure(size_measures.to_wire(from.measure));
  to.setSize(from.size);
}
template <class Reader>
[[nodiscard]] eviction_rule read_eviction(const Reader& from) {
  const eviction_rule rule{eviction_policies.from_wire(from.getEvicts()), size_measures.from_wire(from.getMeasure()), from.getSize()};
  must(rule.size <= eviction_size_max && (rule.size > 0 || !rule.is_on()), "the size that a map is kept to is out of range");
  return rule;
}

}  // namespace troupe::codec
