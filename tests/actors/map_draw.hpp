/// \file
/// What trials draw: a cluster with its maps, and single requests. The same from the same dice.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>
#include <vector>

#include <troupe/messages/types/settings.hpp>
#include <troupe/node/testing/cluster.hpp>

#include "tests/actors/map_knowledge.hpp"

namespace troupe::test::model {

inline constexpr std::size_t living_max = 5;

/// Small numbers for a test: not the library's distributions, which differ between libraries.
class dice {
 public:
  dice(std::uint64_t seed, std::uint64_t step) : random_{seed * 1'000'003 + step} {}
  std::uint64_t below(std::uint64_t n) { return n == 0 ? 0 : (random_() >> 11) % n; }
  bool chance(std::uint64_t percent) { return below(100) < percent; }
  template <class T>
  T one_of(std::initializer_list<T> list) {
    return *(list.begin() + below(list.size()));
  }
  template <class List>
  auto pick(const List& list) {
    return list[below(list.size())];
  }

 private:
  std::mt19937_64 random_;
};

struct plan {
  std::size_t members;
  cluster_settings settings;
  std::vector<std::string> keys;
  bool has_faults;
  std::size_t clients = 0;      ///< at first
  bool may_lose = false;        ///< members may die who have all copies of a row
  network_settings network{};
};

[[nodiscard]] plan plan_of(std::uint64_t seed);

/// Values are made of `number`, so no two are alike.
[[nodiscard]] rewrite draw_processor(std::size_t number, dice& d, bool may_fail);
/// What somebody wants to hear of a map with these keys.
[[nodiscard]] wish_to_hear draw_wish_to_hear(dice& d, const std::vector<std::string>& keys);
/// Of one key, by `member`, or by whoever holds the key's lock: then that becomes `member`.
[[nodiscard]] request draw_request(std::size_t number, dice& d, const map_knowledge& known, const std::string& key,
                                   const std::vector<std::size_t>& living, std::size_t& member);

}  // namespace troupe::test::model
