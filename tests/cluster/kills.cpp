#include "tests/cluster/kills.hpp"

#include <algorithm>
#include <cstdlib>

namespace troupe::cluster {

int kills_wanted() {
  const auto* text = std::getenv("TROUPE_TEST_KILLS");
  return text == nullptr ? 4 : std::max(1, std::atoi(text));
}

bool kill_one(test_cluster& cluster, std::mt19937_64& dice, const std::string& map, const std::string& key) {
  const auto v = cluster.client().view();
  const auto* row = v->find(row_of(*v, map, key));
  std::size_t victim = dice() % 3;
  for (std::size_t position = 0; position < 3 && dice() % 4 != 0; ++position) {
    if (cluster.number(position) == row->primary) victim = position;
  }
  cluster[victim].kill();
  cluster.restart(victim);
  // Before it is there the client's view is that of the time before the kill, in which nothing was missing.
  return eventually([&] { return cluster.has_in_view(victim); }) && cluster.wait_safe(3);
}

}  // namespace troupe::cluster
