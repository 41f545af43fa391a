/// \file
/// A whole cluster in a test's own process and thread, on virtual time, without sockets: what an application's actors are tested with.
///
/// The members' actors are the real ones. Only the network and the clock are not: a message takes a millisecond of virtual time, and
/// time moves when the test says so.
#pragma once

#include <cstddef>
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
#include <troupe/messages/types/view.hpp>

namespace troupe::test {

/// Settings of an actor system that the cluster can drive: a deterministic scheduler, no threads, no log.
class TROUPE_API system_config : public caf::actor_system_config {
 public:
  system_config();
};

/// Requires: an actor system made with system_config, and no blocking or detached actors in it.
/// The application's own actors run in the same system; advance() and settle() run them too.
/// An index of a member that there is not throws std::out_of_range; what only a living member can do throws std::logic_error where it is not alive. A test
/// that cuts or kills nobody would pass without a word.
class TROUPE_API cluster {
 public:
  /// Starts this many members, 1 and up (else std::invalid_argument), and advances until all are in one view.
  /// `processors`: of each of them.
  explicit cluster(caf::actor_system& system, std::size_t members = 1, cluster_settings settings = {},
                   std::shared_ptr<const processor_registry> processors = {});
  ~cluster();
  cluster(const cluster&) = delete;
  cluster& operator=(const cluster&) = delete;

  [[nodiscard]] std::size_t size() const;  ///< members ever started
  [[nodiscard]] bool is_alive(std::size_t member) const;  ///< it was not killed, has not left, and the others have not let it go
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
  [[nodiscard]] view_ptr view_of(std::size_t member) const;
  /// As local_member's, without letting time pass. Of one that is not alive: nothing.
  [[nodiscard]] std::optional<member_stats> stats(std::size_t member);

  /// Lets virtual time pass and runs everything that falls due.
  void advance(duration by);
  /// Advances until nothing but heartbeats moves and every row has its copies. Fails (returns false) after `limit`.
  [[nodiscard]] bool settle(duration limit = seconds{30});
  /// Runs what can run without letting time pass.
  void run();

  std::size_t start();           ///< another member; its index
  void kill(std::size_t member);  ///< at once, as kill -9 does
  void leave(std::size_t member);  ///< begins a graceful leave
  void force_view(std::size_t member);  ///< as an operator does whose quorum is gone: it goes on without those that it can't hear
  void cut(std::size_t a, std::size_t b);  ///< what is sent between these two is lost; of one and the same: std::invalid_argument
  /// All that is cut; connections that lost something are made anew, and what was in flight on them is asked again. A member that was removed meanwhile has
  /// ended, as a process would: start() lets another one come in its place.
  void heal();

 private:
  class world;
  std::shared_ptr<world> world_;
};

}  // namespace troupe::test
