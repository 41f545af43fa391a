/// Whatever the types can say arrives as it was said.
#include <catch2/catch.hpp>

#include <type_traits>

#include <troupe/messages/codec/codec.hpp>
#include <troupe/messages/types/client_message.hpp>

#include "random_values.hpp"

using namespace troupe;
using test::random_values;

namespace {

constexpr std::uint64_t seeds = 200;

template <class Message>
Message travelled(const Message& sent) {
  const auto frame = codec::encode(sent);
  const auto received = codec::decode_frame(frame.conversation(), frame.payload());
  INFO((received ? std::string{} : received.error().text));
  REQUIRE(received.has_value());
  REQUIRE(std::holds_alternative<Message>(*received));
  return std::get<Message>(*received);
}

template <class Variant>
void each_alternative_arrives() {
  for (std::size_t alternative = 0; alternative < std::variant_size_v<Variant>; ++alternative)
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      INFO("alternative " << alternative << " seed " << seed);
      const auto sent = random_values{seed}.alternative<Variant>(alternative);
      const bool arrived = travelled(sent) == sent;
      CHECK(arrived);
    }
}

std::size_t segments_of(const codec::frame_buffer& frame) { return (frame.payload()[0] & 0xffffffff) + 1; }

template <class Element>
std::size_t bytes_of_all(const std::vector<Element>& list) {
  std::size_t bytes = 0;
  for (const auto& element : list) bytes += codec::encoded_bytes(element);
  return bytes;
}

}  // namespace

SCENARIO("every membership message arrives as it was sent") { each_alternative_arrives<any_membership_message>(); }

SCENARIO("every client message arrives as it was sent") { each_alternative_arrives<any_client_message>(); }

SCENARIO("every replication message arrives as it was sent") {
  for (std::size_t alternative = 0; alternative < std::variant_size_v<any_replication_message>; ++alternative)
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      INFO("alternative " << alternative << " seed " << seed);
      random_values values{seed};
      const replication_batch sent{values.number<member_no>(), values.name(), {values.alternative<any_replication_message>(alternative)}};
      const bool arrived = travelled(sent) == sent;
      CHECK(arrived);
    }
}

SCENARIO("batches of replication messages arrive in their order") {
  for (std::uint64_t seed = 0; seed < 5 * seeds; ++seed) {
    INFO("seed " << seed);
    const auto sent = random_values{seed}.batch();
    const bool arrived = travelled(sent) == sent;
    CHECK(arrived);
  }
}

SCENARIO("hot frames are written in one piece, of the size that was foretold") {
  // Not a matter of right or wrong, but of a second copy of every value.
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    INFO("seed " << seed);
    random_values values{seed};

    const auto batch = values.batch();
    const auto replication = codec::encode(batch);
    CHECK(segments_of(replication) == 1);
    CHECK(replication.bytes().size() <= bytes_of_all(batch.list) + codec::frame_overhead_bytes);
    CHECK(replication.bytes().size() >= bytes_of_all(batch.list));

    client_message::operations operations{{values.an_operation(), values.an_operation()}};
    const auto asked = codec::encode(any_client_message{operations});
    CHECK(segments_of(asked) == 1);
    CHECK(asked.bytes().size() <= bytes_of_all(operations.list) + codec::frame_overhead_bytes);

    client_message::replies replies{{values.a_reply(), values.a_reply(), values.a_reply()}};
    const auto answered = codec::encode(any_client_message{replies});
    CHECK(segments_of(answered) == 1);
    CHECK(answered.bytes().size() <= bytes_of_all(replies.list) + codec::frame_overhead_bytes);
  }
}

SCENARIO("a value that is to be stored arrives with its key, in one piece") {
  // Not a matter of right or wrong either: the store would make one of two.
  const replication_batch sent{member_no{1},
                               {view_number{1}, 1},
                               {replication_message::records{{{1, 0}, partition_id{0}},
                                                             epoch_number{1},
                                                             seq_number{1},
                                                             seq_number{0},
                                                             {{epoch_number{1}, seq_number{1}, put_entry{map_id{1}, blob{"k"}, blob{"v"}}}},
                                                             {}}}};
  const auto records = std::get<replication_message::records>(travelled(sent).list[0]);
  CHECK(std::get<put_entry>(records.list[0].body).value.key() == "k");

  replication_message::snapshot_chunk chunk;
  chunk.entries.push_back({map_id{1}, seq_number{1}, blob{"k"}, blob{"v"}});
  const auto arrived = travelled(replication_batch{member_no{1}, {view_number{1}, 1}, {chunk}});
  CHECK(std::get<replication_message::snapshot_chunk>(arrived.list[0]).entries[0].value.key() == "k");

  const auto value_of = [](operation_kind kind) {
    operation o;
    o.kind = kind;
    o.key = blob{"k"};
    o.value = blob{"v"};
    o.stamp = {client_id{{1}}, write_number{1}, write_number{1}};
    return std::get<client_message::operations>(travelled(any_client_message{client_message::operations{{o}}})).list[0].value;
  };
  CHECK(value_of(operation_kind::put).key() == "k");
  CHECK(value_of(operation_kind::put_if_absent).key() == "k");
  CHECK_FALSE(value_of(operation_kind::execute).has_key());
}

SCENARIO("a value of the greatest size arrives") {
  const std::string four_mebibytes(4 * 1024 * 1024, 'v');
  const replication_batch sent{
      member_no{1},
      {view_number{1}, 1},
      {replication_message::records{{{1, 0}, partition_id{0}},
                                    epoch_number{1},
                                    seq_number{1},
                                    seq_number{0},
                                    {{epoch_number{1}, seq_number{1}, put_entry{map_id{1}, blob{"k"}, blob{four_mebibytes}}}},
                                    {}}}};
  CHECK(segments_of(codec::encode(sent)) == 1);
  const bool arrived = travelled(sent) == sent;
  CHECK(arrived);
}

SCENARIO("a large view arrives, in as many pieces as its frame has") {
  random_values values{7};
  auto large = *values.a_view();
  large.settings.partition_count = 5000;
  const std::vector members{large.members[0].number, large.members[1].number, large.members[2].number};
  for (auto& table : large.tables) {
    table.rows.clear();
    for (int i = 0; i < 5000; ++i) table.rows.push_back(values.a_row(members));
    for (auto& r : table.rows) r.status = r.primary == nobody ? row_status::lost : row_status::served;
  }
  const any_membership_message sent = membership_message::full_view{std::make_shared<const view>(large)};
  CHECK(segments_of(codec::encode(sent)) > 1);
  const bool arrived = travelled(sent) == sent;
  CHECK(arrived);
}

SCENARIO("empty lists arrive empty") {
  const replication_batch nothing{member_no{1}, {view_number{1}, 1}, {}};
  CHECK(travelled(nothing) == nothing);
  const any_client_message no_operations = client_message::operations{};
  CHECK(travelled(no_operations) == no_operations);
  const any_client_message no_replies = client_message::replies{};
  CHECK(travelled(no_replies) == no_replies);
  const any_client_message no_view = client_message::view_update{};
  CHECK(travelled(no_view) == no_view);
}
