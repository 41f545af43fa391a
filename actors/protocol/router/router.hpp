/// \file
/// The router: sends each operation to the primary of its row by the newest view, asks again where that is safe, keeps deadlines, and
/// says what became of it. A pure state machine; one a member, one a client.
///
/// It owns the operations in flight. It knows no clock, no socket, no thread, no randomness.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <troupe/actors/protocol/router/map_call.hpp>
#include <troupe/actors/protocol/router/router_limits.hpp>
#include <troupe/messages/types/ids.hpp>
#include <troupe/messages/types/operation.hpp>
#include <troupe/messages/types/time.hpp>
#include <troupe/messages/types/view.hpp>

namespace troupe::protocol {

/// The caller's token for a call, opaque here.
using call_id = strong_number<struct call_tag, std::uint64_t>;

struct router_effects {
  struct send {
    member_no to;
    operation what;
    cluster_id cluster;  ///< whose member that is: in another cluster the number, the row and the map mean something else
  };
  struct finish {
    call_id call;
    map_result what;
  };
  std::vector<send> sends;  ///< the shell batches them by member
  /// Gets of maps with read-backup-data, for the copy of their row in this process: copy_answered() follows, with `retry` where there is none
  /// that can answer. What it answers had committed, and is not older than what this router has seen of the row: `since` is that position.
  std::vector<operation> copy_reads;
  std::vector<finish> finished;
  std::vector<std::string> wanted_maps;  ///< create these: no map of this name in the view; repeated until there is

  void clear() {
    sends.clear();
    copy_reads.clear();
    finished.clear();
    wanted_maps.clear();
  }
};

class router {
 public:
  /// `self` must be nobody else's, ever: it names the sessions in which writes are sent.
  router(const client_id& self, const router_limits&);
  ~router();
  router(router&&) noexcept;
  router& operator=(router&&) noexcept;

  /// Older views than the present one are ignored. One of another cluster begins anew with that, whatever its number: what is in flight to
  /// the old one is asked of the new where idempotent, else indeterminate; calls that walk the rows fail. Whoever installs it has seen to
  /// it that no answer of the old cluster comes any more.
  void install(view_ptr v, instant now, router_effects& out);
  /// Asks for `what` on the map of this name, which is created when it does not exist. Finishes exactly once, maybe at once.
  /// Keys and values over the cluster's limits, bad names and bad cursors are refused before anything is sent. A key that put_all names
  /// twice gets its last value. Requires: no call of this id is in flight.
  void call(call_id id, std::string_view map, map_call what, instant deadline, instant now, router_effects& out);
  /// Whoever asked takes these calls back: each finishes now, as at its deadline, but as `cancelled`. One that has finished is passed over.
  void cancel(const std::unordered_set<call_id>& which, instant now, router_effects& out);
  void receive(member_no from, const reply& what, instant now, router_effects& out);
  /// What became of one of router_effects::copy_reads.
  void copy_answered(const reply& what, instant now, router_effects& out);
  /// The connection to this member broke: what it had in flight is asked again. Of `never_left` it is certain that it has not arrived.
  void disconnected(member_no peer, instant now, router_effects& out, const std::vector<request_number>& never_left = {});
  /// This send never left (no connection could be made): it is asked again.
  void not_sent(member_no peer, request_number request, instant now, router_effects& out);
  /// Creation of a map was refused, for good: whoever waits for it fails.
  void map_refused(std::string_view map, failure why, instant now, router_effects& out);
  void tick(instant now, router_effects& out);
  /// Finishes everything in flight: `closed`.
  void close(router_effects& out);

  [[nodiscard]] const view_ptr& installed() const;
  /// In the view that is installed; null: not there.
  [[nodiscard]] const map_info* find_map(const std::string& name) const;
  /// Calls, without those that listen.
  [[nodiscard]] std::size_t in_flight() const;
  [[nodiscard]] std::size_t listens() const;
  /// It has something to do of its own: locks that it keeps, or does not want any more. Then it needs its tick though nothing is in flight.
  [[nodiscard]] bool minds_locks() const;

 private:
  class state;
  std::unique_ptr<state> state_;
};

}  // namespace troupe::protocol
