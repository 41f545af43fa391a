// Every kind of operation against a map of the standard library, with acknowledgements at random moments: results are those of the
// newest state, and nothing is told before what it tells of has committed.
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <random>

#include "scene.hpp"

using namespace troupe;
using namespace troupe::protocol;
using namespace troupe::protocol::scene;

namespace {

/// What the operation must come to, by the plainest means.
class plain_map {
 public:
  struct expectation {
    reply answer;
    bool writes = false;
    std::uint64_t depends_on = 0;  // position
  };

  expectation expect(const operation& o, std::uint64_t next_seq) {
    auto& entries = maps_[o.map.value()];
    const std::string key{o.key.view()};
    const auto at = entries.find(key);
    const auto there = at != entries.end();
    const auto equal = there && at->second == o.expected.view();
    expectation e;
    e.depends_on = std::max(touched_[{o.map.value(), key}], cleared_[o.map.value()]);
    const auto tell_old = [&] {
      e.answer.found = there;
      if (there) e.answer.value = blob{at->second};
    };
    switch (o.kind) {
      case operation_kind::get:
      case operation_kind::get_entry_view: tell_old(); break;  // What else there is to tell: entry_view_test.cpp
      case operation_kind::contains: e.answer.found = there; break;
      case operation_kind::put: tell_old(); e.writes = true; break;
      case operation_kind::set: e.writes = true; break;
      case operation_kind::put_if_absent: tell_old(); e.writes = !there; break;
      case operation_kind::replace:
      case operation_kind::remove: tell_old(); e.writes = there; break;
      case operation_kind::replace_if_equal:
      case operation_kind::remove_if_equal: e.answer.found = e.writes = equal; break;
      case operation_kind::erase: e.writes = there; break;
      case operation_kind::set_ttl: e.answer.found = e.writes = there; break;
      case operation_kind::execute:
      case operation_kind::execute_if_present: break;  // processing_test.cpp
      case operation_kind::listen: break;              // listening_test.cpp
      case operation_kind::lock:
      case operation_kind::unlock:
      case operation_kind::force_unlock:
      case operation_kind::withdraw_lock:
      case operation_kind::is_locked:
      case operation_kind::keep_locks: break;  // locks_test.cpp
      case operation_kind::count: e.answer.number = entries.size(); break;
      case operation_kind::clear:
        e.answer.number = entries.size();
        e.writes = !entries.empty();
        break;
      case operation_kind::scan: e.answer.page = page(entries, o, e.answer.more); break;
    }
    if (o.kind == operation_kind::count || o.kind == operation_kind::clear || o.kind == operation_kind::scan) e.depends_on = last_[o.map.value()];
    if (e.writes) apply(o, entries, key, next_seq);
    return e;
  }

 private:
  using table = std::map<std::string, std::string>;

  static std::vector<map_entry> page(const table& entries, const operation& o, bool& more) {
    std::vector<map_entry> list;
    std::size_t bytes = 0;
    more = false;
    for (const auto& [k, v] : entries) {
      if (!o.from_start && k <= o.key.view()) continue;
      bytes += k.size() + v.size();
      more = !list.empty() && bytes > o.page_bytes;
      if (more) break;
      list.push_back({blob{k}, blob{v}});
    }
    return list;
  }

  void apply(const operation& o, table& entries, const std::string& key, std::uint64_t seq) {
    last_[o.map.value()] = seq;
    if (o.kind == operation_kind::clear) {
      entries.clear();
      cleared_[o.map.value()] = seq;
      return;
    }
    touched_[{o.map.value(), key}] = seq;
    if (o.kind == operation_kind::set_ttl) return;
    if (takes_value(o.kind)) {
      entries[key] = std::string{o.value.view()};
    } else {
      entries.erase(key);
    }
  }

  std::map<std::uint32_t, table> maps_;
  std::map<std::pair<std::uint32_t, std::string>, std::uint64_t> touched_;
  std::map<std::uint32_t, std::uint64_t> cleared_;
  std::map<std::uint32_t, std::uint64_t> last_;
};

class duel {
 public:
  explicit duel(std::uint64_t seed) : dice_(seed), primary_(primary_of(row_in(epoch(1)).led_by(1).with({2, 3}))) {}

  void run(int steps) {
    for (int i = 0; i < steps; ++i) {
      if (below(3) == 0) {
        acknowledge();
      } else {
        ask_anything();
      }
    }
    for (auto& held : held_) held = primary_.core().log_length().value();
    check(primary_.acked(2, held_[0]));
    check(primary_.acked(3, held_[1]));
    CHECK(expected_.empty());
  }

 private:
  std::uint64_t below(std::uint64_t n) { return dice_() % n; }

  void acknowledge() {
    const auto which = below(2);
    auto& held = held_[which];
    held += below(primary_.core().log_length().value() - held + 1);
    check(primary_.acked(static_cast<std::uint32_t>(which) + 2, held));
  }

  void ask_anything() {
    auto o = ask(static_cast<operation_kind>(below(14)), std::string(1, static_cast<char>('a' + below(5))), std::to_string(below(3)), std::to_string(below(3)));
    if (o.kind == operation_kind::clear && below(3) != 0) o.kind = operation_kind::put;
    o.map = below(4) == 0 ? another_map : the_map;
    o.from_start = below(2) == 0;
    o.page_bytes = static_cast<std::uint32_t>(1 + below(8));
    const auto next = primary_.core().log_length().value() + 1;
    auto e = model_.expect(o, next);
    if (e.writes) {
      e.answer.epoch = epoch(1);
      e.answer.seq = seq(next);
      e.depends_on = next;
    }
    e.answer.request = request_number{primary_.last_request() + 1};
    expected_.emplace(primary_.last_request() + 1, e);
    check(primary_.operate(o));
  }

  void check(const turn& t) {
    for (const auto& a : t.answers) {
      const auto e = expected_.find(a.what.request.value());
      REQUIRE(e != expected_.end());
      CHECK(a.what.committed <= primary_.core().committed());
      CHECK(a.what.committed.value() >= e->second.depends_on);
      e->second.answer.committed = a.what.committed;
      e->second.answer.copies = e->second.writes ? 3 : 0;
      if (e->second.writes) e->second.answer.held_by = holders{member_set{member_no{1}, member_no{2}, member_no{3}}};
      CHECK(a.what == e->second.answer);
      CHECK(primary_.core().committed().value() >= e->second.depends_on);
      CHECK(a.needs_lease.has_value());
      expected_.erase(e);
    }
    for (const auto& [request, e] : expected_) {
      if (e.depends_on > primary_.core().committed().value()) continue;
      FAIL("request " << request << " is held without need");
    }
  }

  std::mt19937_64 dice_;
  stage primary_;
  plain_map model_;
  std::uint64_t held_[2] = {0, 0};
  std::map<std::uint64_t, plain_map::expectation> expected_;
};

}  // namespace

TEST_CASE("all kinds of operations give what a plain map gives, however acknowledgements fall") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    duel{seed}.run(300);
  }
}

SCENARIO("a scan pages through the newest state in the order of keys") {
  auto s = primary_of(row_in(epoch(1)).led_by(1));
  for (const auto* k : {"c", "a", "e", "b", "d"}) s.operate(set(k, "12345"));
  auto page = ask(operation_kind::scan);
  page.from_start = true;
  page.page_bytes = 12;
  const auto first = s.operate(page).answer_to(6).what;
  REQUIRE(first.page.size() == 2);
  CHECK(first.page[0].key == blob{"a"});
  CHECK(first.more);
  page.from_start = false;
  page.key = blob{"d"};
  const auto last = s.operate(page).answer_to(7).what;
  REQUIRE(last.page.size() == 1);
  CHECK(last.page[0].key == blob{"e"});
  CHECK_FALSE(last.more);
}
