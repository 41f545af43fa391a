/// \file
/// The outcome of decoding: a value, or what was wrong with the bytes. Its surface is a part of C++23's std::expected, so that it can
/// give way to that.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace troupe::codec {

enum class error_kind : std::uint8_t {
  header,     ///< the frame header is not one: reserved bytes set, unknown conversation, nothing behind it
  too_large,  ///< the frame is longer than its receiver allows
  structure,  ///< not a well-formed Cap'n Proto message: truncated, pointers astray, nested too deeply, bytes left over
  value,      ///< well-formed, but a value in it is outside of what the type allows
  excess,     ///< would take far more memory than the frame itself
  version,    ///< the sender speaks another protocol version
};

[[nodiscard]] std::string_view to_string(error_kind);

/// Why bytes from the network were refused. Whoever sent them is broken or hostile: the connection has no future.
struct error {
  error_kind kind = error_kind::structure;
  std::string text;  ///< for people and logs; never bytes of the frame

  friend bool operator==(const error&, const error&) = default;
};

/// A value or an error. Asking for the one that is not there throws std::bad_variant_access: a bug in the caller.
template <class T>
class [[nodiscard]] result {
 public:
  using value_type = T;
  using error_type = codec::error;

  result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
  result(codec::error why) : content_(std::in_place_index<1>, std::move(why)) {}

  [[nodiscard]] bool has_value() const noexcept { return content_.index() == 0; }
  [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }

  [[nodiscard]] T& value() & { return std::get<0>(content_); }
  [[nodiscard]] const T& value() const& { return std::get<0>(content_); }
  [[nodiscard]] T&& value() && { return std::get<0>(std::move(content_)); }

  [[nodiscard]] T& operator*() & { return value(); }
  [[nodiscard]] const T& operator*() const& { return value(); }
  [[nodiscard]] T&& operator*() && { return std::move(*this).value(); }
  [[nodiscard]] T* operator->() { return &value(); }
  [[nodiscard]] const T* operator->() const { return &value(); }

  [[nodiscard]] const codec::error& error() const { return std::get<1>(content_); }

 private:
  std::variant<T, codec::error> content_;
};

}  // namespace troupe::codec
