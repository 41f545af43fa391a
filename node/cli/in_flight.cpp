#include <troupe/node/cli/in_flight.hpp>

namespace troupe::cli {

namespace {

std::size_t size_of(const text_entry& e) { return e.key.size() + e.value.size(); }

/// How long to wait for the next end in one go; ends wake the waiting anyway.
constexpr duration round = milliseconds{100};

}  // namespace

in_flight::in_flight(map_client& client, std::string map, duration timeout, const in_flight_limits& limits, done finished)
    : client_(client), map_(std::move(map)), timeout_(timeout), limits_(limits), pace_(limits.per_second), finished_(std::move(finished)) {}

bool in_flight::has_room_for(const text_entry& entry) const {
  if (under_way_.empty()) return true;
  return under_way_.size() < limits_.operations_max && bytes_ + size_of(entry) <= limits_.bytes_max && !keys_.contains(entry.key);
}

void in_flight::start(operation_kind kind, text_entry entry, const std::function<void()>& waited) {
  while (!has_room_for(entry)) {
    wait_until(client_.now() + round);
    waited();
  }
  while (!pace_.start(client_.now())) {
    wait_until(pace_.ask_again_at());
    waited();
  }
  protocol::map_call what;
  what.operation = kind;
  what.key = blob{entry.key};
  if (takes_value(kind)) what.value = blob{entry.value};
  const protocol::call_id id{next_id_++};
  keys_.insert(entry.key);
  bytes_ += size_of(entry);
  under_way_.emplace(id, std::move(entry));
  client_.start(id, map_, std::move(what), client_.now() + timeout_);
}

void in_flight::finish(const std::function<void()>& waited) {
  while (!under_way_.empty()) {
    wait_until(client_.now() + round);
    waited();
  }
}

void in_flight::wait_until(instant until) {
  for (const auto& f : client_.wait(until)) {
    const auto at = under_way_.find(f.call);
    if (at == under_way_.end()) continue;
    const auto entry = std::move(at->second);
    under_way_.erase(at);
    keys_.erase(entry.key);
    bytes_ -= size_of(entry);
    finished_(entry, f.what);
  }
}

}  // namespace troupe::cli
