#include <troupe/actors/protocol/router/errand.hpp>

#include <troupe/actors/protocol/assert.hpp>

namespace troupe::protocol {

namespace {

constexpr std::size_t envelope_bytes = 128;
constexpr std::size_t returned_value_bytes = 4 * 1024;

bool returns_value(operation_kind k) {
  using kind = operation_kind;
  return k == kind::get || k == kind::put || k == kind::put_if_absent || k == kind::replace || k == kind::remove;
}

}  // namespace

std::size_t errand::weight() const {
  auto bytes = envelope_bytes + what_.key.size() + what_.value.size() + what_.expected.size();
  if (returns_value(what_.kind)) bytes += returned_value_bytes;
  if (what_.kind == operation_kind::scan) bytes += what_.page_bytes;
  return bytes;
}

operation errand::ask(member_no whom, const view& by, const map_info& map, request_number request, send_window::share room) {
  queued_for_ = nobody;
  room_ = std::move(room);
  latest_ = {request, whom, map.id};
  asked_ = whom;
  routed_by_ = by.name.number;
  due_ = never;
  operation o;
  o.request = request;
  o.routed_by = routed_by_;
  o.row = {map.kind, what_.partition};
  o.map = map.id;
  o.kind = what_.kind;
  o.from_start = what_.from_start;
  o.key = what_.key;
  o.value = what_.value;
  o.expected = what_.expected;
  o.page_bytes = what_.page_bytes;
  return o;
}

void errand::lose_attempt(instant ask_again_at) {
  TROUPE_INVARIANT(11, repeatable());
  maybe_done_ = maybe_done_ || in_flight();
  if (is_read(what_.kind) && in_flight()) {
    if (earlier_.size() == earlier_max) earlier_.erase(earlier_.begin());
    earlier_.push_back(latest_);
  }
  wait_until(ask_again_at);
}

}  // namespace troupe::protocol
