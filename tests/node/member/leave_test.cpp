// What a member that left can say of its rows.
#include <troupe/messages/types/view.hpp>

#include "hosted_member.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// How many rows the second of two members leaves behind, when it is asked to leave under this deadline.
std::size_t left_behind_within(duration deadline) {
  auto config = test_config();
  config.settings.times.leave_deadline = deadline;
  hosted_member first{config};
  REQUIRE(first->wait_ready(patience));
  hosted_member second{joining(config, *first)};
  REQUIRE(second->wait_ready(patience));
  first.must<receipt>("map", set_atom_v, std::string{"key"}, std::string{"value"});
  REQUIRE(copied_to(first, "map", "key", 2));
  second->leave();
  REQUIRE(second->wait_ended(patience));
  CHECK(second->how_ended() == member_end::left);
  CHECK_FALSE(first.failure_of_set("map", "key", "another value"));
  CHECK(first->current_view()->members.size() == 1);
  return second->rows_left_behind();
}

}  // namespace

SCENARIO("a member that leaves in time leaves nothing behind") { CHECK(left_behind_within(seconds{600}) == 0); }

SCENARIO("a member that leaves at its deadline tells how many rows were not handed over") { CHECK(left_behind_within(seconds{0}) > 0); }

SCENARIO("the last member has nobody to hand over to") {
  hosted_member member{test_config()};
  REQUIRE(member->wait_ready(patience));
  member.must<receipt>("map", set_atom_v, std::string{"key"}, std::string{"value"});
  member->leave();
  REQUIRE(member->wait_ended(patience));
  CHECK(member->rows_left_behind() == 0);
}
