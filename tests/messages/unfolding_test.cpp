/// A small frame must not unfold into a large value. Cap'n Proto leaves room for that: lists of structs of no size, many pointers to one
/// place. The frames here are written word by word, as no encoder would.
#include <catch2/catch.hpp>

#include <initializer_list>
#include <vector>

#include <troupe/messages/codec/codec.hpp>
#include <troupe/messages/types/client_message.hpp>

#include "allocation_meter.hpp"

using namespace troupe;
using codec::conversation;
using codec::error_kind;
using codec::word;

namespace {

// The encoding: https://capnproto.org/encoding.html. Offsets count from the word after the pointer.
constexpr word struct_pointer(word offset, word data_words, word pointers) { return offset << 2 | data_words << 32 | pointers << 48; }
constexpr word byte_list(word offset, word bytes) { return offset << 2 | 1 | word{2} << 32 | bytes << 35; }
constexpr word struct_list(word offset, word words) { return offset << 2 | 1 | word{7} << 32 | words << 35; }
constexpr word list_tag(word elements, word data_words, word pointers) { return elements << 2 | data_words << 32 | pointers << 48; }

std::vector<word> one_segment(std::vector<word> segment) {
  segment.insert(segment.begin(), word{segment.size()} << 32);
  return segment;
}

/// A replication frame whose list claims `elements` structs of no size, with `padding` words that nothing refers to.
std::vector<word> claims(word elements, std::size_t padding) {
  std::vector<word> segment{struct_pointer(0, 3, 1), 1, 1, 1, struct_list(0, 0), list_tag(elements, 0, 0)};
  segment.resize(segment.size() + padding);
  return one_segment(std::move(segment));
}

/// `count` operations, both blobs of each of which are one and the same run of bytes.
std::vector<word> operations_that_share(word count, word bytes) {
  std::vector<word> segment{struct_pointer(0, 1, 1), 0, struct_list(0, 2 * count), list_tag(count, 0, 2)};
  const auto target = segment.size() + 2 * count;
  while (segment.size() < target) segment.push_back(byte_list(target - segment.size() - 1, bytes));
  segment.resize(target + bytes / sizeof(word), 0x4141414141414141);
  return one_segment(std::move(segment));
}

struct attempt {
  codec::result<any_frame> read;
  std::size_t bytes;
};

attempt decode(conversation about, const std::vector<word>& payload) {
  const test::allocation_meter meter;
  auto read = codec::decode_frame(about, payload);
  return {std::move(read), meter.bytes()};
}

std::size_t few_times(const std::vector<word>& payload) { return 4 * payload.size() * sizeof(word) + 8 * 1024; }

template <class Message>
bool travels(const Message& m) {
  const auto frame = codec::encode(m);
  const auto read = codec::decode_frame(frame.conversation(), frame.payload());
  return read.has_value() && std::get<Message>(*read) == m;
}

}  // namespace

SCENARIO("a list of half a billion structs in 7 words is refused") {
  const auto payload = claims((word{1} << 29) - 1, 0);
  const auto [read, bytes] = decode(conversation::replication, payload);
  CHECK_FALSE(read.has_value());
  CHECK(bytes <= few_times(payload));
}

SCENARIO("a list of as many structs as Cap'n Proto itself lets through is refused") {
  const auto payload = claims(8'000, 1'000);
  const auto [read, bytes] = decode(conversation::replication, payload);
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().kind == error_kind::excess);
  CHECK(bytes <= few_times(payload));
}

SCENARIO("bytes that many operations share are not copied for each") {
  GIVEN("few operations") {
    const auto payload = operations_that_share(1, 64);
    THEN("that is allowed: pointers to one place are well-formed") {
      const auto [read, bytes] = decode(conversation::client, payload);
      REQUIRE(read.has_value());
      CHECK(std::get<client_message::operations>(std::get<any_client_message>(*read)).list[0].value == blob{std::string(64, 'A')});
    }
  }
  GIVEN("many operations") {
    const auto payload = operations_that_share(100, 8 * 1024);
    THEN("they are refused before they take much memory") {
      const auto [read, bytes] = decode(conversation::client, payload);
      CHECK_FALSE(read.has_value());
      CHECK(bytes <= few_times(payload));
    }
  }
}

SCENARIO("what we send ourselves unfolds within the bound, also where elements are smallest") {
  constexpr std::size_t many = 10'000;
  namespace r = replication_message;
  THEN("replication messages") {
    CHECK(travels(replication_batch{member_no{1}, {}, std::vector<any_replication_message>(many, r::sealed_above{})}));
    r::pulled log;
    for (std::size_t i = 0; i < many; ++i) log.list.push_back({epoch_number{1}, seq_number{i + 1}, clear_map{}});
    CHECK(travels(replication_batch{member_no{1}, {}, {log}}));
    for (auto& entry : log.list) entry.body = free_lock{map_id{1}, {}, 0};
    CHECK(travels(replication_batch{member_no{1}, {}, {log}}));
    for (auto& entry : log.list) entry.body = put_entry{map_id{1}, blob{"k"}, blob{"v"}};
    CHECK(travels(replication_batch{member_no{1}, {}, {log}}));
    r::snapshot_chunk chunk;
    chunk.entries.resize(many);
    CHECK(travels(replication_batch{member_no{1}, {}, {chunk}}));
    r::snapshot_chunk locks;
    for (std::uint32_t i = 1; i <= many; ++i) locks.locks.push_back({map_id{i}, {}, {{client_id{{1}}, owner_number{1}}, {write_number{1}}, {}, {}}});
    CHECK(travels(replication_batch{member_no{1}, {}, {locks}}));
    r::records cleared;
    cleared.first = seq_number{1};
    cleared.list.push_back({epoch_number{1}, seq_number{1}, clear_map{map_id{1}, std::vector<blob>(many, blob{"k"})}});
    CHECK(travels(replication_batch{member_no{1}, {}, {cleared}}));
  }
  THEN("operations, replies, pages, statistics") {
    CHECK(travels(any_client_message{client_message::operations{std::vector<operation>(many)}}));
    CHECK(travels(any_client_message{client_message::replies{std::vector<reply>(many)}}));
    reply page;
    page.page.assign(many, {blob{"k"}, blob{}});
    CHECK(travels(any_client_message{client_message::replies{{page}}}));
    client_message::command_result result;
    result.stats.maps.resize(many);
    CHECK(travels(any_client_message{result}));
  }
  THEN("wishes and changes") {
    using namespace membership_message;
    CHECK(travels(any_membership_message{wishes{{}, std::vector<wish>(many, wish{wish::reset_lost{}})}}));
    CHECK(travels(any_membership_message{heartbeat{{}, {}, std::vector<member_no>(many)}}));
    join_request request{{nobody, {}, {"h", 1}, "", "", {}, false}, {}, {}};
    request.who.id.bytes[0] = 1;
    request.settings.maps.assign(many, {"", {}, false});
    CHECK(travels(any_membership_message{request}));
    row small;
    small.epoch = epoch_number{1};
    small.config = config_number{1};
    small.status = row_status::lost;
    view_change change;
    change.rows.assign(many, {{}, small});
    for (std::uint32_t i = 0; i < many; ++i) {
      change.joins.push_back(request.who);
      change.joins.back().number = member_no{i + 1};
      change.maps_created.push_back({map_id{i + 1}, "m", {}, false});
    }
    CHECK(travels(any_membership_message{decided{{}, change}}));
  }
}
