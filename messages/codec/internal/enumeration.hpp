/// \file
/// An enumeration that exists on both sides of the codec. Internal to the codec.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include <troupe/messages/codec/internal/building.hpp>
#include <troupe/messages/codec/internal/reading.hpp>

namespace troupe::codec {

/// Is there an enumerator of this value? Compilers spell one by its name, and other values as a cast.
template <auto Value>
consteval bool is_enumerator() {
  constexpr std::string_view before = "Value = ";
  const std::string_view signature = __PRETTY_FUNCTION__;
  return signature[signature.find(before) + before.size()] != '(';
}

/// The pairs of enumerators that mean the same, in the order of both. Checked at compile time to be equal numbers from 0 on, so that
/// crossing over is a cast and a comparison; and to be all there are, so that nobody adds an enumerator on one side only.
template <class Plain, class Wire, std::size_t Count>
class enumeration {
 public:
  consteval explicit enumeration(const std::pair<Plain, Wire> (&pairs)[Count]) {
    for (std::size_t i = 0; i < Count; ++i)
      if (static_cast<std::size_t>(pairs[i].first) != i || static_cast<std::size_t>(pairs[i].second) != i) throw "enumerators differ";
    if (is_enumerator<static_cast<Plain>(Count)>() || is_enumerator<static_cast<Wire>(Count)>()) throw "an enumerator is left out";
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
