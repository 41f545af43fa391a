/// \file
/// An enumeration that exists on both sides of the codec. Internal to the codec.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include <troupe/messages/codec/internal/building.hpp>
#include <troupe/messages/codec/internal/reading.hpp>

namespace troupe::codec {

/// The pairs of enumerators that mean the same, in the order of both. Checked at compile time to be equal numbers from 0 on, so that
/// crossing over is a cast and a comparison.
template <class Plain, class Wire, std::size_t Count>
class enumeration {
 public:
  consteval explicit enumeration(const std::pair<Plain, Wire> (&pairs)[Count]) {
    for (std::size_t i = 0; i < Count; ++i)
      if (static_cast<std::size_t>(pairs[i].first) != i || static_cast<std::size_t>(pairs[i].second) != i) throw "enumerators differ";
  }

  [[nodiscard]] Wire to_wire(Plain p) const {
    require(static_cast<std::size_t>(p) < Count, "an enumeration has one of its values");
    return static_cast<Wire>(p);
  }
  [[nodiscard]] Plain from_wire(Wire w) const {
    must(static_cast<std::size_t>(w) < Count, "an enumeration has a value that this protocol version does not know");
    return static_cast<Plain>(w);
  }
};

}  // namespace troupe::codec
