/// \file
/// Strong numbers: an integer that means one thing. They neither convert to nor compare with raw integers.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace troupe {

template <class Tag, class Rep>
class strong_number {
 public:
  using rep = Rep;

  constexpr strong_number() = default;
  constexpr explicit strong_number(Rep value) : value_(value) {}

  [[nodiscard]] constexpr Rep value() const { return value_; }
  [[nodiscard]] constexpr strong_number next() const { return strong_number{static_cast<Rep>(value_ + 1)}; }

  friend constexpr auto operator<=>(const strong_number&, const strong_number&) = default;

 private:
  Rep value_ = 0;
};

}  // namespace troupe

template <class Tag, class Rep>
struct std::hash<troupe::strong_number<Tag, Rep>> {
  std::size_t operator()(const troupe::strong_number<Tag, Rep>& n) const noexcept { return std::hash<Rep>{}(n.value()); }
};
