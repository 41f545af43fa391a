#include <troupe/node/member/control_plane.hpp>

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

namespace troupe {

class control_plane::environment final : public membership_environment {
 public:
  explicit environment(control_plane& plane) : plane_{plane} {}
  instant now() const override { return shard::now(); }
  void send(const incarnation& to, any_membership_message what) override { plane_.send(to, std::move(what)); }
  void probe(const address& where) override { plane_.probe(where); }
  void lease_changed(const protocol::lease& held) override { plane_.listener_.lease_changed(held); }
  void passed(const view_ptr& v) override { plane_.listener_.passed(v); }
  void installed(const view_ptr& v, member_no self) override {
    plane_.installed(v);
    plane_.listener_.installed(v, self);
  }
  void ended(protocol::ending how, std::optional<view_number> gave_up_after) override { plane_.listener_.ended(how, gave_up_after); }
  void report(const protocol::membership_event& what) override { plane_.listener_.reported(what); }

 private:
  control_plane& plane_;
};

control_plane::control_plane(caf::actor_system& system, hello self, dial_settings dialling, std::shared_ptr<spdlog::logger> log,
                             control_listener& listener)
    : system_{system}, self_{std::move(self)}, dialling_{dialling}, listener_{listener}, shard_{system, "troupe.control", std::move(log)} {
  self_.role = connection_role::member_control;
}

control_plane::~control_plane() = default;

void control_plane::start(protocol::membership_options options) {
  self_.address = options.self.address;
  tick_interval_ = options.settings.times.heartbeat / 4;
  membership_ = spawn_membership(system_, std::move(options), std::make_shared<environment>(*this));
  tell(local::start_membership{});
  arm_tick();
  shard_.start();
}

void control_plane::stop() {
  shard_.post([this] {
    tick_.cancel();
    shard_.deliver(membership_, compat::make_letter(caf::exit_msg{caf::actor_addr{}, caf::exit_reason::user_shutdown}));
    probes_.clear();
    peers_.clear();
  });
  shard_.stop();
}

void control_plane::arm_tick() {
  tick_ = shard_.after(tick_interval_, [this] {
    tell(local::tick{});
    arm_tick();
  });
}

dialled_link* control_plane::link_to(const incarnation& to) {
  auto at = peers_.find(to);
  if (at == peers_.end() || !at->second.where) return nullptr;
  auto& p = at->second;
  if (p.link) return p.link.get();
  dialled_link_callbacks callbacks;
  callbacks.down = [this, to](const link_end&) { tell_if_disconnected(to); };
  p.link = std::make_unique<dialled_link>(shard_, link_target{*p.where, to}, self_, dialling_, std::move(callbacks));
  return p.link.get();
}

void control_plane::send(const incarnation& to, any_membership_message what) {
  if (auto* link = link_to(to)) link->send(any_frame{std::move(what)});
}

void control_plane::probe(const address& where) {
  auto& probe = probes_[to_string(where)];
  if (probe) return;
  dialled_link_callbacks callbacks;
  callbacks.up = [this, where](const incarnation& who, const address&) { on_probe_up(where, who); };
  callbacks.down = [this, where](const link_end& why) { on_probe_down(where, why); };
  auto settings = dialling_;
  settings.is_quiet = true;
  probe = std::make_unique<dialled_link>(shard_, link_target{where, std::nullopt}, self_, settings, std::move(callbacks));
}

void control_plane::on_probe_up(const address& where, const incarnation& who) {
  auto node = probes_.extract(to_string(where));
  probe_failures_.erase(to_string(where));
  if (who == self_.who) return tell(local::peer_unreachable{where, true});
  auto& p = peers_[who];
  if (!p.where) p.where = where;
  tell(local::peer_reached{who, where});
}

void control_plane::on_probe_down(const address& where, const link_end& why) {
  auto node = probes_.extract(to_string(where));
  // It is asked again several times a second: news, not each attempt.
  const auto text = why.detail.empty() ? std::string{to_string(why.reason)} : why.detail;
  if (std::exchange(probe_failures_[to_string(where)], text) != text) {
    const auto is_refusal = why.reason == end_reason::refused;
    shard_.log().log(is_refusal ? spdlog::level::warn : spdlog::level::info, "{} address={} why=\"{}\"", is_refusal ? "seed_refuses" : "seed_unreachable",
                     to_string(where), text);
  }
  listener_.unreachable(where, why);
  tell(local::peer_unreachable{where, why.reason != end_reason::timed_out});
}

void control_plane::installed(const view_ptr& v) {
  view_ = v;
  probe_failures_.clear();
  tick_interval_ = v->settings.times.heartbeat / 4;
  for (const auto& m : v->members) {
    if (m.id != self_.who) peers_[m.id].where = m.address;
  }
  // Who is no member and has no connection to us can't ask us anything.
  std::erase_if(peers_, [&](const auto& p) { return v->find(p.first) == nullptr && p.second.heard.empty(); });
}

void control_plane::accept(std::unique_ptr<accepted_link> link) {
  const auto who = link->peer().who;
  auto& p = peers_[who];
  if (!p.where) p.where = link->peer().address;
  auto* raw = link.get();
  p.heard.push_back(std::move(link));
  accepted_link_callbacks callbacks;
  callbacks.frame = [this, who](any_frame frame) {
    if (auto* m = std::get_if<any_membership_message>(&frame)) tell(local::membership_frame{who, std::move(*m)});
  };
  callbacks.closed = [this, who, raw](const link_end&) { on_closed(who, raw); };
  raw->start(std::move(callbacks));
}

void control_plane::on_closed(const incarnation& who, const accepted_link* which) {
  auto at = peers_.find(who);
  if (at == peers_.end()) return;
  std::erase_if(at->second.heard, [&](const auto& l) { return l.get() == which; });
  tell_if_disconnected(who);
  if (view_ && view_->find(who) == nullptr && at->second.heard.empty()) peers_.erase(at);
}

/// Anybody can say that he is that peer, and hang up: it counts when the last connection is gone.
void control_plane::tell_if_disconnected(const incarnation& who) {
  const auto& p = peers_.at(who);
  if (p.heard.empty() && (!p.link || !p.link->is_up())) tell(local::peer_disconnected{who});
}

}  // namespace troupe
