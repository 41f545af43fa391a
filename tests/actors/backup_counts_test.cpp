// Backup counts that change while a map is used (ADR 16): whole clusters of the real actors, in virtual time.
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>

#include <troupe/node/testing/cluster.hpp>

using namespace troupe;

namespace {

using text = std::string;

struct hosting {
  test::system_config config;
  caf::actor_system system{config};
};

template <class Result>
struct answer {
  std::optional<Result> value;
  std::optional<caf::error> error;
  [[nodiscard]] bool is_there() const { return value || error; }
};

/// Asks a map; the answer comes as time passes.
template <class Result, class... Ts>
std::shared_ptr<answer<Result>> ask(hosting& h, const map_actor& map, const Ts&... xs) {
  auto got = std::make_shared<answer<Result>>();
  h.system.spawn([=](caf::event_based_actor* self) {
    compat::request(self, map, std::nullopt, xs...).then([=](const Result& r) { got->value = r; }, [=](const caf::error& e) { got->error = e; });
  });
  return got;
}

template <class Result, class... Ts>
Result must(hosting& h, test::cluster& c, const map_actor& map, const Ts&... xs) {
  const auto got = ask<Result>(h, map, xs...);
  for (duration waited{}; waited < seconds{60} && !got->is_there(); waited += milliseconds{10}) c.advance(milliseconds{10});
  if (got->error) FAIL(describe(*got->error));
  REQUIRE(got->value);
  return *got->value;
}

durability counts_of(const test::cluster& c, const text& map) {
  const auto v = c.view_of(0);
  return v->counts_of(*v->find_map(map));
}

/// In how many rows of the map the in-sync set has so many members.
std::size_t rows_with(const test::cluster& c, const text& map, std::size_t copies) {
  const auto v = c.view_of(0);
  const auto& rows = v->find(v->find_map(map)->group())->rows;
  return static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), [&](const row& r) { return r.in_sync.size() == copies; }));
}

cluster_settings with_partitions(std::uint32_t count) {
  cluster_settings s;
  s.partition_count = count;
  return s;
}

}  // namespace

SCENARIO("a map gets other backup counts while it is written") {
  hosting h;
  test::cluster c{h.system, 4, with_partitions(31)};
  const auto orders = c.map("orders", 0);
  const auto people = c.map("people", 1);
  const bool shares_rows = GENERATE(true, false);
  for (int i = 0; i < 100; ++i) must<receipt>(h, c, orders, set_atom_v, text{"o"} + std::to_string(i), text{"before"});
  if (shares_rows) must<receipt>(h, c, people, set_atom_v, text{"anna"}, text{"1"});
  REQUIRE(c.settle());
  const auto changed = ask<bool>(h, orders, set_backups_atom_v, std::uint32_t{2}, std::uint32_t{0});
  std::vector<std::shared_ptr<answer<receipt>>> writes;
  for (int i = 0; i < 3000 && !changed->is_there(); ++i) {
    writes.push_back(ask<receipt>(h, orders, set_atom_v, text{"o"} + std::to_string(i % 100), std::to_string(i)));
    c.advance(milliseconds{1});
  }
  REQUIRE(changed->value);
  CHECK(*changed->value);
  THEN("each entry has the copies as the change returns, and no write has failed") {
    CHECK(counts_of(c, "orders") == durability{2, 0});
    CHECK(rows_with(c, "orders", 3) == 31);
    c.advance(seconds{1});
    CHECK(std::all_of(writes.begin(), writes.end(), [](const auto& w) { return w->value.has_value(); }));
    CHECK(must<std::uint64_t>(h, c, orders, size_atom_v) == 100);
    const auto last = static_cast<int>(writes.size()) - 1;
    CHECK(must<lookup>(h, c, c.map("orders", 2), get_atom_v, text{"o"} + std::to_string(last % 100)).value == std::to_string(last));
    if (shares_rows) {
      CHECK(counts_of(c, "people") == durability{1, 0});
      CHECK(must<lookup>(h, c, people, get_atom_v, text{"anna"}).value == "1");
    }
    AND_WHEN("two members die at once") {
      c.kill(3);
      c.kill(2);
      c.force_view(0);
      c.advance(seconds{5});
      THEN("nothing is lost") {
        CHECK(must<std::uint64_t>(h, c, orders, size_atom_v) == 100);
        CHECK(must<lookup>(h, c, orders, get_atom_v, text{"o"} + std::to_string(last % 100)).value == std::to_string(last));
      }
    }
  }
  WHEN("it is changed back") {
    CHECK(must<bool>(h, c, orders, set_backups_atom_v, std::uint32_t{0}, std::uint32_t{1}));
    REQUIRE(c.settle());
    THEN("the copies that are too many are gone") {
      CHECK(counts_of(c, "orders") == durability{0, 1});
      CHECK(rows_with(c, "orders", 1) == 31);
      CHECK(must<std::uint64_t>(h, c, orders, size_atom_v) == 100);
    }
  }
}

SCENARIO("a change of backup counts outlives the death of a member") {
  hosting h;
  test::cluster c{h.system, 4, with_partitions(31)};
  const auto orders = c.map("orders", 0);
  must<receipt>(h, c, c.map("people", 0), set_atom_v, text{"anna"}, text{"1"});
  for (int i = 0; i < 100; ++i) must<receipt>(h, c, orders, set_atom_v, text{"o"} + std::to_string(i), std::to_string(i));
  REQUIRE(c.settle());
  const auto changed = ask<bool>(h, orders, set_backups_atom_v, std::uint32_t{2}, std::uint32_t{0});
  const auto is_on_its_way = [&] {
    const auto v = c.view_of(0);
    return v->find_map("orders")->moves_from.has_value();
  };
  for (int i = 0; i < 100 && !is_on_its_way(); ++i) c.advance(milliseconds{10});
  REQUIRE(is_on_its_way());
  c.kill(3);
  for (int i = 0; i < 3000 && !changed->is_there(); ++i) c.advance(milliseconds{10});
  REQUIRE(changed->value);
  CHECK(rows_with(c, "orders", 3) == 31);
  CHECK(must<std::uint64_t>(h, c, orders, size_atom_v) == 100);
  for (int i = 0; i < 100; i += 7) CHECK(must<lookup>(h, c, orders, get_atom_v, text{"o"} + std::to_string(i)).value == std::to_string(i));
}

SCENARIO("counts that can't be are refused, and a map that is not there has none") {
  hosting h;
  test::cluster c{h.system, 2, with_partitions(7)};
  const auto map = c.map("orders", 0);
  CHECK_FALSE(must<bool>(h, c, map, set_backups_atom_v, std::uint32_t{2}, std::uint32_t{0}));
  must<receipt>(h, c, map, set_atom_v, text{"k"}, text{"v"});
  const auto refused = ask<bool>(h, map, set_backups_atom_v, std::uint32_t{4}, std::uint32_t{3});
  c.advance(milliseconds{100});
  REQUIRE(refused->error);
  CHECK(outcome_of(*refused->error) == outcome::not_applied);
  CHECK(describe(*refused->error).find("a map has at most 6 backups, async ones included (asked for: 4 and 3 async)") != text::npos);
}
