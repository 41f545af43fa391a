#include <troupe/node/cli/in_flight.hpp>

#include <algorithm>

namespace troupe::cli {

namespace {

std::size_t size_of(const text_entry& e) { return e.key.size() + e.value.size(); }

/// How long to wait for the next end in one go; ends wake the waiting anyway.
constexpr duration round = milliseconds{100};

constexpr duration first_pause = milliseconds{50};
constexpr duration pause_max = seconds{2};

/// How long somebody who has pressed Ctrl-C shall wait for what is under way.
constexpr duration break_off_within = seconds{5};

protocol::map_result ended_as(outcome result, failure why) {
  protocol::map_result r;
  r.result = result;
  r.why = why;
  return r;
}

}  // namespace

in_flight::in_flight(map_client& client, const interruption& interrupt, std::string map, duration timeout, const in_flight_limits& limits,
                     done finished)
    : client_(client),
      interrupt_(interrupt),
      map_(std::move(map)),
      timeout_(timeout),
      limits_(limits),
      pace_(limits.per_second),
      finished_(std::move(finished)) {}

bool in_flight::has_room_for(const text_entry& entry) const {
  if (under_way_.empty()) return true;
  return under_way_.size() < limits_.operations_max && bytes_ + size_of(entry) <= limits_.bytes_max && !keys_.contains(entry.key);
}

bool in_flight::start(operation_kind kind, text_entry entry, const std::function<void()>& waited) {
  const auto wait_while = [&](const auto& must_wait, const auto& until) {
    while (!interrupt_.came() && must_wait()) {
      wait_until(until());
      waited();
    }
  };
  const auto next_round = [&] { return client_.now() + round; };
  wait_while([&] { return !has_room_for(entry); }, next_round);
  wait_while([&] { return !pace_.start(client_.now()); }, [&] { return std::min(pace_.ask_again_at(), next_round()); });
  if (interrupt_.came()) return false;
  const protocol::call_id id{next_id_++};
  keys_.insert(entry.key);
  bytes_ += size_of(entry);
  const auto at = under_way_.emplace(id, started{kind, std::move(entry), client_.now() + timeout_, first_pause}).first;
  ask(id, at->second);
  return true;
}

void in_flight::ask(protocol::call_id id, const started& what) {
  protocol::map_call call;
  call.operation = what.kind;
  call.key = blob{what.entry.key};
  if (takes_value(what.kind)) {
    call.value = blob{what.entry.value};
    call.life = life_;
  }
  client_.start(id, map_, std::move(call), what.deadline);
}

void in_flight::finish(const std::function<void()>& waited) {
  while (!under_way_.empty()) {
    if (interrupt_.came()) return break_off(waited);
    wait_until(client_.now() + round);
    waited();
  }
}

void in_flight::break_off(const std::function<void()>& waited) {
  for (const auto& [when, id] : std::exchange(put_off_, {})) {
    end(under_way_.find(id), ended_as(outcome::not_applied, failure::overloaded));
  }
  const auto last = client_.now() + break_off_within;
  while (!under_way_.empty() && client_.now() < last) {
    wait_until(std::min(last, client_.now() + round));
    waited();
  }
  while (!under_way_.empty()) end(under_way_.begin(), ended_as(outcome::indeterminate, failure::deadline));
}

void in_flight::wait_until(instant until) {
  ask_again();
  if (!put_off_.empty()) until = std::min(until, put_off_.begin()->first);
  for (const auto& f : client_.wait(until)) {
    const auto at = under_way_.find(f.call);
    if (at != under_way_.end() && !put_off(at, f.what)) end(at, f.what);
  }
}

void in_flight::end(place at, const protocol::map_result& result) {
  const auto entry = std::move(at->second.entry);
  under_way_.erase(at);
  keys_.erase(entry.key);
  bytes_ -= size_of(entry);
  finished_(entry, result);
}

/// `overloaded` is definite, and passes.
bool in_flight::put_off(place at, const protocol::map_result& result) {
  if (interrupt_.came()) return false;
  auto& what = at->second;
  const auto again = client_.now() + what.next_pause;
  if (result.result != outcome::not_applied || result.why != failure::overloaded || again >= what.deadline) return false;
  put_off_.emplace(again, at->first);
  what.next_pause = std::min(2 * what.next_pause, pause_max);
  return true;
}

void in_flight::ask_again() {
  while (!put_off_.empty() && put_off_.begin()->first <= client_.now()) {
    const auto id = put_off_.extract(put_off_.begin()).value().second;
    ask(id, under_way_.at(id));
  }
}

}  // namespace troupe::cli
