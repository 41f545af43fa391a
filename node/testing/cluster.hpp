/// \file
/// A whole cluster in a test's own process and thread, on virtual time, without sockets: what an application's actors are tested with.
///
/// The members' actors are the real ones. Only the network and the clock are not: a message takes a millisecond of virtual time, or as long as
/// network_settings say, and time moves when the test says so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <troupe/actors/cluster_listener.hpp>
#include <troupe/actors/map.hpp>
#include <troupe/actors/map_api.hpp>
#include <troupe/actors/processor_registry.hpp>
#include <troupe/messages/types/api.hpp>
#include <troupe/messages/types/operation.hpp>
#include <troupe/messages/types/settings.hpp>
#include <troupe/messages/types/stats.hpp>
#include <troupe/messages/types/view.hpp>

namespace troupe::test {

/// Settings of an actor system that the cluster can drive: a deterministic scheduler, no threads, no log.
class TROUPE_API system_config : public caf::actor_system_config {
 public:
  system_config();
};

class world;

/// How long messages take. With other times other things meet: a test that holds for many seeds has seen more than one order of events.
struct network_settings {
  duration transit_min = milliseconds{1};  ///< of a message, one way; more than nothing
  duration transit_max = milliseconds{1};  ///< each message takes a time of its own in between, and none overtakes another on its way from one to the other
  std::uint64_t seed = 1;                  ///< of those times. The same test with the same seed is the same run.
};

/// All of it, and what stops a call's std::stop_source, on the thread that drives it.
/// Requires: an actor system made with system_config, and no blocking or detached actors in it.
/// The application's own actors run in the same system; advance() and settle() run them too.
/// Members and clients are named by one sequence of indices, from 0 on; what says `member` takes a client's, too, unless it says otherwise.
/// An index that there is not throws std::out_of_range; what only the living can do, or only members, throws std::logic_error of others. A test
/// that cuts or kills nobody would pass without a word.
class TROUPE_API cluster {
 public:
  /// Starts this many members, 1 and up, and advances until all are in one view.
  /// `processors`: of each of them. Throws std::invalid_argument for no members, and for a network that can't be.
  explicit cluster(caf::actor_system& system, std::size_t members = 1, cluster_settings settings = {},
                   std::shared_ptr<const processor_registry> processors = {}, const network_settings& network = {});
  ~cluster();
  cluster(const cluster&) = delete;
  cluster& operator=(const cluster&) = delete;

  [[nodiscard]] std::size_t size() const;  ///< members and clients ever started
  [[nodiscard]] bool is_alive(std::size_t member) const;  ///< it was not killed, has not left, and has not heard that the others let it go
  /// The handle of a map, as an application on that member holds it. 0-based.
  [[nodiscard]] map_actor map(const std::string& name, std::size_t member = 0);
  /// The same as a map of C++ types. Outside of actors: future() and async(), and then advance(). wait() would wait for ever.
  template <class K, class V>
  [[nodiscard]] troupe::map<K, V> map(const std::string& name, std::size_t member = 0, duration timeout = call_timeout_default) {
    return troupe::map<K, V>{map(name, member), timeout};
  }
  /// As local_member's.
  caf::actor add_cluster_listener(const caf::actor& listener, std::size_t member = 0);
  void remove_cluster_listener(const caf::actor& subscription);
  [[nodiscard]] view_ptr view_of(std::size_t member) const;  ///< that it has installed; of a client: the latest that it has heard of
  /// As local_member's, without letting time pass. Of one that is not alive, or is paused: nothing. Members only.
  [[nodiscard]] std::optional<member_stats> stats(std::size_t member);

  /// Lets virtual time pass and runs everything that falls due.
  void advance(duration by);
  /// Advances until nothing but heartbeats moves and every row has its copies. Members that are paused count as dead: the others let them go before. Fails
  /// (returns false) after `limit`; so also where a row has lost its last copy.
  [[nodiscard]] bool settle(duration limit = seconds{30});
  /// Runs what can run without letting time pass.
  void run();

  std::size_t start();           ///< another member; its index
  /// A client; its index, with which map() gives its handles. It holds no copies and has no vote: it knows where the members are, is told of their views, and what
  /// is called at its maps travels over the network, so that it can be cut off. Calls wait for the first view.
  std::size_t connect();
  void kill(std::size_t member);  ///< at once, as kill -9 does
  void leave(std::size_t member);  ///< begins a graceful leave; members only
  void force_view(std::size_t member);  ///< members only; as an operator does whose quorum is gone: it goes on without those that it can't hear
  void reset_lost(std::size_t member);  ///< members only; as an operator does: rows that are lost go on, empty, by one of the next views
  /// As SIGSTOP does: from now on the member does nothing. What is sent to it, and what is called at its maps, waits until it is resumed. Its time goes on, as a
  /// process's clock does, so that it wakes with a lease that is over. To the others it is silent, and after a while they let it go.
  ///
  /// Stopped is the member: no call of its maps ends, and no listener there hears of anything new, before it is resumed. (Only a destroy or set_backups that had
  /// begun ends when its time is over.) The application's own actors go on, wherever they are thought to live, and so do the timeouts of their requests.
  ///
  /// What the member's actors have in their mailboxes already they do first. Pausing one that is paused changes nothing.
  void pause(std::size_t member);
  /// As SIGCONT does: it goes on, with what has waited, in the order in which it came; the next run(), advance() or settle() shows it. One that was let go
  /// learns so and ends. Of one that is not paused: nothing.
  void resume(std::size_t member);
  [[nodiscard]] bool is_paused(std::size_t member) const;
  void cut(std::size_t a, std::size_t b);  ///< what is sent between these two is lost; of one and the same: std::invalid_argument
  /// What `from` sends to `to` is lost; what `to` sends to `from` arrives. Otherwise as cut().
  void cut_one_way(std::size_t from, std::size_t to);
  /// All that is cut; connections that lost something are made anew, and what was in flight on them is asked again. A member that was removed meanwhile has
  /// ended, as a process would: start() lets another one come in its place. Those that are paused stay so.
  void heal();

 private:
  std::shared_ptr<world> world_;
};

}  // namespace troupe::test
