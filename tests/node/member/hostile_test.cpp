// Strangers who know the cluster's name, and lie about the rest.
#include <troupe/messages/types/partitioning.hpp>

#include "captured_log.hpp"
#include "stranger.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

incarnation nobodys_incarnation() {
  incarnation id;
  id.bytes.fill(0x7e);
  return id;
}

}  // namespace

SCENARIO("records and seals count only from members of the view") {
  const auto config = test_config();
  hosted_member member{config};
  REQUIRE(member->wait_ready(patience));
  member.must<receipt>("map", set_atom_v, std::string{"key"}, std::string{"value"});
  const auto v = member->current_view();
  GIVEN("a stranger who seals the row of a key for an epoch far away") {
    const row_id row{v->find_map("map")->kind, partition_of("key", v->settings.partition_count)};
    replication_batch batch;
    batch.from = member_no{77};
    batch.view = v->name;
    batch.list = {replication_message::seal{row, epoch_number{1'000'000}, config_number{1'000'000}, false, {}}};
    stranger who{*member, config.cluster_name, connection_role::member_data, nobodys_incarnation()};
    who.send(any_frame{batch});
    REQUIRE(who.is_thrown_out());
    THEN("the row is served as before") {
      CHECK_FALSE(member.failure_of_set("map", "key", "another value"));
      CHECK(member.must<lookup>("map", get_atom_v, std::string{"key"}).value == "another value");
    }
  }
}

SCENARIO("who claims to be a member and hangs up does not make it suspect") {
  const captured_log log;
  auto config = test_config();
  hosted_member first{config};
  REQUIRE(first->wait_ready(patience));
  hosted_member second{joining(config, *first)};
  REQUIRE(second->wait_ready(patience));
  first.must<receipt>("map", set_atom_v, std::string{"key"}, std::string{"value"});
  REQUIRE(copied_to(first, "map", "key", 2));
  for (int i = 0; i < 2; ++i) {  // By the end of the second, the first has had its consequences.
    stranger who{*first, config.cluster_name, connection_role::member_control, second->id()};
    REQUIRE(who.is_thrown_out());
  }
  CHECK_THAT(log.text(), !Catch::Contains("suspected"));
}
