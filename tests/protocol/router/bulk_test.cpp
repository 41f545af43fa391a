// Calls that concern many keys or rows: how they are split, and what their parts add up to.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include <troupe/actors/protocol/router/scan_cursor.hpp>

#include "routed_cluster.hpp"

namespace troupe::protocol::test {

namespace {

using contents = std::map<std::string, std::string>;

/// A cluster that answers: the entries of a map, in rows.
reply answer_from(const contents& entries, const operation& what) {
  reply r;
  for (const auto& [key, value] : entries) {
    if (partition_of(key, 8) != what.row.partition) continue;
    ++r.number;
    if (what.kind == operation_kind::get && key == what.key.view()) {
      r.found = true;
      r.value = blob{value};
    }
    if (what.kind != operation_kind::scan || (!what.from_start && key <= what.key.view())) continue;
    std::size_t bytes = 0;
    for (const auto& e : r.page) bytes += e.key.size() + e.value.size();
    if (!r.page.empty() && bytes >= what.page_bytes) {
      r.more = true;
    } else {
      r.page.push_back({blob{key}, blob{value}});
    }
  }
  return r;
}

void serve(routed_cluster& c, const contents& entries) {
  for (auto sends = c.sent(); !sends.empty(); sends = c.sent()) {
    for (const auto& s : sends) c.answers(s, answer_from(entries, s.what));
  }
}

contents some_plays() {
  contents plays;
  for (int i = 0; i < 40; ++i) plays["play-" + std::to_string(i)] = std::string(static_cast<std::size_t>(i) % 7 + 1, 'v');
  return plays;
}

}  // namespace

SCENARIO("get_all asks each key's primary and returns what was found") {
  routed_cluster c;
  cluster_view v;
  v.led_by(bob, partition_of("play-1", 8));
  c.shows(v.publish());
  const auto call = c.calls(get_all({"play-1", "play-2", "no play"}));
  auto sends = c.sent();
  REQUIRE(sends.size() == 3);
  CHECK(sends[0].to == bob);
  for (const auto& s : sends) c.answers(s, answer_from(some_plays(), s.what));
  const auto result = c.result_of(call);
  REQUIRE(result);
  CHECK(result->result == outcome::ok);
  REQUIRE(result->entries.size() == 2);
  CHECK(result->entries[0].key == blob{"play-1"});
  CHECK(result->entries[0].value == blob{"vv"});
}

SCENARIO("calls about no keys are done at once") {
  routed_cluster c;
  c.shows(cluster_view{}.publish());
  CHECK(c.result_of(c.calls(get_all({})))->result == outcome::ok);
  CHECK(c.result_of(c.calls(put_all({})))->result == outcome::ok);
  CHECK(c.core().in_flight() == 0);
}

SCENARIO("put_all sets each key, once, to its last value") {
  routed_cluster c;
  c.shows(cluster_view{}.publish());
  const auto call = c.calls(put_all({{"a", "1"}, {"b", "1"}, {"a", "2"}}));
  const auto sends = c.sent();
  REQUIRE(sends.size() == 2);
  CHECK(sends[0].what.kind == operation_kind::set);
  CHECK(sends[0].what.key == blob{"a"});
  CHECK(sends[0].what.value == blob{"2"});
  WHEN("all are acknowledged") {
    for (const auto& s : sends) c.answers_ok(s);
    THEN("all entries count") {
      CHECK(c.result_of(call)->result == outcome::ok);
      CHECK(c.result_of(call)->number == 3);
    }
  }
  WHEN("one fails and another's outcome is unknown") {
    c.fails(sends[0], outcome::not_applied, failure::overloaded);
    CHECK(c.is_open(call));
    c.passes(patience);
    THEN("the worst is the result") {
      CHECK(c.result_of(call)->result == outcome::indeterminate);
      CHECK(c.result_of(call)->why == failure::deadline);
      CHECK(c.result_of(call)->number == 0);
    }
  }
  WHEN("one fails") {
    c.answers_ok(sends[0]);
    c.fails(sends[1], outcome::not_applied, failure::overloaded);
    THEN("the others are counted nevertheless") {
      CHECK(c.result_of(call)->result == outcome::not_applied);
      CHECK(c.result_of(call)->why == failure::overloaded);
      CHECK(c.result_of(call)->number == 2);
    }
  }
}

SCENARIO("size and clear ask every row and add up") {
  const auto what = GENERATE(map_call::kind::size, map_call::kind::clear);
  routed_cluster c;
  c.shows(cluster_view{}.publish());
  const auto call = c.calls(bulk(what));
  auto sends = c.sent();
  REQUIRE(sends.size() == 8);
  std::set<partition_id> partitions;
  for (const auto& s : sends) partitions.insert(s.what.row.partition);
  CHECK(partitions.size() == 8);
  WHEN("all rows answer") {
    for (const auto& s : sends) c.answers(s, answer_from(some_plays(), s.what));
    CHECK(c.result_of(call)->number == 40);
    CHECK(c.result_of(call)->result == outcome::ok);
  }
  WHEN("the connection breaks half-way") {
    for (std::size_t i = 0; i < 4; ++i) c.answers(sends[i], answer_from(some_plays(), sends[i].what));
    c.breaks_connection_to(alice);
    THEN("those that have not answered are asked again") {
      c.passes(milliseconds{20});
      serve(c, some_plays());
      CHECK(c.result_of(call)->number == 40);
    }
  }
}

SCENARIO("an operation on a row is a call on all rows") {
  routed_cluster c;
  c.shows(cluster_view{}.publish());
  const auto call = c.calls(operation_kind::count);
  serve(c, some_plays());
  CHECK(c.result_of(call)->number == 40);
}

SCENARIO("a scan visits every entry once, in pages") {
  const auto page_bytes = GENERATE(0U, 1U, 30U, 100U, 100000U);
  routed_cluster c;
  c.shows(cluster_view{}.publish());
  std::vector<map_entry> seen;
  std::string cursor;
  int pages = 0;
  do {
    const auto call = c.calls(scan(cursor, page_bytes));
    serve(c, some_plays());
    const auto page = c.result_of(call);
    REQUIRE(page);
    REQUIRE(page->result == outcome::ok);
    seen.insert(seen.end(), page->entries.begin(), page->entries.end());
    cursor = page->cursor;
    CHECK(std::all_of(cursor.begin(), cursor.end(), [](char ch) { return ch > ' ' && ch < 127; }));
    REQUIRE(++pages < 100);
  } while (!cursor.empty());
  contents found;
  for (const auto& e : seen) found[std::string{e.key.view()}] = std::string{e.value.view()};
  CHECK(seen.size() == 40);
  CHECK(found == some_plays());
  CHECK((pages == 1) == (page_bytes == 100000U));
}

SCENARIO("a scan of an empty map is one empty page") {
  routed_cluster c;
  c.shows(cluster_view{}.publish());
  const auto call = c.calls(scan());
  serve(c, {});
  CHECK(c.result_of(call)->entries.empty());
  CHECK(c.result_of(call)->cursor.empty());
}

SCENARIO("a scan outlives its primary") {
  routed_cluster c;
  cluster_view v;
  c.shows(v.publish());
  const auto call = c.calls(scan("", 100000));
  REQUIRE(c.only_sent().to == alice);
  c.breaks_connection_to(alice);
  c.shows(v.led_by(bob).without(alice).publish());
  serve(c, some_plays());
  CHECK(c.result_of(call)->entries.size() == 40);
}

SCENARIO("only a cursor that a page has given is taken") {
  routed_cluster c;
  c.shows(cluster_view{}.publish());
  for (const auto* bad : {"8", "-1", "x", ":", "1:g0", "1:abc", "1 :ab", "99999999999", "1:AB", " "}) {
    INFO("cursor '" << bad << "'");
    const auto call = c.calls(scan(bad));
    REQUIRE(c.result_of(call));
    CHECK(c.result_of(call)->result == outcome::not_applied);
    CHECK(c.result_of(call)->why == failure::bad_cursor);
    CHECK(c.sent().empty());
  }
}

TEST_CASE("a cursor's text and its meaning are one") {
  const std::string all_bytes = [] {
    std::string bytes;
    for (int b = 0; b < 256; ++b) bytes.push_back(static_cast<char>(b));
    return bytes;
  }();
  for (const auto& cursor :
       {scan_cursor{partition_id{0}, {}}, scan_cursor{partition_id{270}, blob{}}, scan_cursor{partition_id{7}, blob{all_bytes}}}) {
    CHECK(parse_cursor(to_string(cursor), 271) == cursor);
  }
}

}  // namespace troupe::protocol::test
