#include "tests/sim/checkers/events.hpp"

#include <algorithm>
#include <utility>

#include "tests/sim/folding.hpp"

namespace troupe::sim {

namespace {

map_id map_of(const record& r) {
  return std::visit([](const auto& b) { return b.map; }, r.body);
}

bool is_lifetime_only(const record& r) { return r.cause.stamp.number != write_number{} && r.cause.kind == operation_kind::set_ttl; }

std::string text_of(const log_position& p) { return std::to_string(p.epoch.value()) + "/" + std::to_string(p.seq.value()); }

}  // namespace

event_checker::history& event_checker::history_of(const row_id& id, epoch_number epoch) {
  auto& all = rows_[id];
  if (all.empty()) all.emplace_back();
  const auto later = std::find_if(all.begin() + 1, all.end(), [epoch](const history& h) { return h.since > epoch; });
  return *(later - 1);
}

seq_number event_checker::known_up_to(const row_id& id, epoch_number epoch) const {
  return const_cast<event_checker*>(this)->history_of(id, epoch).up_to;
}

void event_checker::emptied(const row_id& id, epoch_number since) {
  auto& all = rows_[id];
  if (all.empty()) all.emplace_back();
  all.emplace_back();
  all.back().since = since;
  all.back().is_whole = false;  // Unless its first record is the first of all.
}

void event_checker::committed(const row_id& id, epoch_number epoch, seq_number up_to, const std::vector<record>& tail) {
  const auto formed = formed_in_.find(id);
  if (formed != formed_in_.end() && epoch < formed->second) return;
  auto& h = history_of(id, epoch);
  for (const auto& r : tail) {
    if (r.seq > h.up_to && r.seq <= up_to) take_in(h, r);
  }
  if (h.up_to < up_to) forget_state(h);  // A full member trims at once.
  h.up_to = std::max(h.up_to, up_to);
}

/// Some records have gone by unseen: what is where, nobody knows.
void event_checker::forget_state(history& h) {
  h.is_whole = false;
  h.maps.clear();
}

void event_checker::take_in(history& h, const record& r) {
  const bool is_next = r.seq == h.up_to.next();
  if (r.seq == seq_number{1}) h.is_whole = true;
  if (!is_next) forget_state(h);
  auto was = note(h, r);
  h.known.emplace(r.seq, happening{r, std::move(was)});
  h.up_to = r.seq;
}

event_checker::before event_checker::note(history& h, const record& r) {
  const auto [at, is_new] = h.maps.try_emplace(map_of(r));
  auto& map = at->second;
  if (is_new) map.others_are_absent = h.is_whole;
  if (std::holds_alternative<clear_map>(r.body)) {
    map = cleared(std::move(map), std::get<clear_map>(r.body));
    return {};
  }
  const auto* key = std::visit(
      [](const auto& b) -> const blob* {
        if constexpr (requires { b.key; }) return &b.key;
        else return nullptr;
      },
      r.body);
  const auto known = map.keys.find(*key);
  before was{known != map.keys.end() || map.others_are_absent, known != map.keys.end() ? known->second : std::nullopt};
  if (const auto* put = std::get_if<put_entry>(&r.body)) map.keys[*key] = put->value;
  if (std::holds_alternative<erase_entry>(r.body)) map.keys[*key] = std::nullopt;
  return was;
}

event_checker::map_state event_checker::cleared(map_state&& before, const clear_map& what) {
  map_state after{true, {}};
  for (const auto& key : what.spared) {
    const auto known = before.keys.find(key);
    if (known != before.keys.end()) after.keys.insert(*known);
    else after.others_are_absent = after.others_are_absent && before.others_are_absent;
  }
  return after;
}

/// Has it this position, as far as it is known?
bool event_checker::has(const history& h, const log_position& p) {
  if (p.seq == seq_number{}) return true;
  if (p.seq > h.up_to) return false;
  const auto at = h.known.find(p.seq);
  return at == h.known.end() || at->second.what.epoch == p.epoch;
}

/// The same of a history that others followed: by then the epoch was a later one.
bool event_checker::may_be_in(const std::vector<history>& all, const history& h, const log_position& p) {
  const auto next = static_cast<std::size_t>(&h - all.data()) + 1;
  return has(h, p) && (p.seq == seq_number{} || next == all.size() || p.epoch < all[next].since);
}

row_id event_checker::home_of(map_id map, const row_id& row) const {
  const auto gone = moved_.find({map, row});
  return gone == moved_.end() ? row : home_of(map, gone->second);
}

void event_checker::moved(map_id map, const row_id& from, const row_id& to, epoch_number formed, seq_number begins) {
  formed_in_.insert_or_assign(to, formed);
  moved_.emplace(std::pair{map, from}, to);
  auto common = rows_[from];
  if (common.empty()) common.emplace_back();
  auto& last = common.back();
  last.known.erase(last.known.lower_bound(begins), last.known.end());
  last.up_to = std::min(last.up_to, seq_number{begins.value() - 1});
  // What has committed there already, as it formed.
  if (const auto& there = rows_[to]; !there.empty() && there.back().up_to >= begins) {
    for (auto k = there.back().known.lower_bound(begins); k != there.back().known.end(); ++k) take_in(last, k->second.what);
    if (last.up_to < there.back().up_to) forget_state(last);
    last.up_to = std::max(last.up_to, there.back().up_to);
  }
  rows_[to] = std::move(common);
  const auto cursors = cursors_;
  for (const auto& [whose, at] : cursors) {
    if (whose.second == from) cursors_.insert_or_assign({whose.first, to}, at);
  }
}

void event_checker::answered(listener_no who, const protocol::listening_wish& wish, const row_id& first, const protocol::map_result& what) {
  const auto id = home_of(what.map, first);
  const log_position now{what.epoch, what.seq};
  const auto where = ": listener=" + std::to_string(who) + " row=" + to_string(id) + " position=" + text_of(now);
  auto& all = rows_[id];
  if (all.empty()) all.emplace_back();
  const auto known = cursors_.find({who, id});
  const auto* gap = !what.events.empty() && what.events.front().what == row_event_kind::gap ? &what.events.front() : nullptr;
  if (known == cursors_.end()) {
    const auto in = std::find_if(all.begin(), all.end(), [&](const history& h) { return may_be_in(all, h, now); });
    if (in == all.end()) throw violation{"invariant 7 (listeners): begins at what has not committed" + where};
    if (!what.events.empty()) throw violation{"ADR 8 (listeners): a listener is told what was before it" + where};
    cursors_.emplace(std::pair{who, id}, cursor{static_cast<std::size_t>(in - all.begin()), now});
    return;
  }
  auto& at = known->second;
  const auto has_lost = gap != nullptr && gap->why == gap_reason::history_lost;
  // Whoever is too late for the log can't be told whether the history before it was lost as well.
  const auto fits = [&](const history& h) { return may_be_in(all, h, now) && (gap != nullptr || has(h, at.told)); };
  const auto in = std::find_if(all.begin() + static_cast<std::ptrdiff_t>(at.history), all.end(), fits);
  if (in == all.end()) {
    throw violation{"invariant 7 (listeners): told of what has not committed, or of another history without a word" + where +
                    " before=" + text_of(at.told)};
  }
  auto from = at.told.seq;
  if (gap != nullptr) {
    ++gaps_;
    if (gap->since != at.told.seq) throw violation{"ADR 8 (listeners): a gap does not begin where the listener was" + where};
    if (!has_lost && gap->at <= gap->since) throw violation{"ADR 8 (listeners): a gap in which nothing is missing" + where};
    from = gap->at;
  }
  if (now.seq < from) throw violation{"ADR 8 (listeners): a listener is sent back" + where};
  check(*in, wish, what.map, from, now.seq, what.events, gap == nullptr ? 0 : 1, where);
  at = {static_cast<std::size_t>(in - all.begin()), now};
}

void event_checker::check(const history& h, const protocol::listening_wish& wish, map_id map, seq_number from, seq_number to,
                          const std::vector<row_event>& told, std::size_t first, const std::string& where) {
  auto next = told.begin() + static_cast<std::ptrdiff_t>(first);
  for (auto s = from.next(); s <= to; s = s.next()) {
    const bool is_told = next != told.end() && next->at == s;
    if (const auto known = h.known.find(s); known != h.known.end()) check_event(known->second, wish, map, is_told ? &*next : nullptr, where);
    if (!is_told) continue;
    ++events_;
    ++next;
  }
  if (next != told.end()) throw violation{"ADR 8 (listeners): events out of order, twice, or beyond the position that they end at" + where};
}

void event_checker::check_event(const happening& h, const protocol::listening_wish& wish, map_id map, const row_event* told, const std::string& where) {
  const auto fail = [&](const char* what) { throw violation{std::string{"ADR 8 (listeners): "} + what + where + " at=" + std::to_string(h.what.seq.value())}; };
  const auto* put = std::get_if<put_entry>(&h.what.body);
  const auto* erase = std::get_if<erase_entry>(&h.what.body);
  const auto is_clear = std::holds_alternative<clear_map>(h.what.body);
  const auto& key = put != nullptr ? put->key : erase != nullptr ? erase->key : blob{};
  const bool is_event = map_of(h.what) == map && (is_clear || erase != nullptr || (put != nullptr && !is_lifetime_only(h.what)));
  const bool is_wanted = is_event && (is_clear || ((!wish.by_key || key == wish.key) && (wish.predicate.empty() || is_liked(key, wish.argument))));
  if (!is_wanted) return told != nullptr ? fail("told of something that was not asked for, or did not happen") : void();
  if (told == nullptr) return fail("an event is missing without a gap");
  if (is_clear) return told->what == row_event_kind::cleared ? void() : fail("a clear is told as something else");
  if (told->key != key) return fail("an event of another key");
  if (erase != nullptr) {
    const auto as = erase->why == removal::asked ? row_event_kind::removed : erase->why == removal::expired ? row_event_kind::expired : row_event_kind::evicted;
    if (told->what != as) fail("a removal is told as something else");
  } else {
    const bool is_new = told->what == row_event_kind::added;
    if (!is_new && told->what != row_event_kind::updated) fail("a put is told as something else");
    if (h.was.is_known && !told->before_unknown && is_new != !h.was.value) fail("added is told as updated, or the other way round");
    if (wish.values && told->value != put->value) fail("another value than was put");
  }
  if (!h.was.is_known || told->before_unknown) return;
  if (told->old_value != (wish.old_values && h.was.value ? *h.was.value : blob{})) fail("another old value than was there");
}

std::optional<log_position> event_checker::heard(listener_no who, const row_id& id) const {
  const auto at = cursors_.find({who, id});
  return at == cursors_.end() ? std::nullopt : std::optional{at->second.told};
}

}  // namespace troupe::sim
