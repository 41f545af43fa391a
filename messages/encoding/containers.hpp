/// \file
/// Encodings of what the standard library puts together from other values. Their forms: see encoding.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include <troupe/messages/encoding/encoding.hpp>

namespace troupe {

namespace detail {

template <class T>
concept byte_like = std::same_as<T, char> || std::same_as<T, unsigned char> || std::same_as<T, std::byte>;

/// Where there is nothing to write: every value takes a byte or more (byte_reader::element_count).
inline void write_nothing(byte_writer& to) { to.append(std::uint8_t{0}); }
[[nodiscard]] inline bool read_nothing(byte_reader& from) { return from.byte() == std::uint8_t{0}; }

/// count, elements
template <class Sequence>
struct sequence_encoding {
  using element = typename Sequence::value_type;

  static void encode(const Sequence& all, byte_writer& to) {
    to.count(all.size());
    for (const element& e : all) to.write(e);
  }
  static std::optional<Sequence> decode(byte_reader& from) {
    const auto n = from.element_count();
    if (!n) return std::nullopt;
    Sequence all;
    for (std::uint32_t i = 0; i < *n; ++i) {
      auto e = from.template read<element>();
      if (!e) return std::nullopt;
      all.push_back(std::move(*e));
    }
    return all;
  }
};

/// Pieces written one after the other, in the order of the bytes that they begin with: what they are told apart by.
class sorted_pieces {
 public:
  explicit sorted_pieces(const byte_writer& to) : pieces{to.apart()} {}

  /// Of the piece that has been written since the one before; it is told apart by its first `size` bytes.
  void add(std::size_t size) {
    places_.push_back({begin_, size, pieces.size()});
    begin_ = pieces.size();
  }
  void write_to(byte_writer& to) {
    const auto all = pieces.written();
    std::sort(places_.begin(), places_.end(),
              [all](const place& a, const place& b) { return all.substr(a.begin, a.head_size) < all.substr(b.begin, b.head_size); });
    to.count(places_.size());
    for (const auto& p : places_) to.append(all.substr(p.begin, p.end - p.begin));
    if (pieces.failed()) to.fail();
  }

  byte_writer pieces;

 private:
  struct place {
    std::size_t begin, head_size, end;
  };
  std::vector<place> places_;
  std::size_t begin_ = 0;
};

/// Each of them after the one before.
class ascending_bytes {
 public:
  [[nodiscard]] bool accept(std::string_view next) {
    if (before_ && !(*before_ < next)) return false;
    before_ = next;
    return true;
  }

 private:
  std::optional<std::string_view> before_;
};

/// Reads one value, and says which bytes it took.
template <class T>
std::optional<T> read_with_bytes(byte_reader& from, std::string_view& taken) {
  const auto before = from.left();
  auto value = from.read<T>();
  taken = before.substr(0, before.size() - from.left().size());
  return value;
}

template <class Set>
struct set_encoding {
  using element = typename Set::key_type;

  static void encode(const Set& all, byte_writer& to) {
    sorted_pieces sorted{to};
    for (const auto& e : all) {
      const auto begin = sorted.pieces.size();
      sorted.pieces.write(e);
      sorted.add(sorted.pieces.size() - begin);
    }
    sorted.write_to(to);
  }
  static std::optional<Set> decode(byte_reader& from) {
    const auto n = from.element_count();
    if (!n) return std::nullopt;
    Set all;
    ascending_bytes order;
    for (std::uint32_t i = 0; i < *n; ++i) {
      std::string_view bytes;
      auto e = read_with_bytes<element>(from, bytes);
      if (!e || !order.accept(bytes) || !all.insert(std::move(*e)).second) return std::nullopt;
    }
    return all;
  }
};

template <class Map>
struct map_encoding {
  using key = typename Map::key_type;
  using mapped = typename Map::mapped_type;

  static void encode(const Map& all, byte_writer& to) {
    sorted_pieces sorted{to};
    for (const auto& [k, v] : all) {
      const auto begin = sorted.pieces.size();
      sorted.pieces.write(k);
      const auto key_size = sorted.pieces.size() - begin;
      sorted.pieces.write(v);
      sorted.add(key_size);
    }
    sorted.write_to(to);
  }
  static std::optional<Map> decode(byte_reader& from) {
    const auto n = from.element_count();
    if (!n) return std::nullopt;
    Map all;
    ascending_bytes order;
    for (std::uint32_t i = 0; i < *n; ++i) {
      std::string_view bytes;
      auto k = read_with_bytes<key>(from, bytes);
      if (!k || !order.accept(bytes)) return std::nullopt;
      auto v = from.read<mapped>();
      if (!v || !all.emplace(std::move(*k), std::move(*v)).second) return std::nullopt;
    }
    return all;
  }
};

/// Reads these types one after the other, none after one that can't be read.
template <class Tuple, class... Ts>
std::optional<Tuple> read_each(byte_reader& from) {
  std::tuple<std::optional<Ts>...> parts;
  const auto all_there = std::apply([&](auto&... part) { return ((part = from.read<Ts>()).has_value() && ...); }, parts);
  if (!all_there) return std::nullopt;
  return std::apply([](auto&... part) { return Tuple{std::move(*part)...}; }, parts);
}

}  // namespace detail

template <detail::byte_like T, class Allocator>
struct encoding<std::vector<T, Allocator>> {
  static std::string_view encode(const std::vector<T, Allocator>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  static std::optional<std::vector<T, Allocator>> decode(std::string_view bytes) {
    const auto* begin = reinterpret_cast<const T*>(bytes.data());
    return std::vector<T, Allocator>(begin, begin + bytes.size());
  }
};

template <encodable T, class Allocator>
  requires(!detail::byte_like<T>)
struct encoding<std::vector<T, Allocator>> : detail::sequence_encoding<std::vector<T, Allocator>> {};
template <encodable T, class Allocator>
struct encoding<std::deque<T, Allocator>> : detail::sequence_encoding<std::deque<T, Allocator>> {};
template <encodable T, class Allocator>
struct encoding<std::list<T, Allocator>> : detail::sequence_encoding<std::list<T, Allocator>> {};

template <encodable K, class... Rest>
struct encoding<std::set<K, Rest...>> : detail::set_encoding<std::set<K, Rest...>> {};
template <encodable K, class... Rest>
struct encoding<std::unordered_set<K, Rest...>> : detail::set_encoding<std::unordered_set<K, Rest...>> {};
template <encodable K, encodable V, class... Rest>
struct encoding<std::map<K, V, Rest...>> : detail::map_encoding<std::map<K, V, Rest...>> {};
template <encodable K, encodable V, class... Rest>
struct encoding<std::unordered_map<K, V, Rest...>> : detail::map_encoding<std::unordered_map<K, V, Rest...>> {};

template <encodable T, std::size_t Size>
struct encoding<std::array<T, Size>> {
  static void encode(const std::array<T, Size>& all, byte_writer& to) {
    if (Size == 0) detail::write_nothing(to);
    for (const auto& e : all) to.write(e);
  }
  static std::optional<std::array<T, Size>> decode(byte_reader& from) {
    if constexpr (Size == 0) {
      if (!detail::read_nothing(from)) return std::nullopt;
      return std::array<T, Size>{};
    } else {
      return read_elements(from, std::make_index_sequence<Size>{});
    }
  }

 private:
  template <std::size_t... Is>
  static std::optional<std::array<T, Size>> read_elements(byte_reader& from, std::index_sequence<Is...>) {
    std::array<std::optional<T>, Size> parts;
    for (auto& p : parts) {
      if (!(p = from.read<T>())) return std::nullopt;
    }
    return std::array<T, Size>{std::move(*parts[Is])...};
  }
};

template <encodable A, encodable B>
struct encoding<std::pair<A, B>> {
  static void encode(const std::pair<A, B>& p, byte_writer& to) {
    to.write(p.first);
    to.write(p.second);
  }
  static std::optional<std::pair<A, B>> decode(byte_reader& from) { return detail::read_each<std::pair<A, B>, A, B>(from); }
};

template <encodable... Ts>
struct encoding<std::tuple<Ts...>> {
  static void encode(const std::tuple<Ts...>& all, byte_writer& to) {
    if (sizeof...(Ts) == 0) detail::write_nothing(to);
    std::apply([&](const auto&... part) { (to.write(part), ...); }, all);
  }
  static std::optional<std::tuple<Ts...>> decode(byte_reader& from) {
    if (sizeof...(Ts) == 0 && !detail::read_nothing(from)) return std::nullopt;
    return detail::read_each<std::tuple<Ts...>, Ts...>(from);
  }
};

template <encodable T>
struct encoding<std::optional<T>> {
  static void encode(const std::optional<T>& value, byte_writer& to) {
    to.append(static_cast<std::uint8_t>(value ? 1 : 0));
    if (value) to.write(*value);
  }
  static std::optional<std::optional<T>> decode(byte_reader& from) {
    const auto there = from.read<bool>();
    if (!there) return std::nullopt;
    if (!*there) return std::optional<std::optional<T>>{std::in_place};
    auto value = from.read<T>();
    if (!value) return std::nullopt;
    return std::optional<std::optional<T>>{std::in_place, std::move(value)};
  }
};

template <>
struct encoding<std::monostate> {
  static void encode(std::monostate, byte_writer& to) { detail::write_nothing(to); }
  static std::optional<std::monostate> decode(byte_reader& from) {
    if (!detail::read_nothing(from)) return std::nullopt;
    return std::monostate{};
  }
};

/// A variant that is valueless has no encoding.
template <encodable... Ts>
  requires(sizeof...(Ts) <= 256)
struct encoding<std::variant<Ts...>> {
  using variant = std::variant<Ts...>;

  static void encode(const variant& value, byte_writer& to) {
    if (value.valueless_by_exception()) return to.fail();
    to.append(static_cast<std::uint8_t>(value.index()));
    std::visit([&](const auto& present) { to.write(present); }, value);
  }
  static std::optional<variant> decode(byte_reader& from) {
    const auto index = from.byte();
    if (!index || *index >= sizeof...(Ts)) return std::nullopt;
    return read_alternative(from, *index, std::index_sequence_for<Ts...>{});
  }

 private:
  template <std::size_t... Is>
  static std::optional<variant> read_alternative(byte_reader& from, std::size_t index, std::index_sequence<Is...>) {
    std::optional<variant> result;
    const auto read_if_present = [&]<std::size_t I>() {
      if (index != I) return;
      if (auto value = from.read<std::variant_alternative_t<I, variant>>()) result.emplace(std::in_place_index<I>, std::move(*value));
    };
    (read_if_present.template operator()<Is>(), ...);
    return result;
  }
};

template <encodable Rep, class Period>
struct encoding<std::chrono::duration<Rep, Period>> {
  using duration_type = std::chrono::duration<Rep, Period>;
  static void encode(const duration_type& d, byte_writer& to) { to.write(d.count()); }
  static std::optional<duration_type> decode(byte_reader& from) {
    const auto ticks = from.read<Rep>();
    if (!ticks) return std::nullopt;
    return duration_type{*ticks};
  }
};

/// Other clocks mean nothing in another process.
template <encodable Duration>
struct encoding<std::chrono::time_point<std::chrono::system_clock, Duration>> {
  using point = std::chrono::time_point<std::chrono::system_clock, Duration>;
  static void encode(const point& p, byte_writer& to) { to.write(p.time_since_epoch()); }
  static std::optional<point> decode(byte_reader& from) {
    const auto since_epoch = from.read<Duration>();
    if (!since_epoch) return std::nullopt;
    return point{*since_epoch};
  }
};

}  // namespace troupe
