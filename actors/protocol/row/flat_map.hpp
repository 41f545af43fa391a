/// \file
/// The hash table of the core: open addressing, elements side by side. A look-up touches the element and whatever its key points to, and nothing
/// is allocated for an element. References are valid until the next change.
#pragma once

#include <string_view>

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <troupe/actors/protocol/row/checksum.hpp>
#include <troupe/messages/types/blob.hpp>

namespace troupe::protocol {

template <class Key, class Value, class Hash, class Equal>
using flat_map = boost::unordered_flat_map<Key, Value, Hash, Equal>;
/// Of elements that hold their key.
template <class Element, class Hash, class Equal>
using flat_set = boost::unordered_flat_set<Element, Hash, Equal>;

/// Lets a table of blobs be asked with any bytes, without making a blob of them.
struct key_hash {
  using is_transparent = void;
  using is_avalanching = void;
  std::size_t operator()(std::string_view key) const noexcept { return digest_of(key); }
  std::size_t operator()(const blob& key) const noexcept { return (*this)(key.view()); }
};
struct key_equal {
  using is_transparent = void;
  bool operator()(const blob& a, const blob& b) const noexcept { return a == b; }
  bool operator()(std::string_view a, const blob& b) const noexcept { return a == b.view(); }
  bool operator()(const blob& a, std::string_view b) const noexcept { return a.view() == b; }
};

}  // namespace troupe::protocol
