// Members that start at the same instant, each with the list of all.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <memory>
#include <set>

#include "tests/cluster/raw_peer.hpp"
#include "tests/cluster/running_member.hpp"

namespace troupe::cluster {

namespace {

/// TROUPE_TEST_FORMATIONS says how often; ten times unless told.
int formations_wanted() {
  const auto* text = std::getenv("TROUPE_TEST_FORMATIONS");
  return text == nullptr ? 10 : std::max(1, std::atoi(text));
}

}  // namespace

SCENARIO("three members that start at the same instant with the same list form one cluster", "[forming]") {
  constexpr std::uint16_t size = 3;
  const int wanted = formations_wanted();
  for (int round = 1; round <= wanted; ++round) {
    CAPTURE(round);
    const auto name = fresh_cluster_name();
    const auto first_port = free_ports(size);
    std::string list;
    for (std::uint16_t i = 0; i < size; ++i)
      list += (i == 0 ? "" : ",") + to_string(address{"127.0.0.1", static_cast<std::uint16_t>(first_port + i)});
    std::vector<std::unique_ptr<running_member>> members;
    for (std::uint16_t i = 0; i < size; ++i) {
      members.push_back(std::make_unique<running_member>(
          static_cast<std::uint16_t>(first_port + i),
          std::vector<std::string>{"--port-strict", "--name", name, "--join", list, "--timing-scale", "0.5"}));
    }
    std::set<cluster_id> clusters;
    for (auto& m : members) {
      m->wait_ready();
      CHECK(eventually([&] { return raw_peer::as_client(m->address(), name).current_view()->members.size() == size; }));
      clusters.insert(raw_peer::as_client(m->address(), name).current_view()->cluster);
    }
    REQUIRE(clusters.size() == 1);
  }
}

SCENARIO("a member that founds a cluster because it knows nobody but itself warns", "[forming]") {
  const auto port = free_ports(2);
  const auto own = to_string(address{"127.0.0.1", port}), other = to_string(address{"127.0.0.1", static_cast<std::uint16_t>(port + 1)});
  const auto warns = [&](const std::vector<std::string>& how) {
    std::vector<std::string> arguments{"--port-strict", "--name", fresh_cluster_name(), "--timing-scale", "0.2"};
    arguments.insert(arguments.end(), how.begin(), how.end());
    running_member member{port, arguments};
    CHECK(member.wait_ready().members == 1);
    member.terminate();
    REQUIRE(member.process().wait_ended());
    return member.has_said("founded_alone");
  };
  CHECK(warns({"--join", own}));
  CHECK_FALSE(warns({"--join", own + ',' + other}));
  CHECK_FALSE(warns({"--join", own, "--bootstrap"}));
}

}  // namespace troupe::cluster
