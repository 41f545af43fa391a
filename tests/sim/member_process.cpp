#include "tests/sim/member_process.hpp"

#include <algorithm>
#include <iterator>
#include <type_traits>
#include <utility>

#include <troupe/actors/protocol/memory_ceiling.hpp>
#include <troupe/actors/protocol/row/refusal.hpp>

namespace troupe::sim {

using namespace protocol;

member_process::member_process(world& around, directory& names, witness& checks, process_options options, host_no host,
                               const drifting_clock& clock, dice rng)
    : around_(around),
      names_(names),
      checks_(checks),
      options_(std::move(options)),
      host_(host),
      rate_(clock),
      rng_(rng),
      membership_(options_.membership),
      router_(client_id{options_.membership.self.id}, options_.router) {}

member_process::~member_process() = default;

/// A step: drive the cores, then perform their orders — at once, or after a pause that hits in between.
template <class Body>
void member_process::step(Body body) {
  if (!alive_) return;
  body();
  for (const auto& r : touched_) {
    auto* here = find_row(r);
    if (here == nullptr) continue;
    checks_.row_committed(*this, r);
    here->copy.flush(moment(), row_effects_);
    sign_answers(r);
  }
  count_memory();
  if (stall_) {
    stalled_ = true;
    around_.pause(endpoint_, *std::exchange(stall_, std::nullopt));
    return;
  }
  perform();
}

void member_process::count_memory() {
  if (!stalled_) was_full_ = is_full_;  // Otherwise what the step before did has not been looked at yet.
  for (const auto& r : touched_) {
    auto* here = find_row(r);
    if (here == nullptr) continue;
    memory_used_ -= std::exchange(here->memory_counted, here->copy.memory_bytes());
    memory_used_ += here->memory_counted;
  }
  is_full_ = memory_ceiling{options_.memory_bytes_max}.is_full(memory_used_, is_full_);
}

void member_process::start() {
  endpoint_ = around_.start(*this, host_, rate_, options_.membership.self.address);
  names_.enter(id(), endpoint_);
  alive_ = true;
  step([&] { membership_.start(clock(), membership_effects_); });
}

void member_process::crash() {
  if (!alive_) return;
  alive_ = false;
  calls_.clear();
  around_.kill(endpoint_);
}

void member_process::leave() {
  leaving_ = true;
  step([&] { membership_.leave(clock(), membership_effects_); });
}

void member_process::force_view() {
  step([&] { membership_.force_view(clock(), membership_effects_); });
}

void member_process::want(const membership_message::wish& what) {
  step([&] { membership_.want(what, clock(), membership_effects_); });
}

call_id member_process::call(std::string_view map, map_call what, duration patience, done_with done) {
  const call_id id{next_call_++};
  step([&] {
    calls_.emplace(id, std::move(done));
    router_.call(id, map, std::move(what), clock() + patience, clock(), router_effects_);
  });
  return id;
}

void member_process::cancel(call_id which) {
  step([&] { router_.cancel({which}, clock(), router_effects_); });
}

void member_process::tick() {
  step([&] {
    membership_.tick(clock(), membership_effects_);
    router_.tick(clock(), router_effects_);
    for (auto& [id, hosted] : rows_) {
      const auto due = hosted.copy.next_tick();
      if (!hosted.copy.wants_tick() && !(due && *due <= clock())) continue;
      hosted.copy.tick(moment(), row_effects_);
      touched(id);
    }
    check_next();
  });
}

/// One row a tick does its background work.
void member_process::check_next() {
  if (rows_.empty()) return;
  auto next = rows_.upper_bound(checked_);
  if (next == rows_.end()) next = rows_.begin();
  checked_ = next->first;
  next->second.copy.check(moment(), row_effects_);
  touched(checked_);
}

void member_process::resumed() {
  if (std::exchange(stalled_, false)) perform();
}

void member_process::receive(endpoint from, any_frame&& what) {
  step([&] { std::visit([&](auto& x) { on(from, x); }, what); });
}

void member_process::on(endpoint from, any_membership_message& what) {
  if (const auto who = names_.find(from)) membership_.receive(*who, what, clock(), membership_effects_);
}

void member_process::on(endpoint, replication_batch& what) {
  const auto& mine = membership_.installed();
  // Two branches of one number can exist after a split of two voters: nothing of the other one may get in.
  if (!mine || (mine->name.number == what.view.number && mine->name != what.view)) return;
  for (auto& message : what.list) {
    const auto where = row_of(message);
    row(where).copy.receive(what.from, std::move(message), moment(), row_effects_);
    touched(where);
  }
}

void member_process::on(endpoint from, any_client_message& what) {
  std::visit(
      [&](auto& x) {
        using kind = std::decay_t<decltype(x)>;
        if constexpr (std::is_same_v<kind, client_message::operations>) {
          operate(from, x);
        } else if constexpr (std::is_same_v<kind, client_message::replies>) {
          for (const auto& r : x.list) {
            if (got_reply) got_reply(r);
            const auto finished = router_effects_.finished.size();
            router_.receive(names_.number_of(from), r, clock(), router_effects_);
            if (router_effects_.finished.size() > finished) checks_.is_told(*this, r);  // Otherwise nobody sees it.
          }
        } else if constexpr (std::is_same_v<kind, client_message::follow_view>) {
          if (std::find(view_followers_.begin(), view_followers_.end(), from) == view_followers_.end()) view_followers_.push_back(from);
          around_.transmit(endpoint_, from, channel::data, any_client_message{client_message::view_update{installed()}});
        } else if constexpr (std::is_same_v<kind, client_message::command>) {
          obey(from, x);
        }
      },
      what);
}

void member_process::operate(endpoint from, client_message::operations& what) {
  const auto origin = origin_of(from);
  for (auto& op : what.list) {
    if (!installed()) {
      reply no_view;
      no_view.request = op.request;
      no_view.result = outcome::retry;
      no_view.why = failure::not_primary;
      outgoing_[from].replies.push_back(std::move(no_view));
      continue;
    }
    const auto where = op.row;
    row(where).copy.operate(origin, std::move(op), moment(), row_effects_);
    touched(where);
  }
}

void member_process::obey(endpoint, const client_message::command& what) {
  if (const auto* create = std::get_if<client_message::command::create_map>(&what.what)) {
    membership_.want({membership_message::wish::create_map{create->name}}, clock(), membership_effects_);
  }
}

void member_process::disconnected(endpoint gone, channel via) {
  step([&] {
    if (via == channel::control) {
      if (const auto who = names_.find(gone)) membership_.disconnected(*who, clock(), membership_effects_);
      return;
    }
    forget_origin(gone);
    std::erase(view_followers_, gone);
    if (const auto was = names_.number_of(gone); was != nobody) router_.disconnected(was, clock(), router_effects_);
  });
}

void member_process::probed(const address& where, std::optional<endpoint> found, bool refused) {
  step([&] {
    const auto who = found ? names_.find(*found) : std::nullopt;
    if (who) membership_.reached(*who, where, clock(), membership_effects_);
    else membership_.unreachable(where, refused, clock(), membership_effects_);
  });
}

void member_process::not_sent(endpoint gone, const any_frame& what) {
  const auto* client = std::get_if<any_client_message>(&what);
  const auto* ops = client != nullptr ? std::get_if<client_message::operations>(client) : nullptr;
  if (ops == nullptr) return;
  step([&] {
    for (const auto& op : ops->list) {
      if (operation_not_sent) operation_not_sent(op.request);
      router_.not_sent(names_.number_of(gone), op.request, clock(), router_effects_);
    }
  });
}

void member_process::view_reaches_row(const row_id& where, const view_ptr& what) {
  step([&] {
    auto& here = row(where);
    if (here.knows && here.knows->name.number >= what->name.number) return;
    here.knows = what;
    here.copy.install(what, moment(), row_effects_);
    touched(where);
  });
}

void member_process::row_is_told(const neighbour_message& what) {
  step([&] {
    if (auto* here = find_row(what.to)) {
      here->copy.hear(what, moment(), row_effects_);
      touched(what.to);
    }
  });
}

/// Orders lead to further orders (a wish of a row is a step of the membership): until there are none.
void member_process::perform() {
  const auto stepped = std::exchange(touched_, {});
  std::vector<membership_event> events;
  for (bool more = true; more && alive_;) {
    perform_rows();
    perform_router();
    perform_membership(events);
    more = !row_effects_.wishes.empty() || !router_effects_.sends.empty() || !router_effects_.finished.empty() ||
           !router_effects_.wanted_maps.empty() || !membership_effects_.sends.empty() || membership_effects_.installed ||
           membership_effects_.ended != ending::none;
  }
  dispatch();
  for (const auto& r : stepped) {
    if (alive_) checks_.row_stepped(*this, r);
  }
}

void member_process::perform_membership(std::vector<membership_event>& events) {
  auto effects = std::exchange(membership_effects_, {});
  for (auto& s : effects.sends) {
    if (const auto to = names_.find(s.to)) around_.transmit(endpoint_, *to, channel::control, std::move(s.what));
  }
  for (const auto& where : effects.probes) around_.probe(endpoint_, where);
  for (const auto& e : effects.events) {
    checks_.event(*this, e);
    events.push_back(e);
  }
  for (const auto& v : effects.passed) checks_.installed(*this, v, effects.events);
  if (effects.installed) {
    checks_.installed(*this, effects.installed, effects.events);
    spread(effects.installed);
  }
  if (effects.ended != ending::none) {
    dispatch();
    alive_ = false;
    router_.close(router_effects_);
    perform_router();
    around_.kill(endpoint_);
    checks_.ended(*this, effects.ended, effects.gave_up_after);
  }
}

void member_process::spread(const view_ptr& v) {
  for (const auto& m : v->members) names_.number(m.id, m.number);
  router_.install(v, clock(), router_effects_);
  const auto concerns = [self = number()](const troupe::row& r) {
    return r.primary == self || r.in_sync.contains(self) || r.learners.contains(self) || r.async_backups.contains(self) ||
           r.unsealed.contains(self);
  };
  for (const auto& table : v->tables) {
    for (std::uint32_t p = 0; p < table.rows.size(); ++p) {
      const auto where = table.id_of(p);
      if (!concerns(table.rows[p]) && rows_.find(where) == rows_.end()) continue;
      const auto lag = rng_.between(duration{0}, options_.row_lag_max);
      around_.row_view(endpoint_, where, v, lag);
    }
  }
  for (const auto follower : view_followers_) {
    around_.transmit(endpoint_, follower, channel::data, any_client_message{client_message::view_update{v}});
  }
}

void member_process::perform_rows() {
  auto effects = std::exchange(row_effects_, {});
  const auto answered_by = std::exchange(answered_by_, {});
  for (auto& s : effects.sends) {
    checks_.replicates(*this, s.to, s.what);
    if (const auto to = peer(s.to)) outgoing_[*to].replication.push_back(std::move(s.what));
  }
  for (auto& a : effects.answers) {
    const auto to = origin_endpoints_.find(a.to);
    if (to == origin_endpoints_.end()) continue;
    // The clock is read after the value: a pause in between has taken the lease away.
    if (a.needs_lease && !membership_.held_lease().covers(*a.needs_lease, clock())) a.what = unvouched(a.what);
    const auto n = static_cast<std::size_t>(&a - effects.answers.data());
    const bool tells_of_write = a.what.result == outcome::ok && a.what.copies > 0;
    if (tells_of_write) checks_.acknowledges(*this, answered_by.at(n));
    outgoing_[to->second].replies.push_back(std::move(a.what));
  }
  for (const auto& w : effects.wishes) membership_.want(w, clock(), membership_effects_);
  for (auto& n : effects.neighbours) around_.tell_row(endpoint_, std::move(n), rng_.between(duration{0}, options_.row_lag_max));
  for (const auto& e : effects.events) {
    around_.log().line(around_.now(), [&] { return "  #" + std::to_string(number().value()) + " row: " + e.text; });
  }
}

reply member_process::read_copy(const operation& get) {
  const auto& v = installed();
  const auto* r = v ? v->find(get.row) : nullptr;
  auto* here = find_row(get.row);
  const bool has_copy = r != nullptr && r->primary != number() && (r->in_sync.contains(number()) || r->async_backups.contains(number()));
  if (has_copy && here != nullptr && here->knows && membership_.held_lease().covers(here->knows->name, clock())) {
    if (const auto answer = here->copy.read_backup(get)) {
      checks_.reads_copy(*this, get, *answer);
      return *answer;
    }
  }
  reply elsewhere;
  elsewhere.request = get.request;
  elsewhere.result = outcome::retry;
  elsewhere.why = failure::not_primary;
  return elsewhere;
}

void member_process::perform_router() {
  auto effects = std::exchange(router_effects_, {});
  for (const auto& get : effects.copy_reads) router_.copy_answered(read_copy(get), clock(), router_effects_);
  for (auto& s : effects.sends) {
    if (sent_operation) sent_operation(s.what);
    checks_.asks(*this, s.what);
    if (const auto to = peer(s.to)) {
      outgoing_[*to].operations.push_back(std::move(s.what));
    } else {
      if (operation_not_sent) operation_not_sent(s.what.request);
      router_.not_sent(s.to, s.what.request, clock(), router_effects_);
    }
  }
  for (const auto& name : effects.wanted_maps) {
    membership_.want({membership_message::wish::create_map{name}}, clock(), membership_effects_);
  }
  for (auto& f : effects.finished) {
    const auto waiting = calls_.extract(f.call);
    if (!waiting.empty()) waiting.mapped()(f.what);
  }
}

void member_process::replicate(endpoint to, std::vector<any_replication_message>&& what) {
  for (auto next = what.begin(); next != what.end();) {
    const auto count = std::min(what.end() - next, static_cast<std::ptrdiff_t>(options_.frame_messages_max));
    replication_batch batch{number(), installed() ? installed()->name : view_name{}, {}};
    batch.list.assign(std::move_iterator{next}, std::move_iterator{next + count});
    around_.transmit(endpoint_, to, channel::data, std::move(batch));
    next += count;
  }
}

/// All that one step has for one peer leaves as one frame of each kind, or a few.
void member_process::dispatch() {
  for (auto& [to, what] : std::exchange(outgoing_, {})) {
    replicate(to, std::move(what.replication));
    if (!what.operations.empty()) {
      around_.transmit(endpoint_, to, channel::data, any_client_message{client_message::operations{std::move(what.operations)}});
    }
    if (!what.replies.empty()) {
      around_.transmit(endpoint_, to, channel::data, any_client_message{client_message::replies{std::move(what.replies)}});
    }
  }
}

member_process::hosted_row* member_process::find_row(const row_id& id) {
  const auto at = rows_.find(id);
  return at == rows_.end() ? nullptr : &at->second;
}

/// The replica of a row, which may be asked for by a message before the view that gives it to this member.
member_process::hosted_row& member_process::row(const row_id& id) {
  if (auto* here = find_row(id)) return *here;
  auto& fresh = rows_.try_emplace(id, hosted_row{replica{id, number(), options_.replica, folding_}, nullptr}).first->second;
  if (installed()) {
    fresh.knows = installed();
    fresh.copy.install(installed(), moment(), row_effects_);
  }
  return fresh;
}

origin_id member_process::origin_of(endpoint e) {
  const auto [at, fresh] = origins_.try_emplace(e, origin_id{next_origin_});
  if (fresh) origin_endpoints_.emplace(origin_id{next_origin_++}, e);
  return at->second;
}

void member_process::forget_origin(endpoint e) {
  const auto at = origins_.find(e);
  if (at == origins_.end()) return;
  for (auto& [id, hosted] : rows_) hosted.copy.forget(at->second);
  origin_endpoints_.erase(at->second);
  origins_.erase(at);
}

std::optional<endpoint> member_process::peer(member_no m) const {
  const auto& v = installed();
  const auto* found = v ? v->find(m) : nullptr;
  return found != nullptr ? names_.find(found->id) : std::nullopt;
}

}  // namespace troupe::sim
