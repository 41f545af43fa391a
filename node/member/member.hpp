/// \file
/// A member of a cluster inside your process: the object's life is the member's life.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <troupe/actors/cluster_listener.hpp>
#include <troupe/actors/map.hpp>
#include <troupe/actors/map_api.hpp>
#include <troupe/messages/types/api.hpp>
#include <troupe/messages/types/ids.hpp>
#include <troupe/messages/types/stats.hpp>
#include <troupe/messages/types/time.hpp>
#include <troupe/node/config/member_config.hpp>

namespace troupe {

class member_composition;
struct view;

/// How a member ended.
enum class member_end : std::uint8_t {
  left,      ///< asked to; everything was handed over, unless rows_left_behind() says otherwise
  expelled,  ///< the others decided a view without it, because they could not hear it; start a new one to rejoin
  refused,   ///< the cluster refused to let it in; the log and end_text() say why
  stopped,   ///< stop(), or the destructor
};
[[nodiscard]] TROUPE_API std::string_view to_string(member_end);

/// Starts at construction; is part of the cluster a moment later; must not outlive `system`.
/// All functions may be called from any thread, except from within an actor where they say that they block.
class TROUPE_API local_member {
 public:
  /// Binds the listener and starts to look for the cluster.
  /// Throws std::invalid_argument when `config` has an error (the text has all of them) and std::system_error when it can't listen.
  local_member(caf::actor_system& system, member_config config);
  /// Stops at once, as stop() does.
  ~local_member();
  local_member(const local_member&) = delete;
  local_member& operator=(const local_member&) = delete;

  /// Blocks until this is a member of a view. False: the time passed, or it ended before.
  [[nodiscard]] bool wait_ready(duration timeout);
  /// What keeps it from being a member, for people: for what it waits, whom it asked, what they said. Empty: it is one, or has ended (end_text()).
  [[nodiscard]] std::string join_problem() const;
  /// A handle of the map of this name; the map is created by its first operation.
  [[nodiscard]] map_actor map(const std::string& name);
  /// The same as a map of C++ types. `timeout`: of its calls.
  template <class K, class V>
  [[nodiscard]] troupe::map<K, V> map(const std::string& name, duration timeout = call_timeout_default) {
    return troupe::map<K, V>{map(name), gate(name), timeout};
  }

  /// What this member holds and has served, map by map and row by row, now. Blocks until all its rows have said it: never inside an actor. Nothing: the
  /// time passed, or the member has ended.
  [[nodiscard]] std::optional<member_stats> stats(duration timeout = seconds{5});
  /// The same of one map (IMap's getLocalMapStats): all zero where no view has this map (yet).
  [[nodiscard]] std::optional<map_stats> local_map_stats(const std::string& name, duration timeout = seconds{5});
  /// For whoever must not block, an actor, say. `done` is called once, on a thread of the member's, with nothing when the member has ended or ends meanwhile:
  /// then maybe on the thread that ends it, or on the calling one. It must be quick and not throw, and neither stop nor destroy the member, nor ask it for stats().
  void async_stats(std::function<void(std::optional<member_stats>)> done);

  /// From now on `listener` is told who comes and goes, and which rows are lost (cluster_listener.hpp). Returns its subscription, at once.
  caf::actor add_cluster_listener(const caf::actor& listener);
  /// Begins to end it; a batch that is under way may still come.
  void remove_cluster_listener(const caf::actor& subscription);

  /// Begins to hand everything over to the others, then leaves. Returns at once; wait_ended() waits.
  void leave();
  /// Ends now. What only this member holds is lost; with backups, nothing is.
  void stop();
  /// Blocks until the member has ended. False: the time passed.
  [[nodiscard]] bool wait_ended(duration timeout);
  /// Called once, on a thread of the member's, when it has ended by itself (not by stop()). It must not destroy the member.
  void on_ended(std::function<void(member_end)> callback);
  /// Requires: it has ended.
  [[nodiscard]] member_end how_ended() const;
  /// Requires: it has ended, and not by stop(). How many rows it had a part in as it went: its deadline was over, or the others had removed
  /// it. 0: everything was handed over, or nobody stayed who could have taken it.
  [[nodiscard]] std::size_t rows_left_behind() const;
  /// Why it ended; empty when it has not, or was asked to.
  [[nodiscard]] std::string end_text() const;

  [[nodiscard]] const incarnation& id() const;
  [[nodiscard]] address listens_at() const;
  /// The newest view that this member has installed; null until there is one. What is in it: messages/types/view.hpp.
  [[nodiscard]] std::shared_ptr<const view> current_view() const;

 private:
  [[nodiscard]] std::shared_ptr<const call_gate> gate(const std::string& name);
  std::shared_ptr<member_composition> composition_;
};

}  // namespace troupe
