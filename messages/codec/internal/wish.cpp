#include <troupe/messages/codec/internal/wish.hpp>

#include <troupe/messages/codec/internal/building.hpp>
#include <troupe/messages/codec/internal/ids.hpp>
#include <troupe/messages/codec/internal/view.hpp>
#include <troupe/messages/codec/internal/view_rules.hpp>

namespace troupe::codec {

namespace {

using membership_message::wish;
using builder = schema::Wish::Builder;

void write_kind(builder root, const wish::caught_up& from) {
  auto to = root.initCaughtUp();
  write_row_id(to.initRow(), from.row);
  to.setConfig(from.config.value());
  to.setLearner(from.learner.value());
}
wish::caught_up read(schema::Wish::CaughtUp::Reader from) {
  return {read_row_id(from.getRow()), read_counted<config_number>(from.getConfig()), member_no{from.getLearner()}};
}

void write_kind(builder root, const wish::handed_over& from) {
  auto to = root.initHandedOver();
  write_row_id(to.initRow(), from.row);
  to.setConfig(from.config.value());
  to.setSuccessor(from.successor.value());
}
wish::handed_over read(schema::Wish::HandedOver::Reader from) {
  return {read_row_id(from.getRow()), read_counted<config_number>(from.getConfig()), member_no{from.getSuccessor()}};
}

void write_kind(builder root, const wish::activated& from) {
  auto to = root.initActivated();
  write_row_id(to.initRow(), from.row);
  to.setEpoch(from.epoch.value());
}
wish::activated read(schema::Wish::Activated::Reader from) {
  return {read_row_id(from.getRow()), read_counted<epoch_number>(from.getEpoch())};
}

void write_kind(builder root, const wish::leave& from) { root.setLeave(from.who.value()); }
wish::leave read_leave(std::uint32_t from) { return {member_no{from}}; }

void write_kind(builder root, const wish::create_map& from) { root.setCreateMap(text(from.name)); }
wish::create_map read_create_map(capnp::Text::Reader from, allowance& memory) {
  wish::create_map create{read_text(from, memory)};
  check_map_name(create.name);
  return create;
}

void write_kind(builder root, const wish::destroy_map& from) { root.setDestroyMap(from.id.value()); }
wish::destroy_map read_destroy_map(std::uint32_t from) { return {map_id{from}}; }

void write_kind(builder root, const wish::reset_lost&) { root.setResetLost(); }

void write_kind(builder root, const wish::damaged& from) {
  auto to = root.initDamaged();
  write_row_id(to.initRow(), from.row);
  to.setConfig(from.config.value());
  to.setHolder(from.holder.value());
}
wish::damaged read(schema::Wish::Damaged::Reader from) {
  return {read_row_id(from.getRow()), read_counted<config_number>(from.getConfig()), member_no{from.getHolder()}};
}

void write_kind(builder root, const wish::formed& from) {
  auto to = root.initFormed();
  write_row_id(to.initRow(), from.row);
  to.setEpoch(from.epoch.value());
}
wish::formed read(schema::Wish::Formed::Reader from) { return {read_row_id(from.getRow()), read_counted<epoch_number>(from.getEpoch())}; }

void write_kind(builder root, const wish::outgrown& from) {
  auto to = root.initOutgrown();
  write_row_id(to.initRow(), from.row);
  to.setConfig(from.config.value());
  to.setEpoch(from.epoch.value());
  to.setHasCopy(from.has_copy);
}
wish::outgrown read(schema::Wish::Outgrown::Reader from) {
  return {read_row_id(from.getRow()), read_counted<config_number>(from.getConfig()), read_counted<epoch_number>(from.getEpoch()), from.getHasCopy()};
}

void write_kind(builder root, const wish::set_counts& from) { write(root.initSetCounts(), from.what); }

}  // namespace

void write(schema::Wish::Builder to, const wish& from) {
  std::visit([&](const auto& what) { write_kind(to, what); }, from.what);
}

wish read_wish(schema::Wish::Reader from, allowance& memory) {
  switch (from.which()) {
    case schema::Wish::CAUGHT_UP: return {read(from.getCaughtUp())};
    case schema::Wish::HANDED_OVER: return {read(from.getHandedOver())};
    case schema::Wish::ACTIVATED: return {read(from.getActivated())};
    case schema::Wish::LEAVE: return {read_leave(from.getLeave())};
    case schema::Wish::CREATE_MAP: return {read_create_map(from.getCreateMap(), memory)};
    case schema::Wish::DESTROY_MAP: return {read_destroy_map(from.getDestroyMap())};
    case schema::Wish::RESET_LOST: return {wish::reset_lost{}};
    case schema::Wish::DAMAGED: return {read(from.getDamaged())};
    case schema::Wish::FORMED: return {read(from.getFormed())};
    case schema::Wish::OUTGROWN: return {read(from.getOutgrown())};
    case schema::Wish::SET_COUNTS: return {wish::set_counts{read_counts_change(from.getSetCounts())}};
  }
  reject(error_kind::value, "a wish of a kind that this protocol version does not know");
}

}  // namespace troupe::codec
