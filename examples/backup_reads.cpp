// Reads from copies: what `read-backup-data` gives, and what it risks. On the test cluster, where a message between two members takes a millisecond and time
// moves only when it is told to: so it shows what a read waits for, and the moment in which a copy is old.
#include <chrono>
#include <future>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <troupe/node/testing/cluster.hpp>
#include <troupe/troupe.hpp>

namespace {

using namespace std::chrono_literals;
using price_map = troupe::map<int, int>;  // an article's number → its price

constexpr int articles = 100;

void set_all(troupe::test::cluster& cluster, const price_map& prices, int to) {
  std::vector<std::future<troupe::result<troupe::receipt>>> writes;
  for (int i = 0; i < articles; ++i) writes.push_back(prices.set(i, to).future());
  for (auto& w : writes) {
    while (w.wait_for(0s) != std::future_status::ready) cluster.advance(1ms);
  }
}

/// Of how many articles the price is this one, said at once: no message has travelled.
int count_at_once(troupe::test::cluster& cluster, const price_map& prices, int price) {
  std::vector<std::future<troupe::result<std::optional<int>>>> reads;
  for (int i = 0; i < articles; ++i) reads.push_back(prices.get(i).future());
  cluster.run();  // whatever needs no time
  int count = 0;
  for (auto& r : reads) {
    if (r.wait_for(0s) == std::future_status::ready && r.get().value_or({}) == price) ++count;
  }
  cluster.advance(1s);  // The others come to an end.
  return count;
}

}  // namespace

int main() {
  troupe::test::system_config config;
  caf::actor_system system{config};
  troupe::cluster_settings settings;
  troupe::map_definition read_at_hand;  // <map name="prices"><read-backup-data>true</read-backup-data></map>
  read_at_hand.pattern = "prices";
  read_at_hand.read_backup_data = true;
  settings.maps = {read_at_hand};
  settings.partition_count = 1;  // So one member leads all entries, the first one, and the second has a copy of them.
  troupe::test::cluster cluster{system, 2, settings};
  const auto prices = cluster.map<int, int>("prices", 0), same_prices = cluster.map<int, int>("prices", 1);
  const auto others = cluster.map<int, int>("others", 0), same_others = cluster.map<int, int>("others", 1);
  set_all(cluster, prices, 10);
  set_all(cluster, others, 10);
  if (!cluster.settle()) return 1;

  // What it gives: a get costs no message where there is a copy.
  std::cout << "at once, without: " << count_at_once(cluster, same_others, 10) << " of " << articles << '\n';
  std::cout << "at once, with: " << count_at_once(cluster, same_prices, 10) << " of " << articles << '\n';

  // What it risks: the first member's writes are done. A copy has them, but learns a little later that they are.
  set_all(cluster, prices, 20);
  std::cout << "still the price of before: " << count_at_once(cluster, same_prices, 10) << " of " << articles << '\n';
  std::cout << "a second later: " << count_at_once(cluster, same_prices, 10) << '\n';

  // What it does not risk: that a member reads less than it has written, or has read, before. As long as the copy has less, the primary is asked.
  set_all(cluster, same_prices, 30);
  std::cout << "after writes of its own, the price of before: " << count_at_once(cluster, same_prices, 20) << '\n';
  std::cout << "a second later, its own: " << count_at_once(cluster, same_prices, 30) << " of " << articles << '\n';
}
