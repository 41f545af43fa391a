#include <troupe/actors/protocol/membership/seeker.hpp>

#include <algorithm>

#include <troupe/actors/protocol/membership/view_change.hpp>

namespace troupe::protocol {

namespace message = membership_message;

namespace {

constexpr int seek_every = 2;     // heartbeats
constexpr int refused_grace = 3;  // heartbeats during which a seed has refused before it counts as not there
constexpr int answer_life = 10;   // heartbeats
constexpr int knock_every = 5;    // heartbeats
constexpr int hasty_probes = 20;  // a heartbeat apart: members that start together find each other soon; whoever is missing then may be for long

}  // namespace

seeker::seeker(const membership_options& options) : options_(options) {
  for (const auto& where : options.seeds) seeds_.push_back({where, {}, {}});
}

void seeker::start(step s) {
  started_at_ = s.now;
  report_at_ = s.now + options_.settings.times.bootstrap_wait;
  look(s);
}

void seeker::tick(step s) {
  if (cluster_) {
    apply(s);
  } else {
    look(s);
  }
  report(s);
}

// Looking

void seeker::look(step s) {
  for (auto& x : seeds_) {
    if (x.is_self) continue;
    if (x.peer) {
      if (s.now >= peers_[*x.peer].asked_at + heartbeats(seek_every)) seek(*x.peer, s);
    } else if (s.now >= x.probe_again_at) {
      x.probe_again_at = s.now + heartbeats(answer_life);  // Unless the probe's outcome says otherwise.
      s.out.probes.push_back(x.where);
    }
  }
  for (const auto& asker : askers_) {
    if (s.now >= peers_[asker].asked_at + heartbeats(seek_every)) seek(asker, s);
  }
}

void seeker::seek(const incarnation& peer, step s) {
  peers_[peer].asked_at = s.now;
  s.out.sends.push_back({peer, message::seek{}});
}

void seeker::reached(const incarnation& peer, const address& where, step s) {
  const bool is_self = peer == options_.self.id;
  for (auto& x : seeds_) {
    if (x.where != where) continue;
    x.is_self = is_self;
    x.refused_since.reset();
    x.failures = 0;
    if (!is_self) x.peer = peer;
  }
  if (is_self) return;
  connected_.insert(peer);
  if (cluster_) {
    apply(s);
  } else {
    seek(peer, s);
  }
}

void seeker::unreachable(const address& where, bool refused, step s) {
  for (auto& x : seeds_) {
    if (x.where != where) continue;
    x.peer.reset();
    x.probe_again_at = s.now + heartbeats(++x.failures < hasty_probes ? 1 : answer_life);
    if (!refused) x.refused_since.reset();
    if (refused && !x.refused_since) x.refused_since = s.now;
  }
}

void seeker::disconnected(const incarnation& peer) {
  connected_.erase(peer);
  askers_.erase(peer);
  peers_.erase(peer);
  for (auto& x : seeds_) {
    if (x.peer == peer) x.peer.reset();
  }
}

void seeker::on(const incarnation& from, const message::seek&, step s) {
  connected_.insert(from);
  askers_.insert(from);
  if (cluster_) {
    // Else those who seek would keep a cluster alive among themselves that is gone, and nobody would ever found one again.
    if (a_member_said_so_) s.out.sends.push_back({from, message::full_view{cluster_}});
    return;
  }
  s.out.sends.push_back({from, message::seeking_too{options_.may_found}});
  // It may be entitled to found, and in no list here: so ask back.
  if (!has_answered(from, s.now) && s.now >= peers_[from].asked_at + heartbeats(seek_every)) seek(from, s);
}

void seeker::on(const incarnation& from, const message::seeking_too& m, step s) {
  connected_.insert(from);
  auto& peer = peers_[from];
  peer.answered_at = s.now;
  peer.may_found = m.may_found;
}

bool seeker::has_answered(const incarnation& peer, instant now) const {
  const auto at = peers_.find(peer);
  return at != peers_.end() && at->second.answered_at && now - *at->second.answered_at < heartbeats(answer_life);
}

bool seeker::has_settled(const seed& x, instant now) const {
  if (x.is_self) return true;
  if (x.peer) return has_answered(*x.peer, now);
  return x.refused_since && now - *x.refused_since >= heartbeats(refused_grace);
}

bool seeker::should_found(instant now) const {
  if (!options_.may_found || cluster_) return false;
  if (seeds_.empty()) return true;
  for (const auto& [id, peer] : peers_) {
    if (peer.may_found && id < options_.self.id && has_answered(id, now)) return false;
  }
  if (now - started_at_ >= options_.settings.times.bootstrap_wait) return true;
  return std::all_of(seeds_.begin(), seeds_.end(), [&](const seed& x) { return has_settled(x, now); }) &&
         std::all_of(askers_.begin(), askers_.end(), [&](const incarnation& id) { return has_answered(id, now); });
}

// Joining

void seeker::on(const incarnation& from, const message::full_view& m, step s) {
  connected_.insert(from);
  if (!m.view || voters_of(*m.view).empty()) return;
  if (m.view->find(options_.self.id) != nullptr) {
    admitted_ = m.view;
    return;
  }
  const bool is_said_by_member = m.view->find(from) != nullptr;
  if (!cluster_) {
    cluster_ = m.view;
    a_member_said_so_ = is_said_by_member;
    door_ = 0;
    begin_turn(s);
    apply(s);
  } else if (cluster_->cluster == m.view->cluster) {
    if (m.view->name.number > cluster_->name.number) cluster_ = m.view;
    a_member_said_so_ = a_member_said_so_ || is_said_by_member;
  }
}

void seeker::withdraw(step s) {
  if (!cluster_) return;
  for (auto v : voters_of(*cluster_)) {
    const auto& id = cluster_->find(v)->id;
    if (connected_.contains(id)) s.out.sends.push_back({id, message::goodbye{}});
  }
}

void seeker::on(const incarnation& from, const message::join_refused& m) {
  if (cluster_ && cluster_->find(from) != nullptr) refusal_ = m;
}

/// Asks the voters in turn, the oldest first. Whoever was asked at every door twice looks for the cluster anew.
void seeker::apply(step s) {
  if (s.now >= turn_ends_at_) {
    ++door_;
    if (door_ >= 2 * voters_of(*cluster_).size()) {
      cluster_.reset();
      started_at_ = s.now;
      return look(s);
    }
    begin_turn(s);
  }
  const auto& voter = at_the_door();
  if (has_knocked_ || !connected_.contains(voter.id)) return;
  has_knocked_ = true;
  // From the first request on, any view may let this process in without its ever hearing of it.
  const auto as_of = first_asked_as_of_.try_emplace(cluster_->cluster, cluster_->name.number).first->second;
  s.out.sends.push_back({voter.id, message::join_request{options_.self, options_.settings, as_of}});
}

void seeker::begin_turn(step s) {
  turn_ends_at_ = s.now + heartbeats(knock_every);
  has_knocked_ = false;
  const auto& voter = at_the_door();
  if (!connected_.contains(voter.id)) s.out.probes.push_back(voter.address);
}

const member& seeker::at_the_door() const {
  const auto voters = voters_of(*cluster_);
  return *cluster_->find(*std::next(voters.begin(), static_cast<std::ptrdiff_t>(door_ % voters.size())));
}

// What people are told while it takes long

void seeker::report(step s) {
  if (s.now < report_at_) return;
  report_at_ = s.now + options_.settings.times.bootstrap_wait;
  std::string text;
  if (cluster_) {
    text = "for=admission cluster=" + to_string(cluster_->cluster) + " asked=" + to_string(at_the_door().address);
  } else {
    text = "for=cluster may_found=" + std::string{options_.may_found ? "yes" : "no"} + " seeds=";
    for (const auto& x : seeds_) {
      const bool answers = x.peer && has_answered(*x.peer, s.now);
      const auto* state = x.is_self ? "self" : answers ? "seeking_too" : x.peer ? "connected" : x.refused_since ? "refused" : "silent";
      text += (text.back() == '=' ? "" : ",") + to_string(x.where) + ':' + state;
    }
  }
  s.out.events.push_back({membership_event::kind::waiting, std::move(text)});
}

}  // namespace troupe::protocol
