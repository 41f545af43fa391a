/// \file
/// What became of an operation of a map, where it is not told to a handler: a value or an error.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include <troupe/actors/map_api.hpp>

namespace troupe {

/// Asking for the one that is not there throws std::bad_variant_access: a bug in the caller.
template <class T>
class [[nodiscard]] result {
 public:
  using value_type = T;

  result(T value) : content_{std::in_place_index<0>, std::move(value)} {}
  result(caf::error why) : content_{std::in_place_index<1>, std::move(why)} {}

  [[nodiscard]] bool has_value() const noexcept { return content_.index() == 0; }
  [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }

  [[nodiscard]] T& value() & { return std::get<0>(content_); }
  [[nodiscard]] const T& value() const& { return std::get<0>(content_); }
  /// Of one that goes: a value, which lives as long as whoever asks wants it, in the head of a range-for as well.
  [[nodiscard]] T value() && { return std::get<0>(std::move(content_)); }
  [[nodiscard]] T& operator*() & { return value(); }
  [[nodiscard]] const T& operator*() const& { return value(); }
  [[nodiscard]] T operator*() && { return std::move(*this).value(); }
  [[nodiscard]] T* operator->() { return &value(); }
  [[nodiscard]] const T* operator->() const { return &value(); }
  [[nodiscard]] T value_or(T other) const& { return has_value() ? value() : std::move(other); }

  [[nodiscard]] const caf::error& error() const { return std::get<1>(content_); }
  /// `ok` with a value. Of an error what outcome_of() says: whether it was definitely not applied, or may have been.
  [[nodiscard]] troupe::outcome outcome() const { return has_value() ? troupe::outcome::ok : outcome_of(error()); }
  /// Why there is no value, where a map says so.
  [[nodiscard]] std::optional<troupe::failure> failure() const { return has_value() ? std::nullopt : failure_of(error()); }
  /// The error, for people; empty with a value.
  [[nodiscard]] std::string text() const { return has_value() ? std::string{} : describe(error()); }

 private:
  std::variant<T, caf::error> content_;
};

}  // namespace troupe
