// Other backup counts for a map (ADR 16), as views decide them: what is planned can follow, and what can't is objected to.
#include <catch2/catch.hpp>

#include <algorithm>

#include <troupe/actors/protocol/membership/agenda.hpp>
#include <troupe/actors/protocol/planner/planner.hpp>

#include "tests/protocol/membership/views.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace troupe::protocol;

namespace {

using membership_message::wish;

constexpr durability one{1, 0};
constexpr durability two{2, 0};

/// A cluster that does what it plans. Everything that is planned must be something that can follow.
class decided_views {
 public:
  explicit decided_views(std::size_t members) : now_(view_with(members)) {}
  decided_views(std::size_t members, const durability_rules& rules) {
    auto first = std::make_shared<view>(*view_with(members));
    first->settings.durabilities = {rules};
    now_ = first;
  }

  void create(const std::string& name, const durability& counts) {
    plan_input input;
    const auto group = group_for(*now_, counts);
    input.maps_created.push_back({now_->next_map, name, group.began, false, {}, {}, group.number});
    decide(input);
  }
  void set_counts(const std::string& name, const durability& to) {
    plan_input input;
    input.counts = counts_change{now_->find_map(name)->id, to};
    decide(input);
  }
  void destroy(const std::string& name) {
    plan_input input;
    input.maps_destroyed.push_back(now_->find_map(name)->id);
    decide(input);
  }
  void crash(member_no m) {
    plan_input input;
    input.removals = {m};
    decide(input);
  }
  /// Everything that rows wait for comes true, in as many views as that takes.
  void settle() {
    for (int n = 0; n < 200; ++n) {
      plan_input input;
      input.wishes = all_due();
      if (plan(*now_, input).empty()) return;
      decide(input);
    }
    FAIL("it does not settle");
  }
  void step(bool formed = true) {
    plan_input input;
    input.wishes = all_due();
    if (!formed) std::erase_if(input.wishes, [](const wish& w) { return std::holds_alternative<wish::formed>(w.what); });
    decide(input);
  }
  void decide(const plan_input& input) {
    last_ = plan(*now_, input);
    if (last_.empty()) return;
    if (const auto why = objection(*now_, last_)) FAIL(*why);
    before_ = now_;
    now_ = apply(*now_, last_);
  }

  [[nodiscard]] const view& now() const { return *now_; }
  [[nodiscard]] const view& before() const { return *before_; }
  [[nodiscard]] const map_info& map(const std::string& name) const { return *now_->find_map(name); }
  [[nodiscard]] const row_table& table_of(const std::string& name) const { return *now_->find(map(name).group()); }
  [[nodiscard]] std::size_t rows_that(row_status s, const std::string& name) const {
    const auto& rows = table_of(name).rows;
    return static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), [s](const row& r) { return r.status == s; }));
  }

 private:
  [[nodiscard]] std::vector<wish> all_due() const {
    std::vector<wish> due;
    for (const auto& t : now_->tables) {
      for (std::uint32_t p = 0; p < t.rows.size(); ++p) {
        const auto& r = t.rows[p];
        for (auto m : r.learners) due.push_back({wish::caught_up{t.id_of(p), r.config, m}});
        if (r.successor != nobody) due.push_back({wish::handed_over{t.id_of(p), r.config, r.successor}});
        if (!r.unsealed.empty()) due.push_back({wish::activated{t.id_of(p), r.epoch}});
        if (r.status == row_status::forming) due.push_back({wish::formed{t.id_of(p), r.epoch}});
      }
    }
    return due;
  }

  view_ptr now_, before_;
  view_change last_;
};

/// The forming or unborn row, changed by hand from a view that was planned.
view_change edited(const view& base, const row_id& id, const std::function<void(row&)>& edit) {
  view_change change;
  change.rows.push_back({id, *base.find(id)});
  edit(change.rows.front().now);
  change.rows.front().now.config = change.rows.front().now.config.next();
  return change;
}

}  // namespace

SCENARIO("a map that is alone in its group takes the group along") {
  decided_views c{4};
  c.create("orders", one);
  const auto group = c.map("orders").group();
  c.set_counts("orders", two);
  CHECK(c.map("orders").group() == group);
  CHECK_FALSE(c.map("orders").moves_from);
  CHECK(c.table_of("orders").counts() == two);
  c.settle();
  for (const auto& r : c.table_of("orders").rows) CHECK(r.in_sync.size() == 3);
  THEN("its rows are named as they were") { CHECK(to_string(c.table_of("orders").id_of(0)) == "1+0/0"); }
  THEN("a new map with the counts from before gets rows of its own") {
    c.create("people", one);
    CHECK(c.map("people").group() == row_group{one, group_number{1}});
    CHECK(to_string(c.table_of("people").id_of(0)) == "1+0.1/0");
  }
  THEN("a new map with the counts of now shares its rows") {
    c.create("people", two);
    CHECK(c.map("people").group() == group);
  }
  THEN("the counts can shrink again") {
    c.set_counts("orders", {0, 1});
    c.settle();
    for (const auto& r : c.table_of("orders").rows) {
      CHECK(r.in_sync.size() == 1);
      CHECK(r.async_backups.size() == 1);
    }
  }
}

SCENARIO("a map that shares its rows moves into a group of its own") {
  decided_views c{4};
  c.create("orders", one);
  c.create("people", one);
  c.settle();
  c.set_counts("orders", two);
  CHECK(c.map("orders").group() == row_group{two, group_number{1}});
  CHECK(c.map("orders").moves_from == row_group{one});
  CHECK(c.rows_that(row_status::unborn, "orders") == c.now().settings.partition_count);
  CHECK(c.now().home_of(c.map("orders"), partition_id{0}) == row_id{one, partition_id{0}});
  THEN("rows form a few at a time, where the entries are") {
    c.step();
    const auto forming = c.rows_that(row_status::forming, "orders");
    CHECK(forming > 0);
    CHECK(forming <= c.now().members.size());  // Each needs two copies, and a member feeds two at a time.
    for (std::uint32_t p = 0; p < c.now().settings.partition_count; ++p) {
      const auto& r = c.table_of("orders").rows[p];
      const auto& source = *c.now().find(row_id{one, partition_id{p}});
      if (r.status != row_status::forming) continue;
      CHECK(r.primary == source.primary);
      CHECK(r.epoch > source.epoch);
      CHECK(r.in_sync == member_set{source.primary});
      CHECK(r.learners.size() == 2);
    }
    AND_THEN("none of them is served before its primary has taken the entries over") {
      for (int n = 0; n < 5; ++n) c.step(false);
      CHECK(c.rows_that(row_status::served, "orders") == 0);
    }
  }
  THEN("while other copies are made, no row forms that would have to wait for its own") {
    c.crash(no(4));
    for (std::uint32_t p = 0; p < c.now().settings.partition_count; ++p) {
      const auto& r = c.table_of("orders").rows[p];
      if (r.status == row_status::forming) CHECK_FALSE(r.learners.empty());
    }
  }
  THEN("in the end it has moved, and the other map has not") {
    c.settle();
    CHECK_FALSE(c.map("orders").moves_from);
    for (const auto& r : c.table_of("orders").rows) {
      CHECK(r.status == row_status::served);
      CHECK(r.in_sync.size() == 3);
    }
    CHECK(c.map("people").group() == row_group{one});
    CHECK(c.now().home_of(c.map("orders"), partition_id{3}) == row_id{two, partition_id{3}, group_number{1}});
    AND_THEN("the next change takes its group along") {
      c.set_counts("orders", one);
      CHECK_FALSE(c.map("orders").moves_from);
      CHECK(c.table_of("orders").counts() == one);
      AND_THEN("the other one may change as well, where it is") {
        c.settle();
        c.set_counts("people", two);
        CHECK(c.map("people").group() == row_group{one});
      }
    }
  }
  THEN("a primary that goes takes with it what it had taken over, and nothing else") {
    c.step();
    const auto& rows = c.table_of("orders").rows;
    const auto at = std::find_if(rows.begin(), rows.end(), [](const row& r) { return r.status == row_status::forming; });
    REQUIRE(at != rows.end());
    const auto p = static_cast<std::uint32_t>(at - rows.begin());
    const auto epoch_before = at->epoch;
    c.crash(at->primary);
    const auto& now = c.table_of("orders").rows[p];
    CHECK(now.status == row_status::unborn);
    CHECK(now.epoch > epoch_before);
    CHECK(c.now().find(row_id{one, partition_id{p}})->status == row_status::served);
    c.settle();
    CHECK_FALSE(c.map("orders").moves_from);
  }
  THEN("it can be destroyed on its way") {
    c.step();
    c.destroy("orders");
    THEN("its group is gone with it") { CHECK(c.now().find(row_group{two, group_number{1}}) == nullptr); }
    c.settle();
    AND_THEN("it can be made again") {
      c.create("orders", two);
      CHECK(c.map("orders").group() == row_group{two});
    }
  }
  THEN("it does not change once more before it has arrived") {
    plan_input input;
    input.counts = counts_change{c.map("orders").id, durability{3, 0}};
    CHECK(objection(c.now(), plan(c.now(), input)));
  }
  THEN("new maps are not put into rows that form") {
    c.create("films", two);
    CHECK(c.map("films").group() == row_group{two});
  }
}

SCENARIO("a map moves though rows that it leaves have lost copies, whatever min-in-sync is") {
  auto rules = default_rules(one);
  rules.min_in_sync = 2;
  const auto members = GENERATE(std::size_t{3}, std::size_t{4}, std::size_t{6});
  const auto views_before_the_crash = GENERATE(0, 1, 2, 3, 8);
  const auto dead = GENERATE(1u, 2u);
  decided_views c{members, rules};
  c.create("orders", one);
  c.create("people", one);
  c.settle();
  c.set_counts("orders", two);
  for (int n = 0; n < views_before_the_crash; ++n) c.step();
  c.crash(member_no{dead});
  c.settle();
  CHECK(c.rows_that(row_status::served, "orders") == c.now().settings.partition_count);
  CHECK_FALSE(c.map("orders").moves_from);
  for (const auto& r : c.table_of("people").rows) CHECK(r.in_sync.size() == 2);
  for (const auto& r : c.table_of("orders").rows) CHECK(r.in_sync.size() == std::min<std::size_t>(3, members - 1));
}

SCENARIO("a map that moves to fewer copies travels nowhere") {
  decided_views c{4};
  c.create("orders", one);
  c.create("people", one);
  c.settle();
  c.set_counts("orders", {0, 0});
  for (int n = 0; n < 100 && c.map("orders").moves_from; ++n) {
    c.step();
    for (const auto& r : c.table_of("orders").rows) CHECK(r.learners.empty());
  }
  CHECK_FALSE(c.map("orders").moves_from);
}

SCENARIO("the group of a map that has moved goes with the map") {
  decided_views c{3};
  c.create("orders", one);
  c.create("people", one);
  c.set_counts("orders", two);
  c.settle();
  c.create("films", two);
  REQUIRE(c.map("films").group() == c.map("orders").group());
  c.destroy("orders");
  CHECK(c.now().find(c.map("films").group()) != nullptr);
  const auto group = c.map("films").group();
  c.destroy("films");
  CHECK(c.now().find(group) == nullptr);
  c.destroy("people");
  CHECK(c.now().find(row_group{one}) != nullptr);  // Where new maps are put.
}

SCENARIO("with too few members for all copies, a map moves to rows with as many as there can be") {
  decided_views c{1};
  c.create("orders", one);
  c.create("people", one);
  c.set_counts("orders", two);
  c.settle();
  CHECK_FALSE(c.map("orders").moves_from);
  CHECK(c.rows_that(row_status::served, "orders") == c.now().settings.partition_count);
}

SCENARIO("changes of counts that can't be are objected to") {
  decided_views c{3};
  c.create("orders", one);
  c.create("people", one);
  view_change change;
  const auto with = [&](map_id map, const durability& to) {
    change.counts = counts_change{map, to};
    return objection(c.now(), change).has_value();
  };
  CHECK(with(map_id{9}, two));
  CHECK(with(map_id{1}, one));
  CHECK(with(map_id{1}, durability{6, 1}));
  CHECK(with(map_id{1}, two));  // Its rows don't come with it.
  c.set_counts("orders", two);
  c.step();
  const auto& rows = c.table_of("orders").rows;
  const auto at = std::find_if(rows.begin(), rows.end(), [](const row& r) { return r.status == row_status::forming; });
  const row_id forming{two, partition_id{static_cast<std::uint32_t>(at - rows.begin())}, group_number{1}};
  const auto unborn = std::find_if(rows.begin(), rows.end(), [](const row& r) { return r.status == row_status::unborn; });
  const row_id waiting{two, partition_id{static_cast<std::uint32_t>(unborn - rows.begin())}, group_number{1}};
  const row_id source{one, forming.partition};
  SECTION("a row that forms elsewhere than its entries are") {
    const auto elsewhere = edited(c.now(), forming, [&](row& r) {
      const auto other = r.primary == no(1) ? no(2) : no(1);
      r.unsealed.insert(r.primary);
      r.in_sync = {other};
      r.learners = {};
      r.primary = other;
      r.epoch = r.epoch.next();
    });
    CHECK(objection(c.now(), elsewhere));
  }
  SECTION("a row that goes on forming though its entries have another primary") {
    const auto led_anew = edited(c.now(), source, [&](row& r) {
      r.epoch = r.epoch.next();
      r.unsealed.insert(r.primary);
      r.primary = *std::find_if(r.in_sync.begin(), r.in_sync.end(), [&](member_no m) { return m != r.primary; });
    });
    CHECK(objection(c.now(), led_anew));
  }
  SECTION("a row that is served without having formed") {
    const auto too_early = edited(c.now(), waiting, [&](row& r) {
      r.primary = c.now().find(row_id{one, waiting.partition})->primary;
      r.in_sync = {r.primary};
      r.status = row_status::served;
    });
    CHECK(objection(c.now(), too_early));
  }
  SECTION("a row that forms, and is served in another epoch") {
    CHECK(objection(c.now(), edited(c.now(), forming, [](row& r) {
            r.epoch = r.epoch.next();
            r.status = row_status::served;
          })));
  }
  SECTION("a row that begins to form with more than its primary") {
    const auto with_others = edited(c.now(), waiting, [&](row& r) {
      r.primary = c.now().find(row_id{one, waiting.partition})->primary;
      r.in_sync = {no(1), no(2), no(3)};
      r.epoch = r.epoch.next();
      r.empty_since = r.epoch;
      r.status = row_status::forming;
    });
    CHECK(objection(c.now(), with_others));
  }
  SECTION("a row that was served and would be formed") {
    const auto formed_again = edited(c.now(), source, [&](row& r) { r.status = row_status::forming; });
    CHECK(objection(c.now(), formed_again));
  }
  SECTION("an unborn row with copies") {
    CHECK(objection(c.now(), edited(c.now(), waiting, [&](row& r) { r.learners = {no(1)}; })));
  }
}

SCENARIO("other counts wait for maps that are made, and for the change before") {
  decided_views c{3};
  c.create("orders", one);
  c.create("people", one);
  agenda a;
  a.open(std::make_shared<const view>(c.now()), {});
  a.wishes().add({wish::set_counts{{map_id{1}, two}}}, {});
  CHECK(a.everything({}, agenda::joining::next).counts == counts_change{map_id{1}, two});
  a.wishes().add({wish::create_map{"films"}}, {});
  CHECK_FALSE(a.everything({}, agenda::joining::next).counts);
  CHECK(a.everything({}, agenda::joining::next).maps_created.size() == 1);
  c.set_counts("people", two);
  agenda later;
  later.open(std::make_shared<const view>(c.now()), {});
  later.wishes().add({wish::set_counts{{map_id{2}, durability{3, 0}}}}, {});
  CHECK_FALSE(later.everything({}, agenda::joining::next).counts);
  CHECK(has_to_wait({wish::set_counts{{map_id{2}, durability{3, 0}}}}, c.now()));
  CHECK_FALSE(later.wishes().oldest_urgent(c.now()));
  c.step();
  const auto& rows = c.table_of("people").rows;
  const auto at = std::find_if(rows.begin(), rows.end(), [](const row& r) { return r.status == row_status::forming; });
  const row_id forming{two, partition_id{static_cast<std::uint32_t>(at - rows.begin())}, group_number{1}};
  CHECK(has_to_wait({wish::formed{forming, at->epoch}}, c.now()));  // It goes with the last wish of a learner.
  CHECK(is_open({wish::set_counts{{map_id{2}, durability{3, 0}}}}, c.now()));
  CHECK_FALSE(is_open({wish::set_counts{{map_id{2}, two}}}, c.now()));
  CHECK_FALSE(is_open({wish::set_counts{{map_id{7}, two}}}, c.now()));
}
