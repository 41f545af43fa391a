#include <catch2/catch.hpp>

#include <set>
#include <string>

#include <troupe/actors/protocol/row/checksum.hpp>
#include <troupe/actors/protocol/row/copy.hpp>
#include <troupe/actors/protocol/row/ring.hpp>

#include "scene.hpp"

using namespace troupe;
using namespace troupe::protocol;
using namespace troupe::protocol::scene;

namespace {

record numbered(std::uint64_t n, epoch_number e = epoch(1)) {
  return {e, seq(n), put_entry{the_map, blob{"k" + std::to_string(100 + n)}, blob{std::string(100, 'x')}}};
}

row_copy copy_with(std::uint64_t records) {
  row_copy c{1000};
  c.begin_empty();
  for (std::uint64_t n = 1; n <= records; ++n) c.append(numbered(n));
  return c;
}

}  // namespace

TEST_CASE("a ring keeps its order while it grows around the corner") {
  ring<int> r;
  for (int i = 0; i < 6; ++i) r.push_back(i);
  for (int i = 0; i < 4; ++i) r.pop_front();
  for (int i = 6; i < 40; ++i) r.push_back(i);
  REQUIRE(r.size() == 36);
  for (int i = 0; i < 36; ++i) CHECK(r[static_cast<std::size_t>(i)] == i + 4);
  r.pop_back();
  CHECK(r.back() == 38);
}

TEST_CASE("a log knows epochs and bytes from its base to its end") {
  row_log log;
  log.append(numbered(1, epoch(1)));
  log.append(numbered(2, epoch(1)));
  log.append(numbered(3, epoch(4)));
  const auto one = bytes_of(numbered(1).body);
  CHECK(log.bytes_between(seq(0), seq(3)) == 3 * one);
  CHECK(log.epoch_at(seq(0)) == epoch(0));
  CHECK(log.epoch_at(seq(3)) == epoch(4));
  CHECK_FALSE(log.epoch_at(seq(4)));
  log.trim_front();
  log.trim_front();
  CHECK(log.epoch_at(seq(2)) == epoch(1));
  CHECK_FALSE(log.epoch_at(seq(1)));
  CHECK(log.bytes_between(seq(2), seq(3)) == one);
  log.cut_after(seq(2));
  CHECK(log.end() == seq(2));
  CHECK(log.last_epoch() == epoch(1));
  log.append(numbered(3, epoch(5)));
  CHECK(log.last_epoch() == epoch(5));
}

TEST_CASE("a batch holds about so many bytes, and at least one record") {
  row_log log;
  for (std::uint64_t n = 1; n <= 5; ++n) log.append(numbered(n));
  const auto one = bytes_of(numbered(1).body);
  CHECK(log.batch(seq(0), seq(5), 1).size() == 1);
  CHECK(log.batch(seq(1), seq(5), 2 * one).size() == 2);
  CHECK(log.batch(seq(1), seq(3), 100 * one).back().seq == seq(3));
}

TEST_CASE("trimming stops at the ring's bound, at the commit, and at what is kept for others") {
  auto c = copy_with(20);
  const auto one = bytes_of(numbered(1).body);
  constexpr std::size_t many = 1000;
  c.commit_up_to(seq(10));
  SECTION("uncommitted records stay, however small the ring") {
    c.trim(0, many, {});
    CHECK(c.log().base() == seq(10));
  }
  SECTION("the ring keeps what fits") {
    c.trim(3 * one, many, {});
    CHECK(c.log().base() == seq(7));
  }
  SECTION("of small records it keeps a few") {
    c.trim(100 * one, 4, {});
    CHECK(c.log().base() == seq(6));
  }
  SECTION("a follower's need comes before the bound, until it needs too much") {
    const row_copy::retention need{seq(4), 8 * one};
    c.trim(one, many, std::span{&need, 1});
    CHECK(c.log().base() == seq(4));
    const row_copy::retention greed{seq(0), 5 * one};
    c.trim(one, many, std::span{&greed, 1});
    CHECK(c.log().base() == seq(5));
  }
}

TEST_CASE("what records took the place of is kept for the ring and for listeners, and goes first") {
  row_copy c{1000};
  c.begin_empty();
  const auto put = [&c](std::uint64_t n) { c.append({epoch(1), seq(n), put_entry{the_map, blob{"k"}, blob{std::string(100, 'x')}}}); };
  for (std::uint64_t n = 1; n <= 5; ++n) put(n);
  c.commit_up_to(seq(5));
  const auto one = bytes_of(c.log().at(seq(1)).body);
  CHECK(c.log().displaced_bytes() == 400);
  CHECK(c.log().bytes() == 5 * one + 400);
  CHECK_FALSE(c.log().displaced_at(seq(1)).was_there);
  CHECK(c.log().displaced_at(seq(2)).value == blob{std::string(100, 'x')});
  SECTION("they count against the ring") {
    c.trim(3 * one, 100, {});
    CHECK(c.log().displaced_base() == seq(4));
    CHECK(c.log().base() == seq(2));
    CHECK(c.log().displaced_bytes() == 100);
    CHECK(c.log().displaced_at(seq(4)).was_there);
    CHECK_FALSE(c.log().displaced_at(seq(4)).has_value);
    CHECK(c.log().displaced_at(seq(5)).has_value);
  }
  SECTION("a listener keeps them, a follower the records alone") {
    const row_copy::retention need{seq(1), 100 * one};
    c.trim(0, 100, std::span{&need, 1}, row_copy::retention{seq(3), 100 * one});
    CHECK(c.log().base() == seq(1));
    CHECK(c.log().displaced_base() == seq(3));
    CHECK(c.log().displaced_bytes() == 200);
  }
  SECTION("a listener keeps them within its bound") {
    c.trim(0, 100, {}, row_copy::retention{seq(0), 2 * one + 250});
    CHECK(c.log().base() == seq(3));
  }
}

TEST_CASE("a digest is the same wherever it is computed, and another for any other bytes") {
  CHECK(digest_of({}) == 0xefd01f60ba992926ULL);
  CHECK(digest_of("a") == 0x929903e940128fe0ULL);
  CHECK(digest_of("12345678") == 0x872fba89a72d1353ULL);
  CHECK(digest_of("123456789") == 0x86f68d4074b2d4ffULL);
  CHECK(digest_of(std::string(32, 'x')) == 0xad1ea39a5f8c5c09ULL);
  CHECK(digest_of(std::string(100, 'y')) == 0x3f0938a05f3ae31bULL);
  std::set<std::uint64_t> seen;
  std::size_t count = 0;
  for (std::size_t length = 0; length <= 100; ++length) {
    std::string bytes(length, '\0');
    for (std::size_t changed = 0; changed <= length; ++changed, ++count) {
      seen.insert(digest_of(bytes));
      if (changed < length) bytes[changed] = 1;
    }
  }
  CHECK(seen.size() == count);
}

TEST_CASE("a checksum depends on contents and versions, not on their order or history") {
  row_store a;
  row_store b;
  a.put(the_map, "x", blob{"1"}, seq(1));
  a.put(the_map, "y", blob{"2"}, seq(2));
  b.put(the_map, "z", blob{"3"}, seq(1));
  b.put(the_map, "y", blob{"2"}, seq(2));
  b.put(the_map, "x", blob{"1"}, seq(1));
  CHECK(a.checksum() != b.checksum());
  b.apply({epoch(1), seq(3), erase_entry{the_map, blob{"z"}}});
  CHECK(a.checksum() == b.checksum());
  CHECK(a.image() == b.image());
  b.put(the_map, "x", blob{"1"}, seq(4));
  CHECK(a.checksum() != b.checksum());
  CHECK(b.find(the_map)->bytes == 4);
}
