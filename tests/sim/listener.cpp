#include "tests/sim/listener.hpp"

#include <algorithm>
#include <utility>

namespace troupe::sim {

using namespace protocol;

listener::listener(world& around, caller& maps, event_checker& checks, event_checker::listener_no number, const map_definition& map, listening_wish wish,
                   const listener_options& options, dice rng)
    : around_(around),
      maps_(maps),
      checks_(checks),
      number_(number),
      map_(map),
      wish_(std::move(wish)),
      options_(options),
      rng_(rng),
      core_(wish_, options.limits) {}

void listener::begin() {
  if (bereaved_) return;
  if (!maps_.can_call()) return around_.plan_in(milliseconds{50}, [this] { begin(); });
  begun_ = true;
  subscription_effects out;
  core_.begin(out);
  perform(std::move(out));
  tick();
}

void listener::tick() {
  if (bereaved_) return;
  subscription_effects out;
  core_.tick(now(), out);
  perform(std::move(out));
  around_.plan_in(milliseconds{100}, [this] { tick(); });
}

void listener::perform(subscription_effects&& out) {
  for (auto& a : out.asks) {
    around_.plan_in(rng_.between(duration{1}, microseconds{200}), [this, a = std::move(a)]() mutable { ask(std::move(a)); });
  }
  if (core_.pages_held() > 2 * std::size_t{rows_}) throw violation{"invariant 19: a subscription holds more than two pages for each row"};
  if (out.ended && out.ended->why != failure::closed) {
    throw violation{"a listener is sent away: " + std::string{to_string(out.ended->why)}};
  }
  if (out.batch.empty()) return;
  const auto delay = rng_.chance(options_.is_slow) ? rng_.between(milliseconds{100}, seconds{4}) : rng_.between(duration{1}, milliseconds{5});
  around_.plan_in(delay, [this, batch = std::move(out.batch)] {
    if (bereaved_) return;
    take(batch);
    subscription_effects next;
    core_.taken(next);
    perform(std::move(next));
  });
}

void listener::ask(subscription_effects::ask&& a) {
  if (bereaved_) return;
  maps_.call(map_.pattern, std::move(a.what), options_.patience, [this, number = a.number](const map_result& r) {
    // What the subscription does next, it does not do in the middle of the router's step.
    around_.plan_in(duration{1}, [this, number, r] { heard(number, r); });
  });
}

void listener::heard(std::uint64_t number, const map_result& what) {
  if (bereaved_) return;
  if (what.result == outcome::ok) {
    if (!wish_.by_key) rows_ = what.partition_count;
    checks_.answered(number_, wish_, {map_.kind, what.partition}, what);
    around_.log().mix(what.seq.value());
    auto& untold = untold_[what.partition];
    untold.insert(untold.end(), what.events.begin(), what.events.end());
  }
  subscription_effects out;
  core_.heard(number, what, now(), out);
  perform(std::move(out));
}

void listener::take(const std::vector<row_events>& batch) {
  for (const auto& page : batch) {
    auto& untold = untold_[page.partition];
    for (const auto& e : page.events) {
      if (untold.empty() || untold.front() != e) throw violation{"ADR 8 (listeners): a batch tells something else than was heard"};
      untold.pop_front();
      replay(page.partition, e);
    }
  }
}

void listener::replay(partition_id where, const row_event& e) {
  auto& known = copy_[where];
  switch (e.what) {
    case row_event_kind::added:
    case row_event_kind::updated: known[e.key] = e.value; return;
    case row_event_kind::removed:
    case row_event_kind::expired:
    case row_event_kind::evicted: known[e.key] = std::nullopt; return;
    case row_event_kind::cleared:
      if (options_.clears_spare) known.clear();
      for (auto& [key, value] : known) value.reset();
      return;
    case row_event_kind::gap: known.clear(); return;
  }
}

std::optional<std::string> listener::unheard(const row_id& id, const replica& primary, map_id map) const {
  const auto name = "listener " + std::to_string(number_) + " of row " + to_string(id);
  const auto position = checks_.heard(number_, id);
  const bool is_of_other_row = wish_.by_key && !position;
  if (is_of_other_row) return std::nullopt;
  if (!position || position->seq != primary.committed()) return name + " has not heard all that has committed";
  const auto untold = untold_.find(id.partition);
  if (untold != untold_.end() && !untold->second.empty()) return name + " has not been told all that it heard";
  const auto copy = copy_.find(id.partition);
  if (copy == copy_.end()) return std::nullopt;
  std::map<blob, blob> there;
  for (const auto& e : primary.committed_entries()) {
    if (e.map == map) there.emplace(e.key, e.value);
  }
  for (const auto& [key, value] : copy->second) {
    const auto at = there.find(key);
    const bool is_same = value ? at != there.end() && (!wish_.values || at->second == *value) : at == there.end();
    if (!is_same) throw violation{"ADR 8 (listeners): what a listener heard is not the map: " + name + " key=" + std::string{key.view()}};
  }
  return std::nullopt;
}

}  // namespace troupe::sim
