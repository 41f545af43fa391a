// What a row host makes of rows that are not here: not yet, not any more, or never.
#include <set>

#include <catch2/catch.hpp>

#include <troupe/actors/row_host.hpp>
#include <troupe/messages/types/partitioning.hpp>
#include <troupe/node/testing/cluster.hpp>

using namespace troupe;

namespace {

constexpr member_no self{1};
constexpr member_no other{2};
constexpr durability one_backup{1, 0};
constexpr durability none{0, 0};
constexpr protocol::origin_id client{64};
constexpr std::uint32_t partitions = 3;

/// What the host sent and answered, on a clock that stands still in the middle of a lease.
struct outside {
  view_name lease;
  std::vector<reply> answers;
  std::vector<any_replication_message> sent;
  std::int64_t memory = 0;
};

class recording_ports final : public row_host_ports {
 public:
  explicit recording_ports(outside& out) : out_{out} {}
  protocol::moment now() const override { return {instant{seconds{100}}, {out_.lease, instant{seconds{200}}}}; }
  void deliver(const caf::actor& to, compat::letter what) override { compat::put(to, std::move(what)); }
  void send(member_no, std::vector<any_replication_message> batch) override {
    out_.sent.insert(out_.sent.end(), batch.begin(), batch.end());
  }
  void answer(protocol::origin_id, std::vector<reply> batch) override {
    out_.answers.insert(out_.answers.end(), batch.begin(), batch.end());
  }
  void wish(std::vector<membership_message::wish>) override {}
  void report(const row_id&, const protocol::replica_event&) override {}
  void memory_changed(std::int64_t bytes) override { out_.memory += bytes; }
  void flush_wanted() override {}

 private:
  outside& out_;
};

struct host_in_test {
  test::system_config config;
  caf::actor_system system{config};
  outside out;
  std::shared_ptr<row_host> rows;

  host_in_test() : rows{std::make_shared<row_host>(system, row_host_settings{}, std::make_unique<recording_ports>(out))} {}
  ~host_in_test() {
    rows->stop();
    run();
  }

  void run() {
    compat::test_scheduler{system}.run();
    rows->flush();
  }
  void install(const view_ptr& v) {
    out.lease = v->name;
    rows->install(v, self);
    run();
  }
  void operate(const operation& o) {
    rows->operate(client, {o});
    run();
  }
  std::size_t actors() {
    std::size_t count = 0;
    rows->take_census([&](const auto& all) { count = all.size(); });
    run();
    return count;
  }
};

/// Two members; of each durability, one map and a row a partition: led by `self`, and alone.
view_ptr view_of(std::uint64_t number, const std::vector<durability>& kinds) {
  auto v = std::make_shared<view>();
  v->name = {view_number{number}, number};
  v->settings.partition_count = partitions;
  for (auto m : {self, other}) {
    member who;
    who.number = m;
    who.id.bytes[0] = static_cast<std::uint8_t>(m.value());
    v->members.push_back(who);
  }
  for (const auto& kind : kinds) {
    v->maps.push_back({v->next_map, "map", kind});
    v->next_map = v->next_map.next();
    row r;
    r.epoch = epoch_number{1};
    r.config = config_number{1};
    r.primary = self;
    r.in_sync = {self};
    v->tables.push_back({kind, std::vector<row>(partitions, r)});
  }
  return v;
}

operation get(const row_id& row, std::uint64_t routed_by) {
  operation o;
  o.request = request_number{7};
  o.routed_by = view_number{routed_by};
  o.row = row;
  o.map = map_id{1};
  for (int i = 0; partition_of(o.key.view(), partitions) != row.partition && i < 100; ++i) o.key = blob{std::to_string(i)};
  return o;
}

}  // namespace

SCENARIO("rows give an account of a branch once, and serve nobody after it") {
  host_in_test h;
  h.install(view_of(5, {durability{1, 0}}));
  std::vector<local::row_discarded> accounts;
  int answers = 0;
  h.rows->take_discarded(view_number{4}, [&](auto all) { accounts = std::move(all), ++answers; });
  h.run();
  CHECK(answers == 1);
  CHECK(accounts.size() == partitions);
  for (const auto& a : accounts) {
    REQUIRE(a.writes);
    CHECK(a.writes->writes.empty());
  }
  const auto before = h.out.answers.size();
  h.operate(get({{1, 0}, partition_id{0}}, 5));
  CHECK(h.out.answers.size() == before);
}

SCENARIO("rows that a view has no more end, with what they held") {
  host_in_test h;
  h.install(view_of(5, {durability{1, 0}, durability{2, 0}}));
  REQUIRE(h.actors() == 2 * partitions);
  auto put = get({{2, 0}, partition_id{0}}, 5);
  put.kind = operation_kind::put;
  put.map = map_id{2};
  put.value = blob{"v"};
  h.operate(put);
  REQUIRE(h.out.answers.size() == 1);
  REQUIRE(h.out.memory > 0);
  h.install(view_of(6, {durability{1, 0}}));
  CHECK(h.actors() == partitions);
  CHECK(h.out.memory == 0);
  h.operate(get({{2, 0}, partition_id{0}}, 6));
  CHECK(h.out.answers.back().result == outcome::retry);
}

SCENARIO("operations on rows that are nowhere start no actor") {
  host_in_test h;
  h.install(view_of(5, {}));
  REQUIRE(h.actors() == 0);
  GIVEN("one on each row that could be, by clients with the present view") {
    for (std::uint8_t backups = 0; backups <= 6; ++backups) {
      for (std::uint32_t p = 0; p < partitions; ++p) h.operate(get({{backups, 0}, partition_id{p}}, 5));
    }
    THEN("all shall be asked again elsewhere") {
      REQUIRE(h.out.answers.size() == 7 * partitions);
      for (const auto& a : h.out.answers) CHECK(a.result == outcome::retry);
      CHECK(h.actors() == 0);
    }
  }
  GIVEN("some on rows that can't be") {
    h.operate(get({{4, 4}, partition_id{0}}, 5));
    h.operate(get({one_backup, partition_id{partitions}}, 9));
    THEN("they fail for good") {
      REQUIRE(h.out.answers.size() == 2);
      for (const auto& a : h.out.answers) {
        CHECK(a.result == outcome::not_applied);
        CHECK(a.why == failure::wrong_partition);
      }
      CHECK(h.actors() == 0);
    }
  }
}

SCENARIO("an operation that was routed by a later view waits for it") {
  host_in_test h;
  h.install(view_of(5, {}));
  h.operate(get({none, partition_id{1}}, 6));
  CHECK(h.out.answers.empty());
  CHECK(h.actors() == 0);
  WHEN("that view comes, with the row") {
    h.install(view_of(6, {none}));
    THEN("it is served") {
      REQUIRE(h.out.answers.size() == 1);
      CHECK(h.out.answers[0].request == request_number{7});
      CHECK(h.out.answers[0].result == outcome::ok);
    }
  }
  WHEN("that view comes without the row") {
    h.install(view_of(6, {}));
    THEN("it shall be asked again elsewhere") {
      REQUIRE(h.out.answers.size() == 1);
      CHECK(h.out.answers[0].result == outcome::retry);
    }
  }
  WHEN("its client goes") {
    h.rows->forget(client);
    h.install(view_of(6, {none}));
    THEN("nobody is answered") { CHECK(h.out.answers.empty()); }
  }
  WHEN("many more come than can wait") {
    const auto room = protocol::replica_limits{}.waiting_operations_max;
    for (std::size_t i = 1; i < room; ++i) h.operate(get({none, partition_id{1}}, 6));
    CHECK(h.out.answers.empty());
    h.operate(get({none, partition_id{1}}, 6));
    THEN("the others shall be asked again") {
      REQUIRE(h.out.answers.size() == 1);
      CHECK(h.out.answers[0].result == outcome::retry);
    }
  }
}

SCENARIO("replication of rows that the view does not have starts no actor") {
  host_in_test h;
  h.install(view_of(5, {}));
  const row_id row{one_backup, partition_id{2}};
  h.rows->receive(other, {replication_message::records{row, epoch_number{1}, seq_number{1}, {}, {}, {}},
                          replication_message::pull{row, epoch_number{1}, {}, {}, {}}});
  h.run();
  CHECK(h.actors() == 0);
  GIVEN("the seal of a new row, ahead of its view") {
    h.rows->receive(other, {replication_message::seal{row, epoch_number{2}, config_number{1}, true, {}}});
    h.run();
    CHECK(h.actors() == 0);
    WHEN("the view comes") {
      auto next = std::make_shared<view>(*view_of(6, {one_backup}));
      for (auto& r : next->tables[0].rows) {
        r.epoch = epoch_number{2};
        r.primary = other;
        r.in_sync = {self, other};
      }
      h.install(next);
      THEN("it is answered without being asked again") {
        REQUIRE(h.out.sent.size() == 1);
        CHECK(std::get<replication_message::sealed>(h.out.sent[0]).row == row);
      }
    }
  }
}

SCENARIO("idle rows let their copies compare themselves, one row a tick, each in its turn") {
  host_in_test h;
  auto v = std::make_shared<view>(*view_of(5, {one_backup}));
  for (auto& r : v->tables[0].rows) r.in_sync = {self, other};
  h.install(v);
  for (std::uint32_t p = 0; p < partitions; ++p) {
    h.rows->receive(other, {replication_message::sealed{{one_backup, partition_id{p}}, epoch_number{1}, true, {}, {}}});
  }
  h.run();
  for (int round = 0; round < 2; ++round) {
    std::set<row_id> asked;
    for (std::uint32_t tick = 0; tick < partitions; ++tick) {
      h.out.sent.clear();
      h.rows->tick();
      h.run();
      REQUIRE(h.out.sent.size() == 1);
      const auto& m = std::get<replication_message::records>(h.out.sent[0]);
      CHECK(m.list.empty());
      CHECK(m.sum.has_value());
      CHECK(asked.insert(m.row).second);
    }
  }
}

SCENARIO("what waits for the lease goes on when it has come, before the next tick") {
  host_in_test h;
  h.install(view_of(5, {none}));
  h.out.lease = {};  // As long as the member has not heard from the others in the new view.
  h.operate(get({none, partition_id{1}}, 5));
  CHECK(h.out.answers.empty());
  h.out.lease = view_of(5, {none})->name;
  h.rows->lease_gained();
  h.run();
  REQUIRE(h.out.answers.size() == 1);
  CHECK(h.out.answers.front().result == outcome::ok);
}

SCENARIO("a key is served only in its own partition") {
  host_in_test h;
  h.install(view_of(5, {none}));
  auto o = get({none, partition_id{1}}, 5);
  o.row.partition = partition_id{2};
  for (const auto kind : {operation_kind::get, operation_kind::set, operation_kind::erase}) {
    o.kind = kind;
    h.operate(o);
  }
  REQUIRE(h.out.answers.size() == 3);
  for (const auto& a : h.out.answers) {
    CHECK(a.result == outcome::not_applied);
    CHECK(a.why == failure::wrong_partition);
  }
  o.kind = operation_kind::count;
  h.operate(o);
  CHECK(h.out.answers.back().result == outcome::ok);
}

SCENARIO("a host that has stopped says nothing of its rows, rather than that it has none") {
  host_in_test host;
  host.install(view_of(1, {one_backup}));
  REQUIRE(host.actors() == partitions);
  host.rows->stop();
  bool is_told = false;
  host.rows->take_census([&](const auto&) { is_told = true; });
  host.run();
  CHECK_FALSE(is_told);
}
