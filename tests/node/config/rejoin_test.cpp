// Where a member that was removed looks for the cluster again.
#include <catch2/catch.hpp>

#include <troupe/node/config/rejoin.hpp>

using namespace troupe;

namespace {

view with_members(const std::vector<std::uint16_t>& ports) {
  view v;
  for (const auto port : ports) {
    member m;
    m.address = {"10.0.0.1", port};
    v.members.push_back(m);
  }
  return v;
}

}  // namespace

SCENARIO("a removed member looks for the others, then where it was told to") {
  member_config configured;
  configured.host = "10.0.0.1";
  configured.join = {{"10.0.0.1", 5701}, {"10.0.0.9", 5701}, {"10.0.0.10", {}}};
  configured.bootstrap = true;
  const address self{"10.0.0.1", 5702};
  const auto config = rejoin_config(configured, with_members({5701, 5702, 5703}), self);
  CHECK(config.join ==
        std::vector<join_target>{
            {"10.0.0.1", 5701}, {"10.0.0.1", 5703}, {"10.0.0.9", 5701}, {"10.0.0.10", 5701}, {"10.0.0.10", 5702}, {"10.0.0.10", 5703}});
  CHECK(config.port == 5702);
  CHECK_FALSE(config.bootstrap);
}

SCENARIO("a removed member that was alone founds again") {
  const auto config = rejoin_config({}, with_members({5701}), {"10.0.0.1", 5701});
  CHECK(config.join.empty());
  CHECK(config.bootstrap);
}
