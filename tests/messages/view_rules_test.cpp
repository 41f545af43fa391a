/// Views that break an invariant of their type don't come out of the codec, however well-formed their bytes are.
#include <catch2/catch.hpp>

#include <functional>

#include <troupe/messages/codec/codec.hpp>

#include "random_values.hpp"

using namespace troupe;
using codec::error_kind;
using test::random_values;

namespace {

incarnation numbered(std::uint8_t n) {
  incarnation id;
  id.bytes[15] = n;
  return id;
}

member a_member(std::uint32_t n) {
  return {member_no{n}, numbered(static_cast<std::uint8_t>(n)), {"host", 5701}, "host", "", member_kind::data, false};
}

row a_row() {
  row r;
  r.epoch = epoch_number{1};
  r.config = config_number{1};
  r.primary = member_no{1};
  r.in_sync = {member_no{1}, member_no{2}};
  r.learners = {member_no{3}};
  return r;
}

/// Three members, two maps of one durability, two partitions.
view a_sound_view() {
  view v;
  v.cluster.bytes[0] = 1;
  v.name = {view_number{3}, 99};
  v.voters_since = view_number{3};
  v.members = {a_member(1), a_member(2), a_member(3)};
  v.next_member = member_no{4};
  v.maps = {{map_id{1}, "orders", {1, 0}, false}, {map_id{2}, "stock", {1, 0}, false}};
  v.next_map = map_id{3};
  v.tables = {{{1, 0}, {a_row(), a_row()}}};
  v.settings.partition_count = 2;
  return v;
}

template <class Message>
codec::result<any_frame> travelled(Message m) {
  const auto frame = codec::encode(any_membership_message{std::move(m)});
  return codec::decode_frame(frame.conversation(), frame.payload());
}

codec::result<any_frame> travelled(const view& v) { return travelled(membership_message::full_view{std::make_shared<const view>(v)}); }

struct flaw {
  const char* what;
  std::function<void(view&)> make;
};

const flaw flaws[] = {
    {"no cluster", [](view& v) { v.cluster = {}; }},
    {"no number", [](view& v) { v.name.number = view_number{0}, v.voters_since = view_number{0}; }},
    {"voters of the future", [](view& v) { v.voters_since = view_number{4}; }},
    {"members out of order", [](view& v) { std::swap(v.members[0], v.members[1]); }},
    {"a member twice", [](view& v) { v.members[1] = v.members[0]; }},
    {"an incarnation twice", [](view& v) { v.members[1].id = v.members[0].id; }},
    {"a member without a number", [](view& v) { v.members.insert(v.members.begin(), a_member(0)), v.members[0].id = numbered(9); }},
    {"a member of nil incarnation", [](view& v) { v.members[2].id = {}; }},
    {"a member without a host", [](view& v) { v.members[2].address.host.clear(); }},
    {"a member above the next number", [](view& v) { v.next_member = member_no{3}; }},
    {"maps out of order", [](view& v) { std::swap(v.maps[0], v.maps[1]); }},
    {"a map without an id", [](view& v) { v.maps[0].id = map_id{}; }},
    {"a map name twice", [](view& v) { v.maps[1].name = v.maps[0].name; }},
    {"a map without a name", [](view& v) { v.maps[0].name.clear(); }},
    {"a map name of 256 bytes", [](view& v) { v.maps[0].name.assign(256, 'n'); }},
    {"a map above the next id", [](view& v) { v.next_map = map_id{2}; }},
    {"no id for the next map", [](view& v) { v.maps.clear(), v.next_map = map_id{}; }},
    {"a map without rows",
     [](view& v) {
       v.maps[0].kind = {2, 0};
     }},
    {"a map of 7 backups",
     [](view& v) {
       v.maps[0].kind = {4, 3};
     }},
    {"a table of 7 backups",
     [](view& v) {
       v.tables.push_back({{7, 0}, v.tables[0].rows});
     }},
    {"lone decisions out of order",
     [](view& v) {
       v.name.number = view_number{9};
       v.lone = {{{view_number{5}, 1}, member_no{1}, member_no{2}}, {{view_number{5}, 2}, member_no{1}, member_no{2}}};
     }},
    {"a lone decision from the future", [](view& v) { v.lone = {{{v.name.number, 1}, member_no{1}, member_no{2}}}; }},
    {"a lone decision of one voter",
     [](view& v) {
       v.name.number = view_number{9};
       v.lone = {{{view_number{5}, 1}, member_no{1}, member_no{1}}};
     }},
    {"a lone decision of nobody",
     [](view& v) {
       v.name.number = view_number{9};
       v.lone = {{{view_number{5}, 1}, nobody, member_no{1}}};
     }},
    {"too many lone decisions",
     [](view& v) {
       v.name.number = view_number{99};
       for (std::uint64_t i = 1; i <= view::lone_max + 1; ++i) v.lone.push_back({{view_number{i}, 1}, member_no{1}, member_no{2}});
     }},
    {"a table twice", [](view& v) { v.tables.push_back(v.tables[0]); }},
    {"tables out of order",
     [](view& v) {
       v.tables.push_back({{0, 0}, v.tables[0].rows});
     }},
    {"a row too few", [](view& v) { v.tables[0].rows.pop_back(); }},
    {"a row too many", [](view& v) { v.tables[0].rows.push_back(a_row()); }},
    {"no partitions", [](view& v) { v.settings.partition_count = 0, v.tables[0].rows.clear(); }},
    {"too many partitions", [](view& v) { v.settings.partition_count = 100'001, v.tables.clear(), v.maps.clear(); }},
    {"an unborn row where no map moves",
      [](view& v) {
        v.tables[0].rows[0].status = row_status::unborn;
        v.tables[0].rows[0].primary = nobody;
        v.tables[0].rows[0].in_sync = v.tables[0].rows[0].learners = v.tables[0].rows[0].async_backups = {};
        v.tables[0].rows[0].successor = nobody;
      }},
    {"a row that forms where no map moves", [](view& v) { v.tables[0].rows[0].status = row_status::forming; }},
    {"a map that moves from where it is", [](view& v) { v.maps[0].moves_from = v.maps[0].group(); }},
    {"a map that moves from nowhere", [](view& v) { v.maps[0].moves_from = row_group{{3, 3}}; }},
    {"a group above the next one", [](view& v) { v.next_group = group_number{0}; }},
    {"a row without an epoch", [](view& v) { v.tables[0].rows[1].epoch = {}; }},
    {"a row without a config", [](view& v) { v.tables[0].rows[1].config = {}; }},
    {"a primary that is not in sync", [](view& v) { v.tables[0].rows[1].primary = member_no{3}; }},
    {"a served row without a primary", [](view& v) { v.tables[0].rows[1].primary = nobody; }},
    {"a lost row with a primary", [](view& v) { v.tables[0].rows[1].status = row_status::lost; }},
    {"a successor that is not in sync", [](view& v) { v.tables[0].rows[1].successor = member_no{3}; }},
    {"a learner in sync", [](view& v) { v.tables[0].rows[1].learners.insert(member_no{2}); }},
    {"an async backup in sync", [](view& v) { v.tables[0].rows[1].async_backups.insert(member_no{2}); }},
    {"a learner that is an async backup", [](view& v) { v.tables[0].rows[1].async_backups.insert(member_no{3}); }},
    {"a stranger in sync", [](view& v) { v.tables[0].rows[1].in_sync.insert(member_no{4}); }},
    {"a stranger learns", [](view& v) { v.tables[0].rows[1].learners.insert(member_no{4}); }},
    {"a stranger as async backup", [](view& v) { v.tables[0].rows[1].async_backups.insert(member_no{4}); }},
    {"a stranger unsealed", [](view& v) { v.tables[0].rows[1].unsealed.insert(member_no{4}); }},
    {"nobody in sync", [](view& v) { v.tables[0].rows[1].in_sync.insert(nobody); }},
    {"a definition of 7 backups",
     [](view& v) {
       v.settings.maps.push_back({"x", {6, 1}, false});
     }},
    {"a negative lease", [](view& v) { v.settings.times.lease = seconds{-1}; }},
    {"a heartbeat of a thousand years", [](view& v) { v.settings.times.heartbeat = seconds{1'000LL * 365 * 24 * 3600 / 4}; }},
};

}  // namespace

SCENARIO("a sound view arrives") { CHECK(travelled(a_sound_view()).has_value()); }

SCENARIO("a view with one flaw does not arrive") {
  for (const auto& flaw : flaws) {
    INFO(flaw.what);
    auto v = a_sound_view();
    flaw.make(v);
    const auto read = travelled(v);
    CHECK_FALSE(read.has_value());
    if (!read) CHECK(read.error().kind == error_kind::value);
  }
}

SCENARIO("a lost row has no primary, and may have others") {
  auto v = a_sound_view();
  auto& row = v.tables[0].rows[0];
  row.status = row_status::lost;
  row.primary = nobody;
  row.in_sync.clear();
  CHECK(travelled(v).has_value());
}

SCENARIO("a change numbers newcomers and new maps without holes") {
  const view_name base{view_number{3}, 99};
  view_change change;
  change.joins = {a_member(4), a_member(5)};
  change.maps_created = {{map_id{3}, "a", {1, 0}, false}, {map_id{4}, "b", {1, 0}, false}};
  const auto arrives = [&] { return travelled(membership_message::decided{base, change}).has_value(); };
  CHECK(arrives());
  WHEN("a member's number is left out") {
    change.joins[1].number = member_no{6};
    THEN("it does not arrive") { CHECK_FALSE(arrives()); }
  }
  WHEN("a member has no number") {
    change.joins[0].number = nobody;
    THEN("it does not arrive") { CHECK_FALSE(arrives()); }
  }
  WHEN("a map's id is left out") {
    change.maps_created[1].id = map_id{5};
    THEN("it does not arrive") { CHECK_FALSE(arrives()); }
  }
  WHEN("a row is out of any range") {
    change.rows = {{{{1, 0}, partition_id{100'000}}, a_row()}};
    THEN("it does not arrive") { CHECK_FALSE(arrives()); }
  }
}

SCENARIO("who asks to join has no number yet") {
  CHECK(travelled(membership_message::join_request{{nobody, numbered(1), {"host", 1}, "", "", {}, false}, {}, {}}).has_value());
  CHECK_FALSE(travelled(membership_message::join_request{a_member(1), {}, {}}).has_value());
}

SCENARIO("times that would overflow don't arrive") {
  CHECK_FALSE(travelled(membership_message::heartbeat{{}, instant{nanoseconds{-1}}, {}}).has_value());
  CHECK_FALSE(travelled(membership_message::heartbeat_ack{{}, instant::max()}).has_value());
}

SCENARIO("numbers from which counting on would overflow don't arrive") {
  constexpr auto largest = ~std::uint64_t{0} / 2;
  const auto arrives = [](const any_replication_message& m) {
    const auto frame = codec::encode(replication_batch{member_no{1}, {}, {m}});
    return codec::decode_frame(codec::conversation::replication, frame.payload()).has_value();
  };
  const auto image_at = [](std::uint64_t position) {
    replication_message::snapshot_chunk chunk;
    chunk.at = seq_number{position};
    return chunk;
  };
  CHECK(arrives(image_at(largest)));
  CHECK_FALSE(arrives(image_at(largest + 1)));
  CHECK(arrives(replication_message::sealed_above{{}, epoch_number{largest}}));
  CHECK_FALSE(arrives(replication_message::sealed_above{{}, epoch_number{largest + 1}}));
  CHECK_FALSE(travelled(membership_message::view_pull{{view_number{largest + 1}, 0}}).has_value());
  CHECK_FALSE(travelled(membership_message::prepare{{}, {std::uint32_t{1} << 31, member_no{1}}}).has_value());
}

SCENARIO("a name that no map may have can't be wished for") {
  const auto arrives = [](std::string name) {
    return travelled(membership_message::wishes{{}, {{membership_message::wish::create_map{std::move(name)}}}}).has_value();
  };
  CHECK(arrives("n"));
  CHECK(arrives(std::string(255, 'n')));
  CHECK_FALSE(arrives(""));
  CHECK_FALSE(arrives(std::string(256, 'n')));
}
