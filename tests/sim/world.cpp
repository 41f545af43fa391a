#include "tests/sim/world.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

#include <troupe/messages/types/client_message.hpp>

#include "tests/sim/describe.hpp"

namespace troupe::sim {

namespace {

/// How long a dial that gets no answer at all is waited for.
constexpr duration dial_patience = seconds{1};

bool insert_ordered(std::vector<endpoint>& set, endpoint e) {
  const auto place = std::lower_bound(set.begin(), set.end(), e);
  if (place != set.end() && *place == e) return false;
  set.insert(place, e);
  return true;
}

bool may_be_repeated(const any_frame& f) { return !std::holds_alternative<any_client_message>(f); }

}  // namespace

world::world(std::uint64_t seed, const network_profile& weather, duration tick_interval, trace& log)
    : log_(log), net_(weather, dice::of(seed, "network")), rng_(dice::of(seed, "world")), tick_interval_(tick_interval) {}

void world::run_until(virtual_time end) {
  while (!agenda_.empty() && agenda_.next_time() <= end) {
    now_ = std::max(now_, agenda_.next_time());
    handle(agenda_.take());
  }
  now_ = std::max(now_, end);
}

endpoint world::start(participant& who, host_no host, const drifting_clock& clock, std::optional<address> listens) {
  const endpoint e{static_cast<std::uint32_t>(stations_.size())};
  stations_.push_back({&who, host, clock, std::move(listens), state::running, 0, {}, {}, {}, {}, {}});
  agenda_.plan(now_ + rng_.between(duration{0}, tick_interval_), event{clock_tick{e}});
  return e;
}

void world::kill(endpoint who) {
  auto& s = at(who);
  s.condition = state::dead;
  s.waiting.clear();
  for (const auto peer : s.peers) {
    for (const auto via : {channel::control, channel::data}) {
      net_.reset(path(who, peer, via));  // What the kernel has not sent yet is gone.
      if (alive(peer) && net_.between(s.host, at(peer).host) == cut_kind::none) notice_break(peer, who, via);
    }
  }
}

void world::pause(endpoint who, duration how_long) {
  auto& s = at(who);
  if (s.condition != state::running) return;
  s.condition = state::paused;
  agenda_.plan(now_ + how_long, event{pause_ends{who, ++s.pauses}});
}

void world::resume(endpoint who) {
  auto& s = at(who);
  if (s.condition != state::paused) return;
  s.condition = state::running;
  auto waiting = std::exchange(s.waiting, {});
  s.who->resumed();
  // What waited is handled now and in order; it may itself pause or end the process again.
  for (auto& e : waiting) deliver(std::move(e));
}

void world::slow_down(endpoint who, duration each_step, virtual_time until) {
  at(who).each_step = each_step;
  at(who).slow_until = until;
}

void world::plan(virtual_time when, std::function<void()> errand) { agenda_.plan(when, event{std::move(errand)}); }

void world::transmit(endpoint from, endpoint to, channel via, any_frame what) {
  launch(from, to, via, std::make_shared<any_frame>(std::move(what)));
}

void world::launch(endpoint from, endpoint to, channel via, std::shared_ptr<any_frame> what) {
  insert_ordered(at(from).peers, to);
  insert_ordered(at(to).peers, from);
  if (!alive(to)) return fail_to_dead(from, to, via, std::move(what));
  if (from == to) {  // Between actors of one process: no network.
    agenda_.plan(now_ + microseconds{1 + rng_.below(20)}, event{arrival{from, to, via, std::move(what), {}}});
    return;
  }
  const auto passage = net_.send(path(from, to, via), now_, may_be_repeated(*what));
  if (passage.held) held_.push_back({from, to, via, what, {}});
  for (std::size_t i = 0; i < passage.copies; ++i) agenda_.plan(passage.arrivals[i], event{arrival{from, to, via, what, passage.number}});
}

void world::fail_to_dead(endpoint from, endpoint to, channel via, std::shared_ptr<any_frame> what) {
  const bool cut = !net_.reachable(at(from).host, at(to).host);
  const auto& known = at(from).known_dead;
  if (std::binary_search(known.begin(), known.end(), to)) {  // Nothing to send on, and a new dial is refused or not answered.
    agenda_.plan(now_ + (cut ? dial_patience : 2 * net_.delay()), event{send_failed{from, to, std::move(what)}});
  } else if (!cut) {
    notice_break(from, to, via);
  }
}

void world::notice_break(endpoint who, endpoint peer, channel via) {
  agenda_.plan(now_ + net_.delay(), event{break_noticed{who, peer, via}});
}

void world::probe(endpoint from, const address& where) {
  const auto found = listening(where);
  probe_ended result{from, where, found, false};
  auto takes = net_.delay() + net_.delay();
  const auto peer_host = found ? std::optional{at(*found).host} : std::nullopt;
  if (peer_host && (!net_.reachable(at(from).host, *peer_host) || paused(*found))) {
    result.found.reset();
    takes = dial_patience;
  } else if (!found) {
    result.refused = true;
  }
  agenda_.plan(now_ + takes, event{std::move(result)});
}

std::optional<endpoint> world::listening(const address& where) const {
  for (std::size_t i = stations_.size(); i-- > 0;) {
    if (stations_[i].condition != state::dead && stations_[i].listens == where) return endpoint{static_cast<std::uint32_t>(i)};
  }
  return std::nullopt;
}

void world::row_view(endpoint who, const row_id& where, view_ptr what, duration after) {
  agenda_.plan(now_ + after, event{row_learns{who, where, std::move(what)}});
}

void world::tell_row(endpoint who, protocol::neighbour_message what, duration after) {
  agenda_.plan(now_ + after, event{row_is_told{who, std::move(what)}});
}

void world::reset(endpoint a, endpoint b, channel via) {
  net_.reset(path(a, b, via));
  net_.reset(path(b, a, via));
  notice_break(a, b, via);
  notice_break(b, a, via);
}

void world::release_held() {
  for (auto& frame : std::exchange(held_, {})) {
    if (alive(frame.from)) launch(frame.from, frame.to, frame.via, std::move(frame.what));
  }
}

std::optional<endpoint> world::whose(const event& e) {
  return std::visit(
      [](const auto& x) -> std::optional<endpoint> {
        using kind = std::decay_t<decltype(x)>;
        if constexpr (std::is_same_v<kind, arrival>) return x.to;
        else if constexpr (std::is_same_v<kind, std::function<void()>> || std::is_same_v<kind, pause_ends>) return std::nullopt;
        else return x.who;
      },
      e);
}

void world::handle(event&& e) {
  ++steps_;
  log_.mix(static_cast<std::uint64_t>(now_.time_since_epoch().count()));
  log_.mix(e.index());
  deliver(std::move(e));
}

void world::deliver(event&& e) {
  const auto who = whose(e);
  if (who) {
    auto& s = at(*who);
    log_.mix(who->value());
    if (s.condition == state::dead) return;
    if (s.condition == state::paused) return s.waiting.push_back(std::move(e));
  }
  std::visit([this](auto&& x) { on(std::forward<decltype(x)>(x)); }, std::move(e));
  if (who && now_ < at(*who).slow_until) pause(*who, at(*who).each_step);
}

void world::on(arrival&& a) {
  if (a.from != a.to && !net_.delivers(path(a.from, a.to, a.via), a.number)) return;
  log_.mix(a.from.value());
  log_.mix(a.what->index());
  if (log_.wants_frames()) {
    log_.line(now_, [&] { return "    " + std::to_string(a.from.value()) + " > " + std::to_string(a.to.value()) + " " + describe(*a.what); });
  }
  if (a.what.use_count() == 1) return at(a.to).who->receive(a.from, std::move(*a.what));
  at(a.to).who->receive(a.from, any_frame{*a.what});
}

void world::on(const clock_tick& t) {
  agenda_.plan(now_ + at(t.who).clock.true_span(tick_interval_), event{t});
  at(t.who).who->tick();
}

void world::on(const break_noticed& b) {
  if (!alive(b.peer)) insert_ordered(at(b.who).known_dead, b.peer);
  at(b.who).who->disconnected(b.peer, b.via);
}

void world::on(const probe_ended& p) {
  const bool still = p.found && alive(*p.found);
  at(p.who).who->probed(p.where, still ? p.found : std::nullopt, p.refused || (p.found && !still));
}

void world::on(const send_failed& f) { at(f.who).who->not_sent(f.peer, *f.what); }

void world::on(const row_learns& l) { at(l.who).who->view_reaches_row(l.where, l.what); }

void world::on(const row_is_told& t) { at(t.who).who->row_is_told(t.what); }

void world::on(const pause_ends& p) {
  if (at(p.who).pauses == p.pause) resume(p.who);
}

}  // namespace troupe::sim
