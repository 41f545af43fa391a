/// \file
/// Membership cores on virtual time: a message queue with delay, loss, cuts, crashes and pauses; and checks in every step: one
/// decided view per number, no incarnation that comes back, and nobody with a lease whom a later decided view removed.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <troupe/actors/protocol/membership/membership.hpp>
#include <troupe/actors/protocol/membership/view_change.hpp>

namespace troupe::test {

using event_kind = protocol::membership_event::kind;
namespace message = membership_message;

/// The n-th process of a test: its incarnation and address follow from n. Lower n, lower incarnation.
[[nodiscard]] incarnation incarnation_of(std::size_t n);
[[nodiscard]] address address_of(std::size_t n);
[[nodiscard]] member process_named(std::size_t n);
/// Few partitions, so that tests are quick; one map definition `default` with one backup.
[[nodiscard]] cluster_settings small_settings();

class network {
 public:
  /// A process on its own clock, which may run apart from virtual time.
  struct process {
    std::size_t name;
    std::unique_ptr<protocol::membership> core;
    address where;
    duration clock_offset{};
    double clock_rate = 1;
    bool is_running = true;
    bool is_paused = false;
    protocol::ending ended = protocol::ending::none;
    std::optional<view_number> gave_up_after;
    std::vector<protocol::membership_event> events;
    std::set<std::size_t> acquaintances;  // The members of all views that it has had.
    std::deque<std::function<void()>> waiting;  // While paused.
  };

  explicit network(std::uint32_t seed = 1) : random_(seed) {}

  // Processes
  process& start(std::size_t n, protocol::membership_options options);
  double next_clock_rate = 1;  ///< of those started from now on
  [[nodiscard]] process& at(std::size_t n) { return *processes_.at(n); }
  void crash(std::size_t n, bool peers_notice = true);
  void pause(std::size_t n) { at(n).is_paused = true; }
  void resume(std::size_t n);
  void leave(std::size_t n);
  void want(std::size_t n, const message::wish&);
  void force_view(std::size_t n);

  // The network
  void cut(std::size_t a, std::size_t b);
  void cut_one_way(std::size_t from, std::size_t to);
  void heal(std::size_t a, std::size_t b);
  void heal_all() { cuts_.clear(); }
  void isolate(std::size_t n);
  void close_connection(std::size_t a, std::size_t b);
  duration delay = milliseconds{1};
  duration jitter{};      ///< reorders messages; none: each pair's arrive in order
  double loss = 0;        ///< share of messages lost
  double duplicates = 0;  ///< share of messages that arrive twice
  std::function<bool(std::size_t from, std::size_t to, const any_membership_message&)> drop;  ///< what else is lost
  /// False: the voters of a view of exactly two always reach each other, because a split of two is excepted from the promises.
  bool may_split_two = true;
  bool branches_expected = false;  ///< a split of two voters, or force-view: more than one view per number

  // Time
  void run_for(duration);
  /// True when it came to pass in time.
  bool run_until(const std::function<bool()>& condition, duration within);
  [[nodiscard]] instant now() const { return now_; }

  // What can be seen
  [[nodiscard]] const view& view_of(std::size_t n) { return *at(n).core->installed(); }
  [[nodiscard]] std::size_t members_seen_by(std::size_t n);
  [[nodiscard]] bool sees(std::size_t n, std::size_t other);
  [[nodiscard]] bool has_lease(std::size_t n);
  [[nodiscard]] std::size_t count(std::size_t n, event_kind) const;
  [[nodiscard]] std::string text(std::size_t n, event_kind) const;  ///< of the last one
  /// Do all running processes have the same view, with exactly these members?
  [[nodiscard]] bool agree_on(const std::set<std::size_t>& names);
  /// What is wrong; empty as long as nothing is.
  [[nodiscard]] const std::string& violation() const { return violation_; }
  /// When the first view without `n` was decided.
  [[nodiscard]] std::optional<instant> removed_at(std::size_t n) const;
  /// Every process, its view, and its last events: for the message of a failed test.
  [[nodiscard]] std::string description();
  [[nodiscard]] std::size_t views_decided() const { return decided_.size(); }
  [[nodiscard]] std::size_t probes() const { return probes_; }  ///< since the start
  /// Messages of one kind, sent since the start.
  template <class Message>
  [[nodiscard]] std::size_t sent() const {
    return sent_[any_membership_message{Message{}}.index()];
  }

 private:
  using link = std::pair<std::size_t, std::size_t>;

  [[nodiscard]] instant local_time(const process& p) const;
  void step(process& p, const std::function<void(instant, protocol::membership_effects&)>& what);
  void perform(process& p, protocol::membership_effects& effects);
  void transmit(std::size_t from, const incarnation& to, const any_membership_message& what);
  void probe(std::size_t from, const address& where);
  void schedule(duration after, std::function<void()> what);
  void deliver(std::size_t to, std::function<void(process&)> what);
  void schedule_tick(std::size_t n);
  void note_decided(const view_ptr& v);
  void check_leases();
  [[nodiscard]] bool chance(double share);
  [[nodiscard]] bool is_spared(std::size_t from, std::size_t to) const;
  [[nodiscard]] std::optional<std::size_t> name_of(const incarnation& id) const;

  std::mt19937 random_;
  instant now_{seconds{1000}};
  std::uint64_t sequence_ = 0;
  std::size_t probes_ = 0;
  std::map<std::pair<instant, std::uint64_t>, std::function<void()>> queue_;
  std::map<std::size_t, std::unique_ptr<process>> processes_;
  std::map<incarnation, std::size_t> names_;
  std::set<link> cuts_;
  std::map<link, instant> last_arrival_;
  std::map<std::pair<cluster_id, view_number>, view_ptr> decided_;
  std::set<std::size_t> pair_;  // The voters of the latest decided view, if they are two.
  std::map<incarnation, instant> removed_;
  mutable std::map<std::size_t, std::size_t> sent_;  // By kind of message.
  std::string violation_;
};

/// n members that started together and are in one view, all with leases.
class cluster_of : public network {
 public:
  explicit cluster_of(std::size_t n, cluster_settings settings = small_settings(), std::uint32_t seed = 1);
  /// One more process, which looks for the cluster at the first n's addresses. It runs from now on.
  void add(std::size_t n);
  void add(std::size_t n, cluster_settings settings);
  void add(member who, std::size_t n, cluster_settings settings);

 private:
  std::size_t size_;
  cluster_settings settings_;
};

}  // namespace troupe::test
