/// \file
/// A process of a test's cluster: what any of them has, and how it is stopped and goes on. It owns what waits while it is stopped.
///
/// Whatever comes to the actors of a process from outside of them passes through here: through happen() what the network brings, through feed() what the
/// application says. So a process stands still when these two hold back what comes, and nobody ticks it.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include <troupe/actors/local_messages.hpp>
#include <troupe/actors/router_actor.hpp>
#include <troupe/messages/types/view.hpp>

namespace troupe::test {

class world;

class place : public std::enable_shared_from_this<place> {
 public:
  place(world& around, std::size_t index);
  place(const place&) = delete;
  place& operator=(const place&) = delete;
  virtual ~place() = default;

  world& around;
  const std::size_t index;
  const incarnation id;
  view_ptr view;
  caf::actor announcer;
  caf::actor door;  ///< what map actors have for the administration
  router_handle router;

  /// What rows of other processes know this one by.
  [[nodiscard]] protocol::origin_id origin() const;
  [[nodiscard]] static std::size_t index_of(protocol::origin_id other);

  [[nodiscard]] bool is_alive() const { return alive_; }
  [[nodiscard]] bool is_paused() const { return paused_; }
  [[nodiscard]] bool runs() const { return alive_ && !paused_; }

  /// Something reaches this process; once it runs. Nothing reaches a dead one.
  void happen(std::function<void()> what);
  /// Into the mailbox of an actor of this process, once it runs. Of a dead one at once: its actors say so to whoever asked, or are gone.
  void feed(const caf::actor& to, compat::letter what);
  template <class Message>
  void tell(const caf::actor& to, Message&& what) {
    feed(to, compat::make_letter(std::forward<Message>(what)));
  }

  void pause() { paused_ = true; }
  void resume() { paused_ = false; }
  /// The first of what came meanwhile. False: nothing is left.
  bool do_what_waits();
  /// At once. False: it was dead.
  bool kill();
  /// The router goes on after that until it is told to end, to tell whoever calls.
  void end_router();

  virtual void tick();
  /// What waits to be sent leaves. False: there was nothing.
  virtual bool flush() { return false; }
  /// A process that this one is connected with has died.
  virtual void lost_sight_of(const place& gone) = 0;
  /// The connection with that one is made anew.
  virtual void reconnected(const place& other) = 0;

 protected:
  /// Makes what any process has. `administration`: to be reached through the door.
  void begin(const std::shared_ptr<router_environment>& environment, const caf::actor& administration);
  /// The router's tick after that time; of its environment.
  void tick_router_after(duration delay);
  friend class place_router;

 private:
  virtual void end_actors() = 0;

  struct waiting {
    std::function<void()> what;  ///< or, where there is none, a letter
    caf::actor to;
    compat::letter letter;
  };

  bool alive_ = true;
  bool paused_ = false;
  std::deque<waiting> waiting_;
  std::optional<instant> router_ticks_at_;
};

/// What the routers of members and of clients need in the same way.
class place_router : public router_environment {
 public:
  explicit place_router(place& here) : here_{here} {}
  [[nodiscard]] instant now() const override;
  void tick_after(duration delay, const caf::actor&) override { here_.tick_router_after(delay); }

 private:
  place& here_;
};

}  // namespace troupe::test
