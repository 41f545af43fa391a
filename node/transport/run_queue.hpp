/// \file
/// The actors that wait for their turn on one shard: Troupe's execution unit for CAF.
///
/// An actor runs here when what woke it came through enqueue(): so one that shall run nowhere else is spawned with `caf::lazy_init` (otherwise
/// CAF's own scheduler runs it first), and gets everything that way; no `delayed_send`, which comes from CAF's clock: a shard has timers. Whoever
/// is woken by a message that an actor sent while it ran here, an application's actor say, runs in CAF's scheduler: it may take its time.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <thread>

#include <caf/actor_control_block.hpp>
#include <caf/actor_system.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/resumable.hpp>

#include <troupe/actors/caf_compat.hpp>

namespace troupe {

/// Owns a reference to each actor in it. Belongs to one thread.
class run_queue final : public compat::execution_unit {
 public:
  explicit run_queue(caf::actor_system& system) : compat::execution_unit(system) {}
  ~run_queue() override { close(); }
  run_queue(const run_queue&) = delete;
  run_queue& operator=(const run_queue&) = delete;

  /// From now on the queue belongs to that thread. Before the first call it belongs to the constructing one.
  void belong_to(std::thread::id owner) noexcept { own_thread_.store(owner, std::memory_order_relaxed); }
  [[nodiscard]] bool runs_here() const noexcept { return own_thread_.load(std::memory_order_relaxed) == std::this_thread::get_id(); }

  /// Puts a message into the actor's mailbox. If the actor was idle, it will run here.
  void enqueue(const caf::strong_actor_ptr& to, caf::mailbox_element_ptr what);
  /// The same, from any thread; if the actor was idle, it will run in the scheduler of its actor system.
  static void enqueue_elsewhere(const caf::strong_actor_ptr& to, caf::mailbox_element_ptr what);
  /// Runs waiting actors, and those that they wake, until none is left or `resumes_max` times. Returns how often an actor was resumed.
  std::size_t run(std::size_t resumes_max);
  /// No actor waits.
  [[nodiscard]] bool idle() const { return ready_.empty(); }
  /// The end: actors that wait here go to the scheduler of the actor system, so that none is forgotten in a state where messages no longer
  /// wake it. Own thread, or any once that has ended.
  void close();

 private:
  void take(caf::resumable* actor) override;

  /// Messages that an actor may handle before it is another's turn.
  static constexpr std::size_t messages_per_resume_max = 50;

  std::deque<caf::resumable*> ready_;
  bool enqueuing_ = false;  // What CAF wakes is woken by enqueue().
  std::atomic<std::thread::id> own_thread_{std::this_thread::get_id()};
};

}  // namespace troupe
