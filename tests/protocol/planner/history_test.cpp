// Whatever happens to a cluster, and in whatever order, each step keeps the rules and the end is a good placement.
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <utility>

#include "planned_cluster.hpp"

namespace troupe::protocol::test {

namespace {

std::vector<durability> all_durabilities() {
  std::vector<durability> all;
  for (std::uint8_t b = 0; b <= backup_count_max; ++b) {
    for (std::uint8_t a = 0; a + b <= backup_count_max; ++a) all.push_back({b, a});
  }
  return all;
}

/// One cluster's seeded life. Members, hosts, zones, maps, crashes, leaves, and which wishes arrive when: all drawn.
class random_history {
 public:
  explicit random_history(unsigned seed) : random_(seed), cluster_(static_cast<std::uint32_t>(below(40) + 1)), all_apart_(below(2) == 0) {
    for (auto members = below(5) + 1; members > 0; --members) join();
    for (auto maps = below(3) + 1; maps > 0; --maps) cluster_.with_map(draw(all_durabilities()));
  }

  void run(std::size_t events) {
    for (std::size_t i = 0; i < events; ++i) {
      happen();
      check_rest();
    }
    cluster_.settle();
    check_settled(cluster_, all_apart_);
  }

 private:
  std::size_t below(std::size_t bound) { return random_() % bound; }
  template <class Range>
  typename Range::value_type draw(const Range& range) {
    return *(range.begin() + static_cast<std::ptrdiff_t>(below(range.size())));
  }

  void happen() {
    switch (below(10)) {
      case 0: return join();
      case 1: return crash();
      case 2: return leave();
      case 3: return storm();
      case 4: return cluster_.want({{membership_message::wish::reset_lost{}}});
      default: return progress();
    }
  }

  void join() {
    if (cluster_.now().members.size() >= 9) return;
    const auto kind = below(12) == 0 ? member_kind::witness : member_kind::data;
    if (all_apart_) {
      cluster_.join({}, {}, kind);
    } else {
      cluster_.join("host-" + std::to_string(below(4)), below(2) == 0 ? "" : "zone-" + std::to_string(below(3)), kind);
    }
  }

  member_set some_members() {
    member_set some;
    for (auto count = below(3) == 0 ? below(3) + 1 : 1; count > 0; --count) some.insert(draw(cluster_.now().members).number);
    return some;
  }

  void crash() {
    if (cluster_.now().members.size() > 1) cluster_.crash(some_members());
    if (cluster_.data_members().empty()) cluster_.join();
  }

  void leave() {
    const auto who = draw(cluster_.now().members).number;
    cluster_.leave(who);
  }

  /// Several things decided by one view, with wishes among them that may have been overtaken.
  void storm() {
    plan_input input;
    if (cluster_.now().members.size() > 1) input.removals = some_members();
    input.leaving = some_members();
    input.wishes = some_due();
    cluster_.change(input);
    if (cluster_.now().members.empty()) cluster_.join();
  }

  std::vector<membership_message::wish> some_due() {
    auto due = cluster_.all_due();
    const auto earlier = std::exchange(due_before_, due);
    std::erase_if(due, [&](const auto&) { return below(3) == 0; });
    for (const auto& w : earlier) {
      if (below(4) == 0) due.push_back(w);  // Overtaken by views, as most of what was due before.
    }
    if (below(6) == 0) add_outgrown(due);
    std::shuffle(due.begin(), due.end(), random_);
    return due;
  }

  /// As after a forced view: a primary that has sealed a later epoch, and perhaps lost its copy by that.
  void add_outgrown(std::vector<membership_message::wish>& due) {
    const auto& t = draw(cluster_.now().tables);
    const auto p = below(t.rows.size());
    const auto& r = t.rows[p];
    if (!r.is_held()) return;
    due.push_back({membership_message::wish::outgrown{t.id_of(static_cast<std::uint32_t>(p)), r.config, r.epoch.next(), below(3) > 0}});
  }

  void progress() { cluster_.want(some_due()); }

  /// While nothing that was ordered comes true, there is soon nothing more to order: a plan that circles would make views without end.
  void check_rest() const {
    auto idle = cluster_;
    for (int views = 0; has_work(idle.now()); ++views) {
      REQUIRE(views < 8);
      idle.want({});
    }
  }

  std::mt19937 random_;
  planned_cluster cluster_;
  bool all_apart_;
  std::vector<membership_message::wish> due_before_;
};

}  // namespace

TEST_CASE("copies wherever they are, in whatever role, as other backup counts leave them, come to rest") {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random{seed};
    const auto members = 2 + random() % 5;
    const auto partitions = static_cast<std::uint32_t>(1 + random() % 16);
    for (const auto& kind : {durability{0, 1}, durability{0, 2}, durability{1, 1}, durability{2, 0}}) {
      planned_cluster c{partitions};
      c.with_members(members).with_map({1, 0}).with_map(kind);
      for (std::uint32_t p = 0; p < partitions; ++p) {
        auto& r = c.edit(kind, p);
        std::vector<member_no> order;
        for (const auto m : c.data_members()) order.push_back(m);
        std::shuffle(order.begin(), order.end(), random);
        const auto copies = 1 + random() % order.size();
        const auto in_sync = 1 + random() % copies;
        r.in_sync.clear();
        r.async_backups.clear();
        r.primary = order.front();
        for (std::size_t i = 0; i < copies; ++i) (i < in_sync ? r.in_sync : r.async_backups).insert(order[i]);
      }
      c.settle();
    }
  }
}

TEST_CASE("every durability on 1 to 8 members: all copies that can be placed, evenly, at once") {
  for (const auto& kind : all_durabilities()) {
    for (std::size_t members = 1; members <= 8; ++members) {
      planned_cluster c;
      c.with_members(members).with_map(kind);
      check_settled(c, true);
      CHECK_FALSE(has_work(c.now()));
    }
  }
}

TEST_CASE("every durability, growing to 8 members and shrinking to 1 by leaves: even at each stage") {
  for (const auto& kind : all_durabilities()) {
    planned_cluster c{31};
    c.with_members(1).with_map(kind);
    for (std::size_t members = 2; members <= 8; ++members) {
      c.join();
      c.settle();
      check_settled(c, true);
    }
    for (std::size_t members = 8; members > 1; --members) {
      const auto leaver = c.now().members[members % 2 == 0 ? 0 : members - 1].number;
      c.leave(leaver);
      c.settle();
      CHECK(rows_where(c.now(), kind, leaver, holds) == 0);
      c.crash({leaver});
      check_settled(c, true);
    }
  }
}

TEST_CASE("every durability survives as many losses at once as it has backups") {
  for (const auto& kind : all_durabilities()) {
    planned_cluster c{31};
    c.with_members(8).with_map(kind);
    member_set gone;
    for (std::uint32_t m = 1; m <= kind.backups; ++m) gone.insert(member_no{m});
    if (gone.empty()) continue;
    c.crash(gone);
    for (std::uint32_t p = 0; p < 31; ++p) CHECK(c.row_at(kind, p).status == row_status::served);
    c.settle();
    check_settled(c, true);
  }
}

TEST_CASE("random histories keep the rules at each step and end in a good placement") {
  for (unsigned seed = 1; seed <= 400; ++seed) {
    INFO("seed " << seed);
    random_history{seed}.run(30);
  }
}

}  // namespace troupe::protocol::test
