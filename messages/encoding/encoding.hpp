/// \file
/// Typed keys and values: how a C++ type becomes the bytes of a key or a value, and back. Standard library only.
///
/// An encoding is *injective* (two values that differ have different bytes) and *canonical* (bytes that are read as a value are exactly those
/// that it is written as), because keys and `replace(key, expected, value)` compare by bytes. It is *stable*: it depends on neither machine nor
/// version (golden tests). Bytes carry no tag of their type: most of what belongs to another type is refused for its length or form, but eight
/// bytes are a fine `std::int64_t` whoever wrote them.
///
/// | type | as a whole key or value | inside of another value |
/// |---|---|---|
/// | `std::string`, `blob`, vectors of `char`, `unsigned char`, `std::byte` | the bytes as they are | length (32 bits), bytes |
/// | integers, characters, enumerations | big-endian, of the type's size; signed ones with the sign bit inverted, so that they sort | the same |
/// | `bool` | one byte, 0 or 1 | the same |
/// | `float`, `double` | IEEE 754, big-endian, mapped so that they sort. 0.0 and -0.0 are two keys; a NaN equals itself | the same |
/// | `std::optional` | 0, or 1 and the value | the same |
/// | `std::pair`, `std::tuple`, `std::array`, inspected types | the parts one after the other; one byte 0 where there are none | the same |
/// | `std::variant`, `std::monostate` | the index in one byte, the value; one byte 0 | the same |
/// | `std::vector`, `deque`, `list` | count (32 bits), elements | the same |
/// | sets and maps, ordered or not | count, elements (of maps: key, value) in the order of their bytes | the same |
/// | durations, time points of `system_clock` | their count of ticks | the same |
/// | Cap'n Proto structs (capnp.hpp) | their canonical form | length, that |
/// | yours | what you say | the same, or length and that |
///
/// A type of one's own takes part in one of three ways:
///
/// 1. It has an `inspect` function, as CAF knows it, and a default constructor: its fields are written one after the other (inspected.hpp).
/// 2. It has some form of bytes of its own. No need to know where they end:
///    \code
///    template <>
///    struct troupe::encoding<money> {
///      static std::string encode(const money& m) { return m.to_text(); }                              // or std::string_view
///      static std::optional<money> decode(std::string_view bytes) { return money::from_text(bytes); }  // or const troupe::blob&
///    };
///    \endcode
/// 3. It is put together from other values, and is to know its own end:
///    \code
///    template <>
///    struct troupe::encoding<point> {
///      static void encode(const point& p, troupe::byte_writer& to) { to.write(p.x); to.write(p.y); }  // a byte or more
///      static std::optional<point> decode(troupe::byte_reader& from) {
///        const auto x = from.read<double>();
///        const auto y = from.read<double>();
///        if (!x || !y) return std::nullopt;
///        return point{*x, *y};
///      }
///    };
///    \endcode
///
/// `decode` gets whatever bytes there are. It says nothing for what it can't read, and does not throw.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include <troupe/messages/encoding/bytes.hpp>
#include <troupe/messages/types/blob.hpp>

namespace troupe {

/// How values of type T become bytes. Undefined where they can't.
template <class T>
struct encoding;

/// T's encoding does not know its own end.
template <class T>
concept encodable_as_bytes = requires(const T& value) {
  { encoding<T>::encode(value) } -> std::convertible_to<std::string_view>;
} && (requires(const blob& bytes) {
        { encoding<T>::decode(bytes) } -> std::same_as<std::optional<T>>;
      } || requires(std::string_view bytes) {
        { encoding<T>::decode(bytes) } -> std::same_as<std::optional<T>>;
      });

/// T's encoding knows its own end.
template <class T>
concept encodable_in_parts = requires(const T& value, byte_writer& to, byte_reader& from) {
  { encoding<T>::encode(value, to) } -> std::same_as<void>;
  { encoding<T>::decode(from) } -> std::same_as<std::optional<T>>;
};

template <class T>
concept encodable = encodable_as_bytes<T> || encodable_in_parts<T>;

namespace detail {

template <class T>
std::optional<T> decode_bytes(const blob& bytes) {
  if constexpr (requires { encoding<T>::decode(bytes); }) {
    return encoding<T>::decode(bytes);
  } else {
    return encoding<T>::decode(bytes.view());
  }
}

template <class T>
std::optional<T> decode_bytes(std::string_view bytes) {
  if constexpr (requires { encoding<T>::decode(bytes); }) {
    return encoding<T>::decode(bytes);
  } else {
    return encoding<T>::decode(blob{bytes});
  }
}

}  // namespace detail

template <class T>
void byte_writer::write(const T& value) {
  static_assert(encodable<T>, "troupe: a part of a key or value can't be encoded; see troupe/messages/encoding/encoding.hpp");
  const nesting level{*this};
  if (level.is_too_deep()) return fail();
  if constexpr (encodable_in_parts<T>) {
    encoding<T>::encode(value, *this);
  } else if constexpr (encodable_as_bytes<T>) {
    const auto& bytes = encoding<T>::encode(value);
    const std::string_view view{bytes};
    count(view.size());
    append(view);
  }
}

template <class T>
std::optional<T> byte_reader::read() {
  static_assert(encodable<T>, "troupe: a part of a key or value can't be encoded; see troupe/messages/encoding/encoding.hpp");
  const nesting level{*this};
  if (level.is_too_deep()) return std::nullopt;
  if constexpr (encodable_in_parts<T>) {
    return encoding<T>::decode(*this);
  } else {
    const auto size = count();
    const auto bytes = size ? take(*size) : std::nullopt;
    return bytes ? detail::decode_bytes<T>(*bytes) : std::nullopt;
  }
}

/// The bytes of a whole key or value. Nothing: it has none, being 4 GiB or larger, or nested too deeply.
template <encodable T>
[[nodiscard]] std::optional<blob> to_bytes(const T& value) {
  if constexpr (encodable_as_bytes<T>) {
    const auto& bytes = encoding<T>::encode(value);
    const std::string_view view{bytes};
    if (view.size() > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    return blob{view};
  } else {
    byte_writer to;
    to.write(value);
    if (to.failed() || to.size() > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    return blob{to.written()};
  }
}

/// The value that these bytes are the whole of. Nothing: they are none of this type.
template <encodable T>
[[nodiscard]] std::optional<T> from_bytes(const blob& bytes) {
  if constexpr (encodable_as_bytes<T>) {
    return detail::decode_bytes<T>(bytes);
  } else {
    byte_reader from{bytes.view()};
    auto value = from.read<T>();
    if (!from.at_end()) return std::nullopt;
    return value;
  }
}

// Text and bytes.

template <>
struct encoding<std::string> {
  static std::string_view encode(const std::string& text) { return text; }
  static std::optional<std::string> decode(std::string_view bytes) { return std::string{bytes}; }
};

/// Shared, not copied: the value that a `get` finds in this process is the stored one.
template <>
struct encoding<blob> {
  static std::string_view encode(const blob& bytes) { return bytes.view(); }
  static std::optional<blob> decode(const blob& bytes) { return bytes; }
};

// Numbers.

template <>
struct encoding<bool> {
  static void encode(bool value, byte_writer& to) { to.append(static_cast<std::uint8_t>(value ? 1 : 0)); }
  static std::optional<bool> decode(byte_reader& from) {
    const auto byte = from.byte();
    if (!byte || *byte > 1) return std::nullopt;
    return *byte == 1;
  }
};

namespace detail {

template <std::unsigned_integral Bits>
void write_big_endian(Bits bits, byte_writer& to) {
  for (std::size_t i = sizeof(Bits); i-- > 0;) to.append(static_cast<std::uint8_t>(bits >> 8 * i));
}

template <std::unsigned_integral Bits>
std::optional<Bits> read_big_endian(byte_reader& from) {
  const auto bytes = from.take(sizeof(Bits));
  if (!bytes) return std::nullopt;
  std::uint64_t bits = 0;
  for (const char c : *bytes) bits = bits << 8 | static_cast<std::uint8_t>(c);
  return static_cast<Bits>(bits);
}

template <std::size_t Size>
using unsigned_of_size = std::conditional_t<
    Size == 1, std::uint8_t, std::conditional_t<Size == 2, std::uint16_t, std::conditional_t<Size == 4, std::uint32_t, std::uint64_t>>>;

/// Of characters no sign is told: `char` has one on some machines only. `wchar_t` has another size on others.
template <class T>
concept character = std::same_as<T, char> || std::same_as<T, char8_t> || std::same_as<T, char16_t> || std::same_as<T, char32_t>;
template <class T>
concept whole_number = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, wchar_t> && sizeof(T) <= 8;

}  // namespace detail

template <detail::whole_number T>
struct encoding<T> {
  using bits = detail::unsigned_of_size<sizeof(T)>;
  static constexpr bits sign = std::signed_integral<T> && !detail::character<T> ? static_cast<bits>(bits{1} << (8 * sizeof(T) - 1)) : bits{0};

  static void encode(T value, byte_writer& to) { detail::write_big_endian(static_cast<bits>(static_cast<bits>(value) ^ sign), to); }
  static std::optional<T> decode(byte_reader& from) {
    const auto read = detail::read_big_endian<bits>(from);
    if (!read) return std::nullopt;
    return static_cast<T>(static_cast<bits>(*read ^ sign));
  }
};

template <class T>
  requires std::same_as<T, float> || std::same_as<T, double>
struct encoding<T> {
  using bits = detail::unsigned_of_size<sizeof(T)>;
  static constexpr bits sign = bits{1} << (8 * sizeof(T) - 1);

  static void encode(T value, byte_writer& to) {
    const auto raw = std::bit_cast<bits>(value);
    detail::write_big_endian(static_cast<bits>((raw & sign) != 0 ? ~raw : raw ^ sign), to);
  }
  static std::optional<T> decode(byte_reader& from) {
    const auto read = detail::read_big_endian<bits>(from);
    if (!read) return std::nullopt;
    return std::bit_cast<T>(static_cast<bits>((*read & sign) != 0 ? *read ^ sign : ~*read));
  }
};

/// Any number of the underlying type is one of the enumeration's: which of them have names, C++ does not tell.
template <class T>
  requires std::is_enum_v<T> && encodable<std::underlying_type_t<T>>
struct encoding<T> {
  using number = std::underlying_type_t<T>;
  static void encode(T value, byte_writer& to) { encoding<number>::encode(static_cast<number>(value), to); }
  static std::optional<T> decode(byte_reader& from) {
    const auto read = encoding<number>::decode(from);
    if (!read) return std::nullopt;
    return static_cast<T>(*read);
  }
};

}  // namespace troupe
