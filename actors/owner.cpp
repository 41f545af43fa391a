#include <troupe/actors/owner.hpp>

#include <atomic>
#include <cstdint>
#include <random>

namespace troupe {

owner owner::fresh() {
  static std::atomic<std::uint32_t> next{std::random_device{}()};
  for (;;) {
    if (const auto number = next++; number != 0) return {owner_number{number}};
  }
}

}  // namespace troupe
