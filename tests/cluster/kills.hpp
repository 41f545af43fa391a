/// \file
/// Kills, one after the other, while something is under way.
#pragma once

#include <random>
#include <string>

#include "tests/cluster/test_cluster.hpp"

namespace troupe::cluster {

/// TROUPE_TEST_KILLS says how many; four unless told.
[[nodiscard]] int kills_wanted();

/// Kills one of three members, mostly the one that serves this key, and starts another in its place. Returns when all rows have their copies again; false: they
/// have not got them.
[[nodiscard]] bool kill_one(test_cluster& cluster, std::mt19937_64& dice, const std::string& map, const std::string& key);

}  // namespace troupe::cluster
