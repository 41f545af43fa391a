/// \file
/// Types of an application, as they become keys and values.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <troupe/messages/encoding/inspected.hpp>

namespace troupe::test {

enum class colour : std::uint8_t { red = 1, green, blue };

/// Inspected as CAF 0.17 has it.
struct point {
  std::int32_t x = 0;
  std::int32_t y = 0;
  auto operator<=>(const point&) const = default;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, point& p) {
  return f(p.x, p.y);
}

/// Inspected as CAF 1.x has it.
struct shape {
  std::string name;
  std::vector<point> corners;
  std::optional<colour> fill;
  bool operator==(const shape&) const = default;
};
template <class Inspector>
bool inspect(Inspector& f, shape& s) {
  return f.object(s).pretty_name("shape").fields(f.field("name", s.name), f.field("corners", s.corners).fallback(std::vector<point>{}),
                                                 f.field("fill", s.fill));
}

/// Holds what it claims, or is not read.
class percentage {
 public:
  percentage() = default;
  explicit percentage(std::uint8_t value) : value_{value} {}
  bool operator==(const percentage&) const = default;

  template <class Inspector>
  friend bool inspect(Inspector& f, percentage& p) {
    const auto get = [&p] { return p.value_; };
    const auto set = [&p](std::uint8_t value) {
      p.value_ = value;
      return value <= 100;
    };
    return f.object(p).fields(f.field("value", get, set));
  }

 private:
  std::uint8_t value_ = 0;
};

struct nothing {
  bool operator==(const nothing&) const = default;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, nothing&) {
  return f();
}

/// Contains itself.
struct tree {
  std::int8_t label = 0;
  std::vector<tree> children;
  bool operator==(const tree&) const = default;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, tree& t) {
  return f(t.label, t.children);
}

/// Has a form of its own, which does not know its end.
struct money {
  std::int64_t cents = 0;
  auto operator<=>(const money&) const = default;
};

/// Has a form of its own, put together from others.
struct span_of_days {
  std::int32_t first = 0;
  std::int32_t last = 0;
  bool operator==(const span_of_days&) const = default;
};

/// A key type: whatever the case, `Ada` and `ADA` are the same to its set.
struct ignoring_case {
  bool operator()(const std::string& a, const std::string& b) const;
};

/// Has no encoding.
struct opaque {
  int* where = nullptr;
};

}  // namespace troupe::test

template <>
struct troupe::encoding<troupe::test::money> {
  static std::string encode(const test::money& m) { return std::to_string(m.cents); }
  static std::optional<test::money> decode(std::string_view bytes) {
    test::money m;
    for (const char c : bytes) {
      if (c < '0' || c > '9' || m.cents > 1'000'000'000) return std::nullopt;
      m.cents = 10 * m.cents + (c - '0');
    }
    if (std::to_string(m.cents) != bytes) return std::nullopt;
    return m;
  }
};

template <>
struct troupe::encoding<troupe::test::span_of_days> {
  static void encode(const test::span_of_days& s, byte_writer& to) {
    to.write(s.first);
    to.write(s.last);
  }
  static std::optional<test::span_of_days> decode(byte_reader& from) {
    const auto first = from.read<std::int32_t>();
    const auto last = from.read<std::int32_t>();
    if (!first || !last || *last < *first) return std::nullopt;
    return test::span_of_days{*first, *last};
  }
};
