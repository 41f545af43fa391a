#include <troupe/actors/protocol/router/errand.hpp>

#include <limits>

namespace troupe::protocol {

namespace {

constexpr std::size_t envelope_bytes = 128;
constexpr std::size_t returned_value_bytes = 4 * 1024;

}  // namespace

std::size_t errand::weight() const {
  auto bytes = envelope_bytes + what_.key.size() + what_.value.size() + what_.expected.size() + what_.processor.size();
  if (tells_value(what_.kind) || runs_processor(what_.kind)) bytes += returned_value_bytes;
  if (what_.kind == operation_kind::scan || what_.listens()) bytes += what_.page_bytes;
  return bytes;
}

operation errand::ask(const attempt& a, view_number routed_by, const write_stamp& stamp, send_window::share room, instant now) {
  queued_for_ = nobody;
  room_ = std::move(room);
  latest_ = a;
  asked_ = a.asked;
  routed_by_ = routed_by;
  due_ = never;
  operation o;
  o.request = a.request;
  o.routed_by = routed_by;
  o.row = a.row;
  o.map = a.map;
  o.kind = what_.kind;
  o.from_start = what_.from_start;
  o.key = what_.key;
  o.value = what_.value;
  o.expected = what_.expected;
  o.life = what_.life;
  o.page_bytes = what_.page_bytes;
  o.stamp = stamp;
  o.processor = what_.processor;
  o.keys_only = what_.keys_only;
  if (what_.listens()) {
    const auto& told = what_.listening.told;
    o.from_start = !told;
    o.epoch = told ? told->epoch : epoch_number{};
    o.since = told ? told->seq : seq_number{};
    o.by_key = what_.listening.by_key;
    o.keys_only = !what_.listening.values;
    o.old_values = what_.listening.old_values;
  }
  if (!is_read(o.kind)) {
    o.copies_min = what_.copies_min;
    o.owner = what_.owner;
    if (waits_for_lock(o.kind)) o.wait_ms = wait_ms(now);
  }
  if (session_) o.since = session_->since;
  o.asked_before = session_ && lost_in_session_;
  return o;
}

std::uint32_t errand::wait_ms(instant now) const {
  const auto left = std::chrono::floor<milliseconds>(owner_->waits_until() - now).count();
  return static_cast<std::uint32_t>(std::clamp<milliseconds::rep>(left, 0, std::numeric_limits<std::uint32_t>::max()));
}

void errand::take_over(open_call& ours) {
  owner_ = &ours;
  if (what_.kind == operation_kind::lock) what_.kind = operation_kind::withdraw_lock;
  what_.life = {};
  what_.map = latest_.map;
  lose_attempt(instant{});
}

void errand::lose_attempt(instant ask_again_at) {
  maybe_done_ = maybe_done_ || in_flight();
  lost_in_session_ = lost_in_session_ || in_flight();
  if (reads() && in_flight()) {
    if (earlier_.size() == earlier_max) earlier_.erase(earlier_.begin());
    earlier_.push_back(latest_);
  }
  wait_until(ask_again_at);
}

}  // namespace troupe::protocol
