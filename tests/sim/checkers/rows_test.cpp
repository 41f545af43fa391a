// Replicas that break a rule each, made by hand.
#include <catch2/catch.hpp>

#include "tests/sim/checkers/rows.hpp"
#include "tests/sim/world.hpp"

namespace troupe::sim {
namespace {

using Catch::Matchers::Contains;
using protocol::replica_role;

const row_id the_row{durability{1, 0}, partition_id{0}};

record written(std::uint64_t epoch, std::uint64_t seq, const char* value = "v") {
  return {epoch_number{epoch}, seq_number{seq}, put_entry{map_id{1}, blob{"k"}, blob{value}}};
}

/// Facts of a replica with this log, all of it committed unless said otherwise.
replica_facts replica_of(std::uint32_t who, replica_role role, std::vector<record> log) {
  replica_facts f;
  f.process = endpoint{who};
  f.who = member_no{who};
  f.role = role;
  f.sealed = epoch_number{1};
  f.length = f.committed = seq_number{log.size()};
  f.tail = [log] { return log; };
  f.checksum = [n = log.size()] { return std::uint64_t{n}; };
  return f;
}
replica_facts primary(std::vector<record> log) { return replica_of(1, replica_role::primary, std::move(log)); }
replica_facts backup(std::vector<record> log) { return replica_of(2, replica_role::backup, std::move(log)); }

row in_sync_pair() {
  row r;
  r.primary = member_no{1};
  r.in_sync = {member_no{1}, member_no{2}};
  return r;
}

struct checked_row {
  row_checker checker{1000};
  void audit(const std::vector<replica_facts>& all) { checker.audit(the_row, in_sync_pair(), all); }
};

TEST_CASE_METHOD(checked_row, "two replicas with the same log") {
  const auto a = primary({written(1, 1), written(1, 2)}), b = backup({written(1, 1), written(1, 2)});
  checker.stepped(the_row, a);
  checker.stepped(the_row, b);
  CHECK_NOTHROW(audit({a, b}));
  CHECK(checker.committed(the_row) == seq_number{2});
  CHECK(checker.records_checked() > 0);
}

TEST_CASE_METHOD(checked_row, "a member of the in-sync set that lacks a committed record") {
  auto f = primary({written(4, 2)});
  f.length = f.committed = seq_number{2};
  f.begins = seq_number{1};
  checker.stepped(the_row, f);
  auto other = backup({});
  other.length = other.committed = seq_number{1};
  CHECK_THROWS_WITH(audit({f, other}), Contains("invariants 6, 9"));
}

TEST_CASE_METHOD(checked_row, "a member of the in-sync set that lacks nothing but a position that no record has") {
  auto f = primary({});
  f.length = f.committed = f.begins = seq_number{1};
  checker.stepped(the_row, f);
  CHECK_NOTHROW(audit({f, backup({})}));
}

TEST_CASE_METHOD(checked_row, "a seal that goes back") {
  auto f = primary({});
  f.sealed = epoch_number{5};
  checker.stepped(the_row, f);
  f.sealed = epoch_number{4};
  CHECK_THROWS_WITH(checker.stepped(the_row, f), Contains("invariant 10"));
}

TEST_CASE_METHOD(checked_row, "an in-sync backup that lacks what the primary committed") {
  const auto a = primary({written(1, 1), written(1, 2)}), b = backup({written(1, 1)});
  checker.stepped(the_row, a);
  CHECK_THROWS_WITH(audit({a, b}), Contains("invariants 6, 9"));
}

TEST_CASE_METHOD(checked_row, "a state that differs from what another replica once had at this position") {
  const auto a = primary({written(1, 1)});
  auto b = backup({written(1, 1)});
  checker.stepped(the_row, a);
  audit({a});
  b.checksum = [] { return std::uint64_t{99}; };
  CHECK_THROWS_WITH(audit({b}), Contains("invariant 14"));
}

TEST_CASE_METHOD(checked_row, "a primary that goes on in a history that was declared lost") {
  auto before = backup({written(1, 1)}), cut_off = primary({written(1, 1), written(1, 2)});
  before.process = cut_off.process;
  checker.committed_up_to(the_row, before);
  cut_off.committed = seq_number{1};
  checker.declared_lost(the_row, epoch_number{2});
  checker.committed_up_to(the_row, cut_off);  // Promoted late, but has committed nothing.
  cut_off.committed = seq_number{2};
  SECTION("by a quorum") { CHECK_THROWS_WITH(checker.committed_up_to(the_row, cut_off), Contains("invariant 20")); }
  SECTION("and tells of it") {
    CHECK_THROWS_WITH(checker.acknowledged(the_row, cut_off.who, epoch_number{1}), Contains("invariant 20"));
    CHECK_NOTHROW(checker.acknowledged(the_row, cut_off.who, epoch_number{2}));
  }
  SECTION("in the new history") {
    cut_off.epoch = epoch_number{2};
    CHECK_NOTHROW(checker.committed_up_to(the_row, cut_off));
  }
}

TEST_CASE_METHOD(checked_row, "logs of the in-sync set that differ beyond the commit") {
  auto a = primary({written(1, 1), written(1, 2, "x")}), b = backup({written(1, 1), written(1, 2, "y")});
  a.committed = b.committed = seq_number{1};
  checker.stepped(the_row, a);
  CHECK_THROWS_WITH(audit({a, b}), Contains("invariant 4"));
}

TEST_CASE_METHOD(checked_row, "a committed position that holds another record") {
  checker.stepped(the_row, primary({written(1, 1, "x")}));
  const auto b = backup({written(1, 1, "y")});
  CHECK_THROWS_WITH(audit({b}), Contains("invariant 5"));
}

TEST_CASE_METHOD(checked_row, "a record that is the same but for its epoch is another record") {
  CHECK(digest_of(written(1, 1)) != digest_of(written(2, 1)));
  CHECK(digest_of(written(1, 1)) == digest_of(written(1, 1)));
}

TEST_CASE_METHOD(checked_row, "two that serve with a lease each") {
  auto a = primary({}), b = backup({});
  a.serves = b.serves = a.leased = true;
  checker.stepped(the_row, a);
  checker.stepped(the_row, b);
  REQUIRE(checker.contested() == std::vector{the_row});
  CHECK_NOTHROW(checker.check_single_server(the_row, {a, b}));  // The one without a lease can't answer.
  b.leased = true;
  CHECK_THROWS_WITH(checker.check_single_server(the_row, {a, b}), Contains("invariant 3"));
}

TEST_CASE_METHOD(checked_row, "one that serves before it has committed again") {
  checker.stepped(the_row, primary({written(1, 1), written(1, 2)}));
  auto b = backup({written(1, 1), written(1, 2)});
  b.committed = seq_number{1};
  b.serves = b.leased = true;
  CHECK_THROWS_WITH(checker.stepped(the_row, b), Contains("invariant 12"));
}

TEST_CASE_METHOD(checked_row, "stores that differ at the same position") {
  auto a = primary({written(1, 1)}), b = backup({written(1, 1)});
  b.checksum = [] { return std::uint64_t{77}; };
  checker.stepped(the_row, a);
  CHECK_THROWS_WITH(audit({a, b}), Contains("invariant 14"));
}

TEST_CASE_METHOD(checked_row, "a log without bound") {
  const std::string large(2000, 'x');
  CHECK_THROWS_WITH(checker.stepped(the_row, primary({written(1, 1, large.c_str())})), Contains("invariant 19"));
}

TEST_CASE_METHOD(checked_row, "a commit beyond the log") {
  auto a = primary({written(1, 1)});
  a.committed = seq_number{2};
  CHECK_THROWS_WITH(checker.stepped(the_row, a), Contains("does not have"));
}

TEST_CASE_METHOD(checked_row, "a row that was emptied begins a new history") {
  checker.stepped(the_row, primary({written(1, 1, "x")}));
  checker.emptied(the_row, epoch_number{2});
  auto a = primary({written(2, 1, "y")});
  a.epoch = epoch_number{2};
  checker.stepped(the_row, a);
  CHECK_NOTHROW(checker.audit(the_row, in_sync_pair(), {a}));
  checker.stepped(the_row, backup({written(1, 1, "x"), written(1, 2)}));  // Knows nothing of it yet: counts for nothing.
  CHECK(checker.committed(the_row) == seq_number{1});
}

}  // namespace
}  // namespace troupe::sim
