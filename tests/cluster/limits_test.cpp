// Many who ask and don't listen, a member that is slow, and one that is full, all at once: memory stays bounded, and the others are served.
#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>

#include <troupe/messages/types/client_message.hpp>

#include "tests/cluster/raw_peer.hpp"
#include "tests/cluster/test_cluster.hpp"
#include "tests/cluster/workload.hpp"

namespace troupe::cluster {

namespace {

constexpr std::size_t large_bytes = 256 * 1024;
constexpr std::size_t asked_bytes = 256 * 1024 * 1024;

std::string name_of(std::size_t entry) { return "large-" + std::to_string(entry); }

/// Stops and continues a member, again and again, each time for less than its lease.
class slow_motion {
 public:
  explicit slow_motion(running_member& whom) : thread_{[this, &whom] {
    while (!is_over_) {
      whom.stop();
      std::this_thread::sleep_for(milliseconds{150});
      whom.resume();
      std::this_thread::sleep_for(milliseconds{100});
    }
  }} {}
  ~slow_motion() {
    is_over_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> is_over_{false};
  std::thread thread_;
};

/// Each asks for `asked_bytes`, or what of that the member that it asks leads: all at once, and never reads an answer.
std::vector<raw_peer> who_never_listen(test_cluster& cluster, const view& v, std::size_t count, std::size_t entries) {
  std::vector<raw_peer> all;
  const auto rounds = asked_bytes / (large_bytes * entries);
  for (std::size_t n = 0; n < count; ++n) {
    auto& asked = cluster[n % 2];
    auto& peer = all.emplace_back(raw_peer::as_client(asked.address(), cluster.name()));
    std::uint64_t request = 0;
    for (std::size_t round = 0; round < rounds; ++round) {
      client_message::operations gets;
      for (std::size_t e = 0; e < entries; ++e) {
        operation get;
        get.request = request_number{++request};
        get.routed_by = v.name.number;
        get.row = row_of(v, "one", name_of(e));
        get.map = v.find_map("one")->id;
        get.kind = operation_kind::get;
        get.key = blob{name_of(e)};
        if (v.find(v.find(get.row)->primary)->id == incarnation{asked.ready().member}) gets.list.push_back(std::move(get));
      }
      peer.send(any_client_message{std::move(gets)});
    }
  }
  return all;
}

/// Writes entries that all members hold, until one of them may take no more. Returns how many were written.
std::size_t fill(connection& client) {
  for (std::size_t n = 0; n < 400; ++n) {
    const auto result = client.call("two", single(operation_kind::set, "filling-" + std::to_string(n), std::string(large_bytes, 'f')));
    if (result.result == outcome::ok) continue;
    CHECK(result.result == outcome::not_applied);
    CHECK(result.why == failure::out_of_memory);
    return n;
  }
  throw std::runtime_error("no member is ever full");
}

}  // namespace

SCENARIO("clients that never read, a slow member and a full one leave memory bounded, and the others served", "[limits]") {
  constexpr std::size_t large_entries = 16;
  constexpr std::size_t strangers = 64;
  test_cluster cluster{2};
  auto& client = cluster.client();
  auto& full = cluster.add({"--memory-limit", "32m"});
  REQUIRE(cluster.wait_safe(3));
  for (std::size_t e = 0; e < large_entries; ++e) client.set("one", name_of(e), std::string(large_bytes, 'v'));
  const auto filled = fill(client);
  REQUIRE(filled > 0);
  const auto before = client.view();
  const auto elsewhere = [&](const row& r) { return std::none_of(r.in_sync.begin(), r.in_sync.end(), [&](member_no m) { return before->find(m)->id == incarnation{full.ready().member}; }); };
  const auto keys = keys_in_rows(*before, "one", "small", 40, elsewhere);

  std::array<std::size_t, 2> at_first{cluster[0].process().resident_kib(), cluster[1].process().resident_kib()};
  std::array<std::size_t, 2> at_most = at_first;
  const auto silent = who_never_listen(cluster, *before, strangers, large_entries);
  const slow_motion slow{cluster[1]};
  for (int round = 0; round < 60; ++round) {
    const auto value = std::to_string(round);
    for (const auto& key : keys) client.set("one", key, value);
    for (const auto& key : keys) REQUIRE(client.get("one", key) == value);
    for (std::size_t i : {0U, 1U}) at_most[i] = std::max(at_most[i], cluster[i].process().resident_kib());
  }
  // Who is full refuses what grows, and nothing else.
  CHECK(fill(client) > 0);
  CHECK(client.get("two", "filling-0") == std::string(large_bytes, 'f'));
  CHECK(client.call("two", single(operation_kind::remove, "filling-0")).result == outcome::ok);

  for (std::size_t i : {0U, 1U}) {
    WARN("member " << i << ": resident at first " << at_first[i] << " KiB, at most " << at_most[i] << " KiB");
    CHECK(at_most[i] < at_first[i] + 512 * 1024 + kept_by_the_sanitizer_kib);
  }
  for (const auto& key : keys) CHECK(client.get("one", key) == "59");
  CHECK(client.view()->members == before->members);  // Nobody was removed.
  CHECK(full.process().resident_kib() < 512 * 1024 + kept_by_the_sanitizer_kib);
}

}  // namespace troupe::cluster
