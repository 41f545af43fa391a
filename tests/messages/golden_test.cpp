/// The bytes of one frame per conversation, as they were when this protocol version was settled. Whoever has to change them changes the
/// wire: members of different builds would no longer understand each other, and `protocol_version` must go up.
#include <catch2/catch.hpp>

#include <cstdio>
#include <string>

#include <troupe/messages/codec/codec.hpp>

using namespace troupe;

namespace {

template <class Id>
Id counting_id() {
  Id id;
  for (std::size_t i = 0; i < id.bytes.size(); ++i) id.bytes[i] = static_cast<std::uint8_t>(i * 0x11);
  return id;
}

/// A line a word.
std::string hex(const codec::frame_buffer& frame) {
  std::string text;
  std::size_t at = 0;
  for (auto b : frame.bytes()) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", std::to_integer<unsigned>(b));
    text += digits;
    if (++at % sizeof(codec::word) == 0) text += '\n';
  }
  return text;
}

hello a_hello() { return {4, "orders", connection_role::member_data, counting_id<incarnation>(), {"10.0.0.1", 5701}}; }

any_membership_message a_promise() {
  view_change change;
  change.removals = {member_no{3}};
  return membership_message::promise{
      {view_number{7}, 0x1122334455667788}, {2, member_no{4}}, membership_message::vote{{1, member_no{2}}, change}};
}

write_stamp a_stamp() { return {counting_id<client_id>(), write_number{0x77}, write_number{0x66}}; }

replication_batch a_batch() {
  const row_id row{{1, 2}, partition_id{17}};
  const record put{epoch_number{5}, seq_number{100}, put_entry{map_id{9}, blob{"key"}, blob{"value"}, {row_time{0x44}, milliseconds{0x33}, milliseconds{0x22}}},
                   {a_stamp(), operation_kind::replace, true, 3}};
  const record processed{epoch_number{6}, seq_number{102}, no_change{map_id{9}, blob{"key"}},
                         {a_stamp(), operation_kind::execute, true, 0, blob{"why not"}, failure::processor_failed}};
  const record erase{epoch_number{6}, seq_number{101}, erase_entry{map_id{9}, blob{"other key"}, removal::evicted}};
  return {member_no{4},
          {view_number{7}, 0x1122334455667788},
          {replication_message::records{row, epoch_number{6}, seq_number{100}, seq_number{99}, {put, erase, processed}, epoch_number{5}, row_time{0x4444},
                                        0x8877665544332211, confirmation_number{0x55}},
           replication_message::ack{row, epoch_number{6}, feed_number{1}, seq_number{98}, true, epoch_number{5}, seq_number{97},
                                    agreement::equal, true, confirmation_number{0x66}}}};
}

operation a_write(std::uint64_t request, operation_kind kind) {
  operation o;
  o.request = request_number{request};
  o.routed_by = view_number{7};
  o.row = {{1, 2}, partition_id{17}};
  o.map = map_id{9};
  o.kind = kind;
  o.asked_before = true;
  o.copies_min = 2;
  o.key = blob{"key"};
  o.stamp = a_stamp();
  o.since = seq_number{0x55};
  return o;
}

any_client_message an_operation() {
  auto replace = a_write(1000, operation_kind::replace_if_equal);
  replace.value = blob{"new"};
  replace.expected = blob{"old"};
  replace.life = {milliseconds{0x11}, std::nullopt};
  auto execute = a_write(1001, operation_kind::execute_if_present);
  execute.value = blob{"argument"};
  execute.processor = blob{"increment"};
  operation get;
  get.request = request_number{1003};
  get.routed_by = view_number{7};
  get.row = {{1, 2}, partition_id{18}};
  get.map = map_id{9};
  get.key = blob{"other"};
  return client_message::operations{{replace, execute, get}};
}

any_client_message a_listen() {
  operation o;
  o.request = request_number{1002};
  o.routed_by = view_number{7};
  o.row = {{1, 2}, partition_id{17}};
  o.map = map_id{9};
  o.kind = operation_kind::listen;
  o.key = blob{"key"};
  o.value = blob{"argument"};
  o.page_bytes = 4096;
  o.since = seq_number{0x55};
  o.processor = blob{"larger"};
  o.epoch = epoch_number{0x66};
  o.by_key = true;
  o.old_values = true;
  return client_message::operations{{o}};
}

any_client_message events() {
  reply r;
  r.request = request_number{1002};
  r.epoch = epoch_number{0x66};
  r.seq = seq_number{0x58};
  r.committed = seq_number{0x59};
  r.events = {{row_event_kind::gap, seq_number{0x56}, {}, {}, {}, false, 0, gap_reason::too_late, seq_number{0x55}},
              {row_event_kind::updated, seq_number{0x57}, blob{"key"}, blob{"new"}, blob{"old"}, false, 0, {}, {}},
              {row_event_kind::cleared, seq_number{0x58}, {}, {}, {}, true, 3, {}, {}}};
  return client_message::replies{{r}};
}

}  // namespace

SCENARIO("a hello looks like this on the wire") {
  CHECK("\n" + hex(codec::encode(a_hello())) == R"(
0f00000001000000
000000000e000000
0000000001000100
0000000000000000
0000000001000300
0400000001000000
090000003a000000
0800000002000000
0c00000001000100
6f72646572730000
7766554433221100
ffeeddccbbaa9988
4516000000000000
010000004a000000
31302e302e302e31
0000000000000000
)");
}

SCENARIO("a promise looks like this on the wire") {
  CHECK("\n" + hex(codec::encode(a_promise())) == R"(
1900000002000000
0000000018000000
0000000002000100
0300000000000000
0000000000000000
0000000000000300
0800000002000000
0c00000001000000
0c00000000000200
0700000000000000
8877665544332211
0200000004000000
0400000001000000
0400000001000600
0100000002000000
0000000000000000
1500000007000000
150000000c000000
1500000004000000
1100000007000000
1100000007000000
1100000004000000
0000000001000400
0300000000000000
0000000000000200
0000000005000100
)");
}

SCENARIO("records and an acknowledgement look like this on the wire") {
  CHECK("\n" + hex(codec::encode(a_batch())) == R"(
4900000003000000
0000000048000000
0000000003000100
0400000000000000
0700000000000000
8877665544332211
01000000a7000000
0800000009000100
1100000001020000
0600000000000000
6400000000000000
6300000000000000
0500000000000000
4444000000000000
1122334455667788
0100000000000000
5500000000000000
2900000027010000
1100000001020100
0600000000000000
0100000003000100
6200000000000000
0500000000000000
6100000000000000
6600000000000000
0000000000000000
0000000000000000
0000000000000000
0c00000008000400
0500000000000000
0900000000000500
7766554433221100
ffeeddccbbaa9988
7700000000000000
6600000000000000
0300000000000000
0100000000000000
6d0000001a000000
6d0000002a000000
6c00000003000000
0000000000000000
0600000000000000
0900000001000000
0000000000000000
0000000000000000
0000000000000000
0000000000000000
0000000000000000
0000020000000000
510000004a000000
0000000000000000
0000000000000000
0000000000000000
0600000000000000
0900000003000e00
7766554433221100
ffeeddccbbaa9988
7700000000000000
6600000000000000
0000000000000000
0100000013000000
290000001a000000
0000000000000000
0000000000000000
210000003a000000
6b65790000000000
76616c7565000000
4400000000000000
3300000000000000
2200000000000000
6f74686572206b65
7900000000000000
6b65790000000000
776879206e6f7400
)");
}

SCENARIO("an operation looks like this on the wire") {
  CHECK("\n" + hex(codec::encode(an_operation())) == R"(
3700000004000000
0000000036000000
0000000001000100
0000000000000000
01000000af000000
0c00000004000300
e803000000000000
0700000000000000
1100000001020600
0900000001000000
410000001a000000
410000001a000000
4000000006000300
e903000000000000
0700000000000000
1100000001020f00
0900000001000000
610000001a000000
6100000042000000
6000000006000300
eb03000000000000
0700000000000000
1200000001020000
0900000000000000
790000002a000000
0000000000000000
0000000000000000
6b65790000000000
6e65770000000000
7766554433221100
ffeeddccbbaa9988
7700000000000000
6600000000000000
5500000000000000
0102000000000000
090000001a000000
0800000003000000
0000000000000000
6f6c640000000000
0100000000000000
1100000000000000
0000000000000000
6b65790000000000
617267756d656e74
7766554433221100
ffeeddccbbaa9988
7700000000000000
6600000000000000
5500000000000000
0102000000000000
0000000000000000
0000000000000000
010000004a000000
696e6372656d656e
7400000000000000
6f74686572000000
)");
}

SCENARIO("a listen looks like this on the wire") {
  CHECK("\n" + hex(codec::encode(a_listen())) == R"(
1300000004000000
0000000012000000
0000000001000100
0000000000000000
010000003f000000
0400000004000300
ea03000000000000
0700000000000000
1100000001021000
0900000002000000
090000001a000000
0900000042000000
0800000003000100
6b65790000000000
617267756d656e74
5500000000000000
6600000000000000
001000000c000000
0100000032000000
6c61726765720000
)");
}

SCENARIO("events look like this on the wire") {
  CHECK("\n" + hex(codec::encode(events())) == R"(
2300000004000000
0000000022000000
0000000001000100
0100000000000000
0100000047000000
0400000006000200
ea03000000000000
0000000000000200
0000000000000000
6600000000000000
5800000000000000
5900000000000000
0000000000000000
0100000097000000
0c00000003000300
0600010000000000
5600000000000000
5500000000000000
0000000000000000
0000000000000000
0000000000000000
0100000000000000
5700000000000000
0000000000000000
210000001a000000
210000001a000000
210000001a000000
0500000001000000
5800000000000000
0300000000000000
0000000000000000
0000000000000000
0000000000000000
6b65790000000000
6e65770000000000
6f6c640000000000
)");
}
