// Strangers on a member's port. It stays up, serves on, keeps its memory, and ends every such connection.
#include <catch2/catch.hpp>

#include <random>

#include <troupe/messages/types/client_message.hpp>

#include "tests/cluster/raw_peer.hpp"
#include "tests/cluster/test_cluster.hpp"
#include "tests/cluster/workload.hpp"

namespace troupe::cluster {

namespace {

using bytes = std::vector<std::byte>;

bytes bytes_of(const codec::frame_buffer& frame) { return {frame.bytes().begin(), frame.bytes().end()}; }

bytes operator+(bytes a, const bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// Makes what strangers say. The same seed says the same.
class stranger {
 public:
  stranger(std::string cluster, std::uint64_t seed) : cluster_(std::move(cluster)), random_(seed) {}

  bytes next() {
    switch (++said_ % 10) {
      case 0: return noise(1 + below(600));
      case 1: return header(0xffff'ffffu, 1) + noise(64);
      case 2: return header(below(2) == 0 ? 513 : 4096, 1) + noise(5000);
      case 3: return cut(greeting());
      case 4: return flipped(greeting());
      case 5: return bytes_of(codec::encode(client_hello("another cluster")));
      case 6: return greeting() + header(0xffff'ffffu, 4) + noise(64);
      case 7: return greeting() + cut(question());
      case 8: return greeting() + flipped(question());
      default: return greeting() + noise(8 + below(300));
    }
  }

 private:
  std::size_t below(std::size_t end) { return std::uniform_int_distribution<std::size_t>{0, end - 1}(random_); }

  bytes noise(std::size_t size) {
    bytes all(size);
    for (auto& b : all) b = static_cast<std::byte>(below(256));
    return all;
  }
  static bytes header(std::uint32_t payload_words, std::uint8_t conversation) {
    bytes all(codec::frame_header_bytes);
    for (std::size_t i = 0; i < 4; ++i) all[i] = static_cast<std::byte>(payload_words >> (8 * i));
    all[4] = static_cast<std::byte>(conversation);
    return all;
  }
  bytes greeting() { return bytes_of(codec::encode(client_hello(cluster_))); }
  /// On a map that the honest don't use: some of the operations clear it, and are as good as anybody's until peers are authenticated.
  bytes question() {
    operation some;
    some.kind = static_cast<operation_kind>(below(13));
    some.row = {{1, 1}, partition_id{static_cast<std::uint32_t>(below(271))}};
    some.map = map_id{2};
    some.key = blob{"some key"};
    some.value = blob{"some value"};
    return bytes_of(codec::encode(client_message::operations{{some}}));
  }
  bytes cut(bytes whole) {
    whole.resize(1 + below(whole.size() - 1));
    return whole;
  }
  bytes flipped(bytes whole) {
    for (std::size_t n = 1 + below(4); n > 0; --n) whole[below(whole.size())] ^= std::byte{1} << below(8);
    return whole;
  }

  const std::string cluster_;
  std::mt19937_64 random_;
  std::size_t said_ = 0;
};

/// So many at a time: all speak, then all wait until the member has closed.
void crowd(stranger& who, const address& where, std::size_t size) {
  std::vector<raw_peer> peers;
  for (std::size_t i = 0; i < size; ++i) {
    peers.emplace_back(where);
    peers.back().send(who.next());  // May fail: the member need not listen to the end.
    peers.back().finish_sending();
  }
  for (auto& p : peers) {
    if (!p.wait_closed()) FAIL("a member kept the connection of a stranger");
  }
}

}  // namespace

SCENARIO("10,000 connections of strangers do a member no harm", "[hostile]") {
  test_cluster cluster{3};
  auto& client = cluster.client();
  client.set("one", "key", "value");
  client.set("both", "some key", "value");
  REQUIRE(cluster.wait_safe(3));
  REQUIRE(client.view()->find_map("both")->id == map_id{2});
  stranger who{cluster.name(), 7};
  constexpr std::size_t at_once = 100;
  crowd(who, cluster[0].address(), at_once);  // What it takes once, it may keep.
  const auto before = cluster[0].process().resident_kib();

  const auto members = client.view()->members;
  workload honest{client, {.entries = 4000, .per_second = 400}};
  for (std::size_t connections = at_once; connections < 10'000; connections += at_once) crowd(who, cluster[0].address(), at_once);
  CHECK_FALSE(cluster[0].process().has_ended());
  const auto after = cluster[0].process().resident_kib();
  WARN("resident before " << before << " KiB, after " << after << " KiB");
  CHECK(after < before + 64 * 1024 + kept_by_the_sanitizer_kib);
  const auto outcome = honest.finish();
  CAPTURE(outcome.reasons);
  CHECK(outcome.failed() == 0);
  CHECK(honest.verify(client) == all_of(4000));
  CHECK(client.get("one", "key") == "value");
  CHECK(cluster.wait_safe(3));
  CHECK(client.view()->members == members);  // Nobody was removed meanwhile, nor came back as another.
}

SCENARIO("handshakes that are never finished keep nobody out, and are cut off", "[hostile]") {
  test_cluster cluster{1};
  const auto where = cluster[0].address();
  const auto half = [&] {
    auto all = bytes_of(codec::encode(client_hello(cluster.name())));
    all.resize(all.size() / 2);
    return all;
  }();
  std::vector<raw_peer> slow;
  for (int i = 0; i < 600; ++i) {
    slow.emplace_back(where);
    CHECK(slow.back().send(half));
  }
  CHECK(raw_peer::as_client(where, cluster.name()).current_view()->members.size() == 1);
  for (auto& peer : slow) REQUIRE(peer.wait_closed());
}

SCENARIO("another cluster's name and another version are refused with a word", "[hostile]") {
  test_cluster cluster{1};
  const auto refusal = [&](const hello& h) {
    raw_peer peer{cluster[0].address()};
    peer.send(codec::encode(h));
    const auto payload = peer.receive();
    REQUIRE(payload);
    const auto answer = codec::decode_welcome(*payload);
    REQUIRE(answer);
    return answer->refused;
  };
  CHECK_THAT(refusal(client_hello("elsewhere")), Catch::Contains("cluster"));
  auto later = client_hello(cluster.name());
  later.version = protocol_version + 1;
  CHECK_THAT(refusal(later), Catch::Contains("version"));
}

SCENARIO("keys and values over the limits get a definite error, by the client and by the member", "[hostile]") {
  test_cluster cluster{2};
  auto& client = cluster.client();
  client.set("one", "key", "value");
  REQUIRE(cluster.wait_safe(2));
  const auto limits = client.view()->settings.limits;
  const std::string long_key(limits.key_bytes_max + 1, 'k');
  const std::string long_value(limits.value_bytes_max + 1, 'v');
  const auto why = [&](std::string_view key, std::string_view value) {
    const auto r = client.call("one", single(operation_kind::put, key, value));
    CHECK(r.result == outcome::not_applied);
    return r.why;
  };
  CHECK(why(long_key, "v") == failure::key_too_large);
  CHECK(why("k", long_value) == failure::value_too_large);
  client.set("one", long_key.substr(1), long_value.substr(1));
  CHECK(client.get("one", long_key.substr(1)) == long_value.substr(1));

  const auto by_member = [&](std::string_view key, std::string_view value) {
    const auto v = client.view();
    operation put;
    put.request = request_number{1};
    put.routed_by = v->name.number;
    put.row = row_of(*v, "one", key);
    put.map = v->find_map("one")->id;
    put.kind = operation_kind::put;
    put.key = blob{key};
    put.value = blob{value};
    auto peer = raw_peer::as_client(v->find(v->find(put.row)->primary)->address, cluster.name());
    REQUIRE(peer.send(client_message::operations{{put}}));
    const auto answer = peer.receive_message();
    REQUIRE(answer);
    const auto first = std::get<client_message::replies>(*answer).list.front();
    CHECK(first.result == outcome::not_applied);
    return first.why;
  };
  CHECK(by_member(long_key, "v") == failure::key_too_large);
  CHECK(by_member("k", long_value) == failure::value_too_large);
  CHECK(client.size("one") == 2);
}

}  // namespace troupe::cluster
