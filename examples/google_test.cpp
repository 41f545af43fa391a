// The test cluster with GoogleTest: it asks for no test framework. A fixture has the cluster, in this order.
#include <gtest/gtest.h>

#include <troupe/node/testing/cluster.hpp>
#include <troupe/troupe.hpp>

using namespace std::chrono_literals;

struct three_members : testing::Test {
  troupe::test::system_config config;
  caf::actor_system system{config};
  troupe::test::cluster cluster{system, 3};

  /// What a call brought, after as much virtual time as it needs.
  template <class T>
  troupe::result<T> result_of(const troupe::call<T>& call) {
    auto later = call.future();
    cluster.advance(10s);
    return later.get();
  }
};

TEST_F(three_members, keep_what_is_acknowledged) {
  const auto visits = cluster.map<std::string, int>("visits", 2);
  ASSERT_TRUE(cluster.settle());
  ASSERT_TRUE(result_of(visits.set("ada", 1)));
  cluster.kill(0);
  EXPECT_EQ(result_of(visits.get("ada")).value(), 1);
  EXPECT_TRUE(cluster.settle());
}
