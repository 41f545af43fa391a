#include <troupe/actors/protocol/router/router.hpp>

#include <algorithm>
#include <iterator>
#include <unordered_set>
#include <utility>

#include <troupe/actors/protocol/assert.hpp>
#include <troupe/actors/protocol/mutation.hpp>
#include <troupe/actors/protocol/router/router_state.hpp>

namespace troupe::protocol {

// ---- calls ----

void router::state::call(call_id id, std::string_view map, map_call what, instant deadline, instant now, router_effects& out) {
  const auto has_room = what.what == map_call::kind::listen ? listens_ < limits_.listens_max : in_flight() + own_calls_.size() < limits_.in_flight_max;
  const auto [at, is_new] = calls_.try_emplace(id, id, map, std::move(what), deadline, now);
  TROUPE_INVARIANT(0, is_new);
  auto& c = at->second;
  listens_ += c.listens() ? 1 : 0;
  if (closed_) return fail_unsplit(c, failure::closed, out);
  if (!has_room) return fail_unsplit(c, failure::overloaded, out);
  if (deadline <= now) return fail_unsplit(c, failure::deadline, out);
  if (view_) return begin(c, now, out);
  unsplit_.push_back(id);
  watch(deadline);
}

void router::state::begin(open_call& c, instant now, router_effects& out) {
  if (const auto why = c.objection(view_->settings)) return fail_unsplit(c, *why, out);
  if (c.unlocks() && !name_hold(c)) return fail_unsplit(c, failure::not_owner, out);
  auto tasks = c.split(view_->settings.partition_count, limits_.walk_page_bytes);
  if (tasks.empty()) return finish(c, out);
  watch(c.deadline());
  if (may_ask_copy(c, tasks.front())) return ask_copy(c, std::move(tasks.front()), now, out);
  undertake(c, std::move(tasks), now, out);
}

/// All of them are there before the first is asked for: one that fails at once is not taken for the last of its call.
void router::state::undertake(open_call& c, std::vector<task> tasks, instant now, router_effects& out) {
  std::vector<place> added;
  added.reserve(tasks.size());
  for (auto& t : tasks) {
    last_request_ = last_request_.next();
    added.push_back(errands_.try_emplace(errands_.end(), last_request_, c, std::move(t)));
  }
  for (auto at : added) dispatch(at, now, out);
}

/// What has not left never will; for what has, nobody waits any more.
void router::state::cancel(const std::unordered_set<call_id>& which, router_effects& out) {
  const auto waits = std::stable_partition(unsplit_.begin(), unsplit_.end(), [&](call_id id) { return !which.contains(id); });
  for (auto id = waits; id != unsplit_.end(); ++id) fail_unsplit(calls_.at(*id), failure::cancelled, out);
  unsplit_.erase(waits, unsplit_.end());
  cancel_copy_reads(which, out);
  for_each_errand([&](const errand& e) { return !e.owner().is_own() && which.contains(e.owner().id()); },
                  [&](place at) {
                    const auto fate = TROUPE_MUTATED(cancelled_write_called_undone) ? outcome::not_applied : at->second.given_up();
                    fail(at, fate, failure::cancelled, out);
                  });
}

void router::state::finish(open_call& c, router_effects& out) {
  if (c.is_own()) return erase(c);
  out.finished.push_back({c.id(), c.take_result()});
  if (view_) out.finished.back().what.cluster = view_->cluster;
  erase(c);
}

void router::state::fail_unsplit(open_call& c, failure why, router_effects& out) {
  map_result refused;
  refused.result = outcome::not_applied;
  refused.why = why;
  out.finished.push_back({c.id(), std::move(refused)});
  erase(c);
}

void router::state::erase(const open_call& c) {
  if (c.is_own()) {
    keeping_.erase(c.id());
    own_calls_.erase(call_id{c.id()});
    return;
  }
  listens_ -= c.listens() ? 1 : 0;
  calls_.erase(c.id());
}

// ---- views ----

void router::state::install(view_ptr v, instant now, router_effects& out) {
  if (!v) return;
  const bool is_another_cluster = view_ && v->cluster != view_->cluster;
  if (view_ && !is_another_cluster && v->name.number <= view_->name.number) return;
  const auto before = std::exchange(view_, std::move(v));
  maps_.clear();
  for (const auto& m : view_->maps) maps_.emplace(m.name, &m);
  const auto reads_copies = [](const auto& m) { return m.read_backup_data; };
  copies_are_read_ = std::ranges::any_of(view_->settings.maps, reads_copies) || std::ranges::any_of(view_->maps, reads_copies);
  maps_asked_for_.clear();
  std::erase_if(heard_, [&](const auto& h) { return is_another_cluster || !view_->has(h.first); });
  window_.keep_only(*view_);
  if (is_another_cluster) {
    for_each_errand([](const errand&) { return true; }, [&](place at) { leave_cluster(at, now, out); });
    sessions_.forget_all();
    locks_.forget_all();
    give_up_copies(now, out);
  }
  if (before && !is_another_cluster) carry_sessions(*before);
  for_each_errand([](const errand&) { return true; }, [&](place at) { follow_view(at, now, out); });
  for (auto id : std::exchange(unsplit_, {})) begin(calls_.at(id), now, out);
}

void router::state::carry_sessions(const view& before) {
  for (const auto& m : view_->maps) {
    const auto* was = before.find(m.id);
    if (was == nullptr || (was->group() == m.group() && was->moves_from == m.moves_from && !m.moves_from)) continue;
    for (std::uint32_t p = 0; p < view_->settings.partition_count; ++p) {
      const auto from = before.home_of(*was, partition_id{p});
      const auto to = view_->home_of(m, partition_id{p});
      if (from != to && !TROUPE_MUTATED(session_begins_anew_elsewhere)) carry_session(m.name, from, to);
    }
  }
}

void router::state::carry_session(const std::string& map, const row_id& from, const row_id& to) {
  sessions_.split(from, to);
  for (auto& [request, e] : errands_) {
    if (!e.session() || e.session()->row != from) continue;
    const bool goes = e.owner().map() == map;
    sessions_.close(goes ? from : to, e.session()->number);
    if (goes) e.move_session(to);
  }
}

void router::state::follow_view(place at, instant now, router_effects& out) {
  auto& e = at->second;
  if (!e.in_flight()) return dispatch(at, now, out);
  // Otherwise whoever was asked answers, or its connection breaks. Who asks again while the map goes away would bring it back.
  if (find_map(e.owner().map()) == nullptr || primary_of(e) == e.asked()) return;
  if (e.reads() || !view_->has(e.asked())) {
    let_go(e, now);
    return dispatch(at, now, out);
  }
  e.look_again_by(now + limits_.reroute_after);
  watch(e.due());
}

/// Nobody there answers any more. What is about one key goes on in the new cluster, which is what its caller talks to from now on. What
/// walks the rows does not: a part of the old cluster's rows and the rest of the new one's make no sum, and no page.
void router::state::leave_cluster(place at, instant now, router_effects& out) {
  auto& e = at->second;
  if (e.owner().is_own()) return fail(at, e.given_up(), failure::connection_lost, out);
  const bool may_go_on = e.what().is_on_key() && (is_idempotent(e.what().kind) || e.given_up() == outcome::not_applied);
  if (!may_go_on) return fail(at, e.given_up(), failure::connection_lost, out);
  for (const auto& a : e.earlier()) earlier_reads_.erase(a.request);
  leave_session(e);
  if (e.in_flight()) e.lose_attempt(now);
  e.begin_anew(view_->settings.partition_count);
}

const map_info* router::state::find_map(const std::string& name) const {
  const auto at = maps_.find(name);
  return at == maps_.end() ? nullptr : at->second;
}

member_no router::state::primary_of(const errand& e) const {
  const auto* map = find_map(e.owner().map());
  const auto* r = map != nullptr ? row_of(*map, e.what().partition) : nullptr;
  return r != nullptr ? r->primary : nobody;
}

/// Who answers others is busy, and has what it was asked.
instant router::state::trusted_until(member_no peer) const {
  const auto at = heard_.find(peer);
  return at == heard_.end() ? instant{} : at->second + limits_.reroute_after;
}

// ---- attempts ----

/// Sends what waits for being sent, if the view says where to.
void router::state::dispatch(place at, instant now, router_effects& out) {
  const auto* map = find_map(at->second.owner().map());
  if (is_of_another_cluster(at->second.what())) return fail(at, outcome::not_applied, failure::connection_lost, out);
  if (!is_about(at->second.what(), map)) return fail(at, at->second.given_up(), failure::unknown_map, out);
  if (map == nullptr) return want_map(at, now, out);
  const auto* r = row_of(*map, at->second.what().partition);
  if (r == nullptr || r->status == row_status::lost) return fail(at, at->second.given_up(), failure::partition_lost, out);
  if (at->second.may_be_done_elsewhere(map->id)) return fail(at, outcome::indeterminate, failure::unknown_map, out);
  send_in_turn(at, r->primary, *map, now, out);
}

/// Who listens to a map does not go on with another one of its name, and does not bring it back. Nor does who minds its locks.
bool router::state::is_about(const task& what, const map_info* map) {
  const auto wanted = what.listens() ? what.listening.map : what.map;
  return wanted == map_id{} || (map != nullptr && map->id == wanted);
}

/// There its map and its position would mean something else.
bool router::state::is_of_another_cluster(const task& what) const {
  return what.listening.cluster != cluster_id{} && what.listening.cluster != view_->cluster;
}

void router::state::send_in_turn(place at, member_no primary, const map_info& map, instant now, router_effects& out) {
  auto& e = at->second;
  if (e.queued_for() == primary) return;
  // What keeps or frees locks must not wait for those who wait for them. It is small, and in no order with anything.
  const auto may_overtake = e.what().kind == operation_kind::keep_locks || e.what().kind == operation_kind::withdraw_lock;
  if (may_overtake || (!queues_.contains(primary) && window_.has_room(primary, e.weight()))) return send(at, primary, map, now, out);
  e.queue_for(primary);
  queues_[primary].push_back(at->first);
  watch(e.due());
}

/// Whoever is still queued is so by the present view: each new one has seen to that.
void router::state::advance_queues(instant now, router_effects& out) {
  for (auto queue = queues_.begin(); queue != queues_.end();) {
    auto& [to, waiting] = *queue;
    while (!waiting.empty()) {
      const auto at = errands_.find(waiting.front());
      const bool waits = at != errands_.end() && at->second.queued_for() == to;
      if (waits && !window_.has_room(to, at->second.weight())) break;
      waiting.pop_front();
      if (waits) send(at, to, *find_map(at->second.owner().map()), now, out);
    }
    queue = waiting.empty() ? queues_.erase(queue) : std::next(queue);
  }
}

void router::state::send(place at, member_no primary, const map_info& map, instant now, router_effects& out) {
  if (at->second.routed_by() != view_number{}) {  // Each attempt has a number of its own.
    last_request_ = last_request_.next();
    auto node = errands_.extract(at);
    node.key() = last_request_;
    at = errands_.insert(errands_.end(), std::move(node));
  }
  auto& e = at->second;
  const auto where = view_->home_of(map, e.what().partition);
  write_stamp stamp;
  if (!e.reads()) {
    enter_session(e, where);
    stamp = sessions_.stamp(where, e.session()->number);
  } else if (e.what().kind == operation_kind::keep_locks) {
    stamp = {sessions_.self(), write_number{1}, write_number{1}};  // Of no write: it says who lives.
  }
  const attempt a{at->first, primary, map.id, where, view_->find(where)->epoch};
  out.sends.push_back({primary, e.ask(a, view_->name.number, stamp, window_.take(primary, e.weight()), now), view_->cluster});
  // Who listens waits for long. As with writes: on a living connection the answer comes. What is given back on nobody's behalf has no deadline that would
  // end it otherwise; and may be asked any number of times.
  if ((!e.reads() && !e.owner().is_own()) || e.what().listens()) return;
  e.look_again_by(now + e.next_silence(limits_.reroute_after));
  watch(e.due());
}

void router::state::enter_session(errand& e, const row_id& where) {
  if (e.session() && (e.session()->row != where || TROUPE_MUTATED(attempt_is_another_write))) leave_session(e);
  if (!e.session()) e.enter({where, sessions_.open(where), {}});
  e.know(sessions_.known(where, *view_->find(where)));
}

void router::state::leave_session(errand& e) {
  if (!e.session()) return;
  sessions_.close(e.session()->row, e.session()->number);
  e.leave_session();
}

void router::state::want_map(place at, instant now, router_effects& out) {
  auto& e = at->second;
  const auto& name = e.owner().map();
  if (view_->maps.size() >= view_->settings.limits.maps_max) return fail(at, e.given_up(), failure::too_many_maps, out);
  const auto [asked, is_first] = maps_asked_for_.try_emplace(name, now);
  if (is_first || asked->second <= now) {
    out.wanted_maps.push_back(name);
    asked->second = now + limits_.reroute_after;
  }
  e.leave_queue();
  e.wait_until(asked->second);
  watch(e.due());
}

/// The attempt had no effect: there is reason to think that a newer view, or a little time, helps.
void router::state::refused(place at, instant now, router_effects& out) {
  auto& e = at->second;
  const bool knows_better = view_->name.number > e.routed_by();
  e.wait_until(now + limits_.retry_after);
  if (knows_better) return dispatch(at, now, out);
  watch(e.due());
}

/// Refused only because too much has committed since this router last heard of the row: what came with the refusal will do.
void router::state::ask_by_later_position(place at, instant now, router_effects& out) {
  at->second.wait_until(now);
  dispatch(at, now, out);
}

/// Nobody will say what became of the attempt.
void router::state::lose_attempt(place at, instant now, router_effects& out) {
  auto& e = at->second;
  let_go(e, now + limits_.retry_after);
  if (primary_of(e) != nobody && view_->name.number > e.routed_by()) return dispatch(at, now, out);
  watch(e.due());
}

void router::state::let_go(errand& e, instant ask_again_at) {
  if (e.earlier().size() == errand::earlier_max) earlier_reads_.erase(e.earlier().front().request);
  e.lose_attempt(ask_again_at);
  if (!e.earlier().empty()) earlier_reads_.try_emplace(e.earlier().back().request, &e);
}

void router::state::erase(place at) {
  for (const auto& a : at->second.earlier()) earlier_reads_.erase(a.request);
  leave_session(at->second);
  errands_.erase(at);
}

void router::state::done(place at, const reply& what, instant now, router_effects& out) {
  auto& c = at->second.owner();
  note_lock(at->second, what, now);
  auto next = c.finish(at->second.what(), what, at->second.latest().map, view_->settings.partition_count);
  erase(at);
  if (c.unfinished() == 0) return finish(c, out);
  undertake(c, std::move(next), now, out);
}

void router::state::fail(place at, outcome result, failure why, router_effects& out, const blob& detail) {
  auto& c = at->second.owner();
  c.fail(result, why, detail);
  if (result == outcome::not_applied && why != failure::not_owner) note_hold_left(at->second);
  if (must_go_on(at->second, result, why)) {
    at->second.take_over(begin_own(c.map(), never));
    watch(at->second.due());
  } else {
    erase(at);
  }
  if (c.unfinished() == 0) finish(c, out);
}

// ---- answers ----

void router::state::receive(member_no from, const reply& what, instant now, router_effects& out) {
  heard_[from] = now;
  if (const auto late = earlier_reads_.find(what.request); late != earlier_reads_.end())
    return receive_late(*late->second, from, what, now, out);
  const auto at = errands_.find(what.request);
  if (at == errands_.end() || at->second.asked() != from) return;  // The answer to an earlier attempt, or to a call that is over.
  if (what.committed != seq_number{}) {
    sessions_.learn(at->second.latest().row, at->second.latest().epoch, what.committed);
    see(at->second.latest().row, at->second.latest().epoch, what.committed);
  }
  const bool is_forgotten = what.why == failure::session_unknown;
  switch (what.result) {
    case outcome::ok: return done(at, what, now, out);
    case outcome::retry: return is_forgotten ? ask_by_later_position(at, now, out) : refused(at, now, out);
    // It was written, and what its copies lack no attempt brings back.
    case outcome::indeterminate:
      if (is_forgotten && at->second.owner().is_own()) {  // It names its hold: asked as another write, it does no more.
        leave_session(at->second);
        return lose_attempt(at, now, out);
      }
      return is_forgotten || what.why == failure::under_replicated ? fail(at, what.result, what.why, out) : lose_attempt(at, now, out);
    case outcome::not_applied: break;
  }
  // Nobody else would do it.
  const auto goes_on = at->second.owner().is_own() && !at->second.reads() && what.why != failure::partition_lost && what.why != failure::not_owner;
  if (goes_on) return refused(at, now, out);
  // Destroyed, as far as the primary knows: a newer view shows whether there is, or shall be, another map of this name.
  if (what.why == failure::unknown_map) return refused(at, now, out);
  at->second.wait_until(now);  // This attempt had no effect; one before may have, unless a record says that none has.
  fail(at, what.seq == seq_number{} ? at->second.given_up() : outcome::not_applied, what.why, out, what.detail);
}

/// A refusal of an earlier attempt says nothing of the present one. Nor does a value from a map that was destroyed since, as this router
/// knows: the name belongs to another map now, or to none.
void router::state::receive_late(const errand& e, member_no from, const reply& what, instant now, router_effects& out) {
  const auto& all = e.earlier();
  const auto a = std::find_if(all.begin(), all.end(), [&](const attempt& x) { return x.request == what.request; });
  TROUPE_INVARIANT(0, a != all.end());
  const auto* map = find_map(e.owner().map());
  if (what.result != outcome::ok || a->asked != from || map == nullptr || map->id != a->map) return;
  see(a->row, a->epoch, what.committed);
  done(errands_.find(e.latest().request), what, now, out);
}

/// What goes to the same member again meanwhile is none of those that broke off: it has a number of its own.
void router::state::disconnected(member_no peer, instant now, router_effects& out, const std::vector<request_number>& never_left) {
  const std::unordered_set<request_number> here{never_left.begin(), never_left.end()};
  for_each_errand([&](const errand& e) { return e.asked() == peer && peer != nobody; },
                  [&](place at) {
                    if (here.contains(at->first)) return refused(at, now, out);
                    lose_attempt(at, now, out);
                  });
}

void router::state::not_sent(member_no peer, request_number request, instant now, router_effects& out) {
  const auto at = errands_.find(request);
  if (at != errands_.end() && at->second.in_flight() && at->second.asked() == peer) refused(at, now, out);
}

void router::state::map_refused(std::string_view map, failure why, router_effects& out) {
  maps_asked_for_.erase(std::string{map});
  for_each_errand([&](const errand& e) { return !e.in_flight() && e.owner().map() == map && find_map(e.owner().map()) == nullptr; },
                  [&](place at) { fail(at, at->second.given_up(), why, out); });
}

// ---- time ----

void router::state::tick(instant now, router_effects& out) {
  if (now < next_due_) return;
  next_due_ = never;
  for_each_errand([&](const errand& e) { return e.due() <= now; }, [&](place at) { look_again(at, now, out); });
  for (const auto& [request, e] : errands_) watch(e.due());
  give_up_silent_copies(now, out);
  const auto is_late = [&](call_id id) { return calls_.at(id).deadline() <= now; };
  const auto late = std::stable_partition(unsplit_.begin(), unsplit_.end(), [&](call_id id) { return !is_late(id); });
  for (auto id = late; id != unsplit_.end(); ++id) fail_unsplit(calls_.at(*id), failure::no_cluster, out);
  unsplit_.erase(late, unsplit_.end());
  for (auto id : unsplit_) watch(calls_.at(id).deadline());
  keep_locks(now, out);
}

void router::state::look_again(place at, instant now, router_effects& out) {
  auto& e = at->second;
  if (e.is_late(now)) return fail(at, e.given_up(), failure::deadline, out);
  if (!e.in_flight()) return dispatch(at, now, out);
  const auto leads = primary_of(e) == e.asked();
  const auto is_own = e.owner().is_own();
  if (((!e.reads() && !is_own) || e.what().listens()) && leads) return e.leave_alone();  // It leads again.
  if (leads && !is_own && now < trusted_until(e.asked())) {
    e.leave_alone();
    return e.look_again_by(trusted_until(e.asked()));
  }
  let_go(e, now);
  dispatch(at, now, out);
}

void router::state::close(router_effects& out) {
  closed_ = true;
  for_each_errand([](const errand&) { return true; }, [&](place at) { fail(at, at->second.given_up(), failure::closed, out); });
  for (auto id : std::exchange(unsplit_, {})) fail_unsplit(calls_.at(id), failure::closed, out);
  close_copy_reads(out);
}

// ---- the door ----

router::router(const client_id& self, const router_limits& limits) : state_(std::make_unique<state>(self, limits)) {}
router::~router() = default;
router::router(router&&) noexcept = default;
router& router::operator=(router&&) noexcept = default;

void router::install(view_ptr v, instant now, router_effects& out) {
  state_->install(std::move(v), now, out);
  state_->advance_queues(now, out);
}
void router::call(call_id id, std::string_view map, map_call what, instant deadline, instant now, router_effects& out) {
  state_->call(id, map, std::move(what), deadline, now, out);
}
void router::cancel(const std::unordered_set<call_id>& which, instant now, router_effects& out) {
  state_->cancel(which, out);
  state_->advance_queues(now, out);
}
void router::receive(member_no from, const reply& what, instant now, router_effects& out) {
  state_->receive(from, what, now, out);
  state_->advance_queues(now, out);
}
void router::copy_answered(const reply& what, instant now, router_effects& out) { state_->copy_answered(what, now, out); }
void router::disconnected(member_no peer, instant now, router_effects& out, const std::vector<request_number>& never_left) {
  state_->disconnected(peer, now, out, never_left);
  state_->advance_queues(now, out);
}
void router::not_sent(member_no peer, request_number request, instant now, router_effects& out) {
  state_->not_sent(peer, request, now, out);
  state_->advance_queues(now, out);
}
void router::map_refused(std::string_view map, failure why, instant, router_effects& out) { state_->map_refused(map, why, out); }
void router::tick(instant now, router_effects& out) {
  state_->tick(now, out);
  state_->advance_queues(now, out);
}
void router::close(router_effects& out) { state_->close(out); }
const view_ptr& router::installed() const { return state_->installed(); }
const map_info* router::find_map(const std::string& name) const { return state_->find_map(name); }
std::size_t router::in_flight() const { return state_->in_flight(); }
std::size_t router::listens() const { return state_->listens(); }
bool router::minds_locks() const { return state_->minds_locks(); }

}  // namespace troupe::protocol
