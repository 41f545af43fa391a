/// \file
/// What a router knows and does; the door to it is router.hpp. Calls are split into errands of one row each, which go to the primaries that the view names.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <troupe/actors/protocol/router/errand.hpp>
#include <troupe/actors/protocol/router/lock_book.hpp>
#include <troupe/actors/protocol/router/router.hpp>
#include <troupe/actors/protocol/router/session_book.hpp>

namespace troupe::protocol {

class router::state {
 public:
  state(const client_id& self, const router_limits& limits) : limits_(limits), window_(limits.window_bytes_max), sessions_(self) {}

  void install(view_ptr v, instant now, router_effects& out);
  void call(call_id id, std::string_view map, map_call what, instant deadline, instant now, router_effects& out);
  void cancel(const std::unordered_set<call_id>& which, router_effects& out);
  void receive(member_no from, const reply& what, instant now, router_effects& out);
  void copy_answered(const reply& what, instant now, router_effects& out);
  void disconnected(member_no peer, instant now, router_effects& out, const std::vector<request_number>& never_left);
  void not_sent(member_no peer, request_number request, instant now, router_effects& out);
  void map_refused(std::string_view map, failure why, router_effects& out);
  void tick(instant now, router_effects& out);
  void close(router_effects& out);
  /// To be called after each of the above that ends attempts: what waits for room leaves.
  void advance_queues(instant now, router_effects& out);

  [[nodiscard]] const view_ptr& installed() const { return view_; }
  [[nodiscard]] const map_info* find_map(const std::string& name) const;
  [[nodiscard]] std::size_t in_flight() const { return calls_.size() - listens_; }
  [[nodiscard]] std::size_t listens() const { return listens_; }
  [[nodiscard]] bool minds_locks() const { return !locks_.empty() || !own_calls_.empty(); }

 private:
  // By request number, so that errands are asked again in the order in which they were asked.
  using errands = std::map<request_number, errand>;
  using place = errands::iterator;

  void begin(open_call& c, instant now, router_effects& out);
  void undertake(open_call& c, std::vector<task> tasks, instant now, router_effects& out);
  void dispatch(place at, instant now, router_effects& out);
  void send_in_turn(place at, member_no primary, const map_info& map, instant now, router_effects& out);
  void send(place at, member_no primary, const map_info& map, instant now, router_effects& out);
  void follow_view(place at, instant now, router_effects& out);
  void leave_cluster(place at, instant now, router_effects& out);
  void look_again(place at, instant now, router_effects& out);
  void want_map(place at, instant now, router_effects& out);
  void refused(place at, instant now, router_effects& out);
  void ask_by_later_position(place at, instant now, router_effects& out);
  void lose_attempt(place at, instant now, router_effects& out);
  void enter_session(errand& e, const row_id& where);
  void leave_session(errand& e);
  void let_go(errand& e, instant ask_again_at);
  void receive_late(const errand& e, member_no from, const reply& what, instant now, router_effects& out);
  void erase(place at);
  void done(place at, const reply& what, instant now, router_effects& out);
  void fail(place at, outcome result, failure why, router_effects& out, const blob& detail = {});
  void finish(open_call& c, router_effects& out);
  void fail_unsplit(open_call& c, failure why, router_effects& out);
  void erase(const open_call& c);
  /// \name Reads from the copy in this process: router_copies.cpp
  /// @{
  struct copy_read {
    open_call* owner;
    task what;
    map_id map;
    row_id row;
    instant patience_ends;
  };
  [[nodiscard]] bool may_ask_copy(const open_call& c, const task& what) const;
  void see(const row_id& where, epoch_number epoch, seq_number position);
  void ask_copy(open_call& c, task what, instant now, router_effects& out);
  void ask_primary_instead(copy_read&& read, instant now, router_effects& out);
  /// A copy that is silent may be gone: its primary knows.
  void give_up_silent_copies(instant now, router_effects& out);
  /// In another cluster its copies are not this router's any more.
  void give_up_copies(instant now, router_effects& out);
  void cancel_copy_reads(const std::unordered_set<call_id>& which, router_effects& out);
  void close_copy_reads(router_effects& out);
  /// @}
  /// \name Locks: router_locks.cpp
  /// @{
  void keep_locks(instant now, router_effects& out);
  [[nodiscard]] duration keep_locks_interval() const;
  [[nodiscard]] open_call& begin_own(std::string_view map, instant deadline);
  [[nodiscard]] lock_book::place place_of(const std::string& map, const blob& key) const;
  /// False: the owner holds nothing that this router knows of.
  [[nodiscard]] bool name_hold(open_call& c);
  void note_lock(const errand& e, const reply& what, instant now);
  /// An unlock that had no effect: its hold is still there.
  void note_hold_left(const errand& e);
  /// May a lock be held for nobody, now that it fails so?
  [[nodiscard]] bool must_go_on(const errand& e, outcome result, failure why) const;
  /// @}
  [[nodiscard]] static bool is_about(const task& what, const map_info* map);
  [[nodiscard]] bool is_of_another_cluster(const task& what) const;

  [[nodiscard]] const row* row_of(const map_info& map, partition_id partition) const { return view_->find(view_->home_of(map, partition)); }
  /// Maps have moved to rows of other groups: their writes keep their numbers there.
  void carry_sessions(const view& before);
  void carry_session(const std::string& map, const row_id& from, const row_id& to);
  [[nodiscard]] member_no primary_of(const errand& e) const;
  [[nodiscard]] instant trusted_until(member_no peer) const;
  void watch(instant when) { next_due_ = std::min(next_due_, when); }

  /// Every errand that fits, looked up again before its turn: one step may finish, move or add others.
  template <class Predicate, class Visit>
  void for_each_errand(Predicate fits, Visit visit) {
    std::vector<request_number> chosen;
    for (const auto& [request, e] : errands_) {
      if (fits(e)) chosen.push_back(request);
    }
    for (auto request : chosen) {
      if (auto at = errands_.find(request); at != errands_.end()) visit(at);
    }
  }

  router_limits limits_;
  view_ptr view_;
  std::unordered_map<std::string_view, const map_info*> maps_;  // Of view_, by name.
  std::unordered_map<call_id, open_call> calls_;
  std::size_t listens_ = 0;       // Of these.
  std::vector<call_id> unsplit_;  // Waiting for the first view.
  send_window window_;
  session_book sessions_;
  errands errands_;
  std::map<member_no, std::deque<request_number>> queues_;           // What waits for room, and stale entries: see errand::queued_for().
  std::unordered_map<request_number, const errand*> earlier_reads_;  // By the numbers of attempts before the present one.
  request_number last_request_;
  std::unordered_map<member_no, instant> heard_;                // When each last answered anything.
  std::map<std::string, instant, std::less<>> maps_asked_for_;  // Since the present view, and when to repeat it.
  std::map<request_number, copy_read> copy_reads_;  // By numbers of their own.
  request_number last_copy_read_;
  bool copies_are_read_ = false;  // Of some map that there is, or may be: otherwise nobody asks what has been seen.
  lock_book locks_;
  std::unordered_map<call_id, open_call> own_calls_;
  std::unordered_map<call_id, lock_book::keeping> keeping_;  // Which of these do so, and what was known.
  std::uint64_t last_own_call_ = 0;
  instant next_due_ = never;                                    // No errand and no call has to be looked at before.
  bool closed_ = false;
};

}  // namespace troupe::protocol
