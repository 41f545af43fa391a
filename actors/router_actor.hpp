/// \file
/// The router actor: carries the calls of applications to the primaries. A thin shell around protocol::router; one a member or client.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include <troupe/actors/call_gate.hpp>
#include <troupe/actors/local_messages.hpp>
#include <troupe/actors/protocol/router/router.hpp>

namespace troupe {

/// What the router actor needs of the place it lives in. Called from whatever thread runs the actor.
class router_environment {
 public:
  virtual ~router_environment() = default;
  [[nodiscard]] virtual instant now() const = 0;
  /// To the members named; local::replies, link_lost or not_sent may follow.
  virtual void send(std::vector<protocol::router_effects::send> list) = 0;
  /// Ask the cluster for a map of this name; asked again until a view shows it, or local::map_refused comes.
  virtual void create_map(const std::string& name) = 0;
  /// Hands the get to this process's copy of its row, if it has one that is not the primary's: then local::backup_replies follows.
  [[nodiscard]] virtual bool read_backup(operation get) = 0;
  /// A local::tick for the router, once, after that time. Without one: by CAF's clock, for a router that CAF's scheduler runs.
  virtual void tick_after(duration delay, const caf::actor& router);
  /// A function of the application's that was told the end of its call threw; nothing else comes of it. For the log; without one: a line on
  /// standard error.
  virtual void callback_threw(const std::string& what);
};

/// Calls from threads outside the actors, and calls that are taken back. They share one wake-up of the router when many come at once.
class call_queue {
 public:
  enum class place : std::uint8_t {
    first,   ///< the router must be told (local::take_calls)
    behind,  ///< it has been
    none,    ///< there is no router any more; the call is as it was
  };
  [[nodiscard]] place push(local::call& c);
  [[nodiscard]] std::vector<local::call> take();
  /// The router is to be told (local::take_cancelled), unless it has been.
  [[nodiscard]] bool cancel(protocol::call_id which);
  [[nodiscard]] std::unordered_set<protocol::call_id> take_cancelled();
  /// The router has gone: what waits is told so, and what comes.
  void close();
  /// Who waits for what it has put in here. From any thread.
  [[nodiscard]] waiting_threads& threads() { return threads_; }

 private:
  std::mutex mutex_;
  std::vector<local::call> waiting_;
  std::unordered_set<protocol::call_id> cancelled_;
  bool closed_ = false;
  waiting_threads threads_;
};

/// Puts a letter into an actor's mailbox so that the actor runs where it shall. From any thread.
using letter_carrier = std::function<void(const caf::actor& to, compat::letter what)>;

/// How to reach a router, from any thread and from any actor.
struct router_handle {
  caf::actor actor;
  std::shared_ptr<call_queue> queue;
  letter_carrier carrier;

  void deliver(compat::letter what) const { carrier(actor, std::move(what)); }
  /// What is in flight as this call ends as `cancelled`.
  void cancel(protocol::call_id which) const;
  template <class Message>
  void tell(Message&& what) const {
    deliver(compat::make_letter(std::forward<Message>(what)));
  }
  /// Never blocks. `c.done` runs on the router's thread, where it must not block, nor stop the member or client that the router belongs to; what it
  /// throws is reported and goes no further.
  void submit(local::call c) const;
};

/// `self` names the sessions in which it writes: fresh for each router. It runs where `carrier` takes its letters; in CAF's scheduler when nothing
/// is said.
/// Behaviour: the "To the router" part of local_messages.hpp, and local::view_installed.
[[nodiscard]] router_handle spawn_router(caf::actor_system& system, const client_id& self, const protocol::router_limits& limits,
                                         std::shared_ptr<router_environment> environment, letter_carrier carrier = compat::put<caf::actor>);

/// Into the map of that name. It may outlive the router: then calls end as `closed`. `answers_soon`: many answers come from this process.
[[nodiscard]] std::shared_ptr<const call_gate> make_call_gate(router_handle router, std::string map, bool answers_soon);

}  // namespace troupe
