/// \file
/// The parts of a membership, wired. Its functions are spread by subject: membership.cpp (events from outside), conversation.cpp
/// (messages), succession.cpp (installing views, the end), coordination.cpp (what to propose, and who).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>

#include <troupe/actors/protocol/membership/agenda.hpp>
#include <troupe/actors/protocol/membership/ancestry.hpp>
#include <troupe/actors/protocol/membership/branches.hpp>
#include <troupe/actors/protocol/membership/election.hpp>
#include <troupe/actors/protocol/membership/failure_detector.hpp>
#include <troupe/actors/protocol/membership/hearing.hpp>
#include <troupe/actors/protocol/membership/membership.hpp>
#include <troupe/actors/protocol/membership/seeker.hpp>

namespace troupe::protocol {

class membership::state {
 public:
  explicit state(membership_options);

  // membership.cpp
  void start(step);
  void tick(step);
  void reached(const incarnation& peer, const address& where, step);
  void unreachable(const address& where, bool refused, step);
  void disconnected(const incarnation& peer, step);
  void receive(const incarnation& from, const any_membership_message& what, step);
  void want(const membership_message::wish&, step);
  void leave(step);
  void force_view(step);

  [[nodiscard]] const view_ptr& installed() const { return view_; }
  [[nodiscard]] member_no self_number() const { return self_; }
  [[nodiscard]] lease held_lease() const;
  [[nodiscard]] member_set suspects() const { return detector_.suspects(); }

 private:
  using standing = ancestry::standing;

  // membership.cpp
  [[nodiscard]] bool is_member() const { return view_ != nullptr && !is_over(); }
  [[nodiscard]] bool is_over() const { return ended_ != ending::none || successor_ != nullptr; }
  [[nodiscard]] const timing& times() const { return view_->settings.times; }
  void wake(step);
  void tick_member(step);
  void add_wish(const membership_message::wish&, step);
  void finish(step);
  void send_heartbeats(step);
  void suspect(member_no, std::string_view reason, step);
  void heard(const incarnation& from, step);
  void send(member_no to, any_membership_message what, step) const;

  // conversation.cpp
  void converse(const incarnation& from, const any_membership_message& what, step);
  void on_foreign(const incarnation& from, const view_name& name, step);
  void on_branch(const incarnation& from, const view_ptr& theirs, const parting& where, step);
  void report_foreign(const incarnation& from, const view_name& name, std::string what, step);
  void give_up(std::optional<view_number> after, step);
  void on_closed(const incarnation& from, const any_membership_message& what, step);
  void on_ahead(const incarnation& from, const view_name& name, const any_membership_message& what, step);
  void answer_with_view(const incarnation& to, step);
  void on(const incarnation& from, const membership_message::heartbeat&, step);
  void on(const incarnation& from, const membership_message::decided&, step);
  void on(const incarnation& from, const membership_message::full_view&, step);
  void on(const incarnation& from, const membership_message::seek&, step);
  void on(const incarnation& from, const membership_message::join_request&, step);
  void on(const incarnation& from, const membership_message::wishes&, step);
  void on(const incarnation& from, const membership_message::consent&, step);
  void on(const incarnation& from, const membership_message::goodbye&, step);
  template <class Message>
  void on(const incarnation& from, const Message&, step);  // For the election, or without meaning for a member.

  // succession.cpp
  void settle_in(step);
  void conclude(const view_change&, step);
  void install(const view_ptr&, step);
  void report_installed(const view* before, step) const;
  void depart(const view_ptr& next, ending how, step);
  void say_farewell(step);
  void on_farewell_answer(const incarnation& from, const any_membership_message& what, step);
  void end(ending, step);
  void pass_on(const view_ptr& next, step) const;
  void note_lost(const view* before, step);
  void lose(const incarnation& who, const address& where, bool may_serve, step);
  void look_for_lost(step);
  void leave_on_time(step);

  // coordination.cpp
  void coordinate(step);
  void propose(step);
  void go_on_alone(step);
  void carry_out_force(step);
  void report_quorum(step);
  void repeat_wishes(step);
  void pull_view(step);
  void look_for_view(step);
  [[nodiscard]] std::optional<std::size_t> turn() const;
  [[nodiscard]] member_no coordinator() const;
  [[nodiscard]] member_set condemned(instant now) const;
  [[nodiscard]] member_set due_removals(instant now) const;
  [[nodiscard]] bool awaits_one_more(instant now, duration since_due) const;
  [[nodiscard]] agenda::joining when_to_admit(instant now) const;
  [[nodiscard]] bool is_early_to_end(instant now) const;
  [[nodiscard]] bool is_urgent(instant now) const;
  [[nodiscard]] std::optional<member_no> other_voter() const;
  [[nodiscard]] bool has_contact_proof(member_no peer) const;
  [[nodiscard]] view_change next_change(const member_set& removals, step);

  membership_options options_;
  seeker seeker_;
  ending ended_ = ending::none;

  view_ptr view_;
  member_no self_;
  instant installed_at_{};
  ancestry ancestry_;
  election election_;
  failure_detector detector_;
  hearing hearing_;
  mutable removal_choice removal_choice_;
  agenda agenda_;

  member_set heartbeat_to_;
  instant heartbeat_at_{};

  wish_pool mine_;  // This member's own wishes, repeated until a view shows them.
  instant repeat_wishes_at_{};

  std::optional<instant> urgent_since_;
  instant propose_again_at_{};  // After a plan that came to nothing, unless something new comes up before.
  bool has_news_ = false;

  bool leave_asked_ = false;
  instant leave_asked_at_{};
  view_ptr successor_;  // The view without this member. It stays until the others have that view,
  ending departs_as_ = ending::left;  // and then goes.
  member_set have_successor_;
  instant farewell_until_{};
  instant farewell_again_at_{};
  bool force_asked_ = false;
  bool is_halted_ = false;
  bool has_quorum_ = true;
  instant quorum_since_{};

  std::map<incarnation, std::pair<view_number, instant>> answered_;  // The latest view sent to each, and when.
  std::map<std::pair<incarnation, std::size_t>, any_membership_message> early_;  // Of later views than the installed one.
  std::optional<std::pair<incarnation, instant>> pull_from_;  // Who spoke of a later view, and when to ask for it.
  std::set<std::pair<incarnation, std::uint64_t>> foreign_;   // Branches met, each reported once.

  /// A member that was removed without a word of its own, and may still run.
  struct lost_member {
    address where;
    instant since;
    instant look_again_at;
    bool may_serve;  ///< Removed without a quorum: it may turn up with a branch of its own.
  };
  std::map<incarnation, lost_member> lost_;
  instant look_for_view_at_{};
};

}  // namespace troupe::protocol
