/// \file
/// The processor of the members that tests of processors start as processes: processing_node.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <troupe/actors/processor.hpp>

namespace troupe::cluster {

/// Adds to a number, and answers the sum.
struct addition {
  static constexpr std::string_view processor_name = "addition";
  using entry = processed_entry<std::string, std::int64_t>;
  std::int64_t by = 0;

  std::int64_t operator()(entry& number) const {
    const auto sum = number.value().value_or(0) + by;
    number.set(sum);
    return sum;
  }
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, addition& x) {
  return f(x.by);
}

}  // namespace troupe::cluster
