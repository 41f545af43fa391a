/// \file
/// A shard: one thread that moves bytes and runs actors. It is an Asio `io_context` and a CAF execution unit at once, so that an actor runs
/// on the thread on which its bytes arrived, without a wake-up (docs/adr/0001-transport.md has the figures).
///
/// Its life is a sequence of turns. A turn is: a batch of completed I/O, timers, and whatever other threads posted; then the actors that
/// this woke, until they are quiet; then the end of the turn, when everything that was sent meanwhile leaves, in one write per peer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <spdlog/spdlog.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>

#include <troupe/node/transport/boot_clock.hpp>
#include <troupe/node/transport/inbox.hpp>
#include <troupe/node/transport/log_budget.hpp>
#include <troupe/node/transport/run_queue.hpp>
#include <troupe/node/transport/job.hpp>
#include <troupe/node/transport/timer.hpp>

namespace troupe {

/// Something that wants to run at the end of a turn, once, because it was asked to: a stream with bytes to write.
class turn_end_work {
 public:
  virtual ~turn_end_work() = default;
  virtual void turn_ended() = 0;
};

/// Requires: it is destroyed before its actor system, and after all that uses its io().
class shard {
 public:
  /// `name` names the thread (at most 15 characters show) and the log lines, which go to `log`. Nothing runs before start(); until then the
  /// constructing thread counts as the shard's own, so that everything can be wired up without locks.
  shard(caf::actor_system& system, std::string name, std::shared_ptr<spdlog::logger> log = spdlog::default_logger());
  ~shard();
  shard(const shard&) = delete;
  shard& operator=(const shard&) = delete;

  /// After a letter from another thread it looks for what follows, a further letter or something from a connection, for so long before it sleeps: to be
  /// woken takes longer than all the rest of a short call. Where that is in vain several times running, it does so the more seldom.
  /// `pays`: asked each time, on the own thread. Before start().
  void linger_for(duration time, std::function<bool()> pays = [] { return true; });
  void start();
  /// Runs what waits (bounded: a shard that never gets quiet is left after turns_at_stop_max turns), then ends the thread and waits for it.
  /// Actors that still wait go on in the actor system's scheduler; jobs that come later are refused. Idempotent. Any thread but the own.
  void stop();

  [[nodiscard]] const std::string& name() const { return name_; }
  /// Any thread.
  [[nodiscard]] spdlog::logger& log() const { return *log_; }
  [[nodiscard]] bool runs_here() const noexcept { return actors_.runs_here(); }
  /// What lives on this shard may be used by the calling thread: it is the shard's own, or the shard has none (any more).
  [[nodiscard]] bool accessible() const noexcept { return runs_here() || !thread_.joinable(); }
  [[nodiscard]] boost::asio::io_context& io() { return io_; }
  [[nodiscard]] static instant now() { return boot_clock::now(); }

  /// \name From any thread
  /// What one thread delivers and posts here arrives in that order. From the own thread a delivery is handled before the turn ends,
  /// within the bounds below.
  /// @{

  /// Puts a message into an actor's mailbox. An idle actor runs here then (run_queue.hpp says what it takes to keep it here). After stop() it
  /// runs in CAF's scheduler.
  void deliver(const caf::strong_actor_ptr& to, caf::mailbox_element_ptr what);
  template <class Handle>
  void deliver(const Handle& to, caf::mailbox_element_ptr what) {
    deliver(caf::actor_cast<caf::strong_actor_ptr>(to), std::move(what));
  }
  /// Runs `work` here in a later turn. False: the shard has stopped, and `work` was destroyed.
  bool post(job work);
  /// @}

  /// \name On the own thread
  /// @{

  /// Runs `work` at that instant, unless the timer is cancelled or destroyed before.
  [[nodiscard]] timer at(instant when, job work);
  [[nodiscard]] timer after(duration delay, job work) { return at(now() + delay, std::move(work)); }

  /// Calls `hook` at the end of every turn, after the actors and before the links write. There to turn what the actors left into frames.
  void on_turn_end(std::function<void()> hook);
  /// Before a log line that strangers can cause: false when enough of them were written in this second.
  [[nodiscard]] bool may_log_strangers();
  /// Calls `work->turn_ended()` at the end of this turn, after the hooks.
  void at_turn_end(std::shared_ptr<turn_end_work> work);
  /// @}

  /// Bounds that keep one busy source from starving the others: a turn whose actors never get quiet ends after some 50,000 messages, tens
  /// of milliseconds, and the next one looks at the sockets first.
  static constexpr std::size_t handlers_per_turn_max = 64;
  static constexpr std::size_t resumes_per_turn_max = 1024;
  static constexpr std::size_t rounds_per_turn_max = 16;
  static constexpr std::size_t turns_at_stop_max = 8;

 private:
  void run();
  void turn(bool may_wait);
  void settle();
  void take_posted();
  [[nodiscard]] bool linger();
  [[nodiscard]] bool look_around();
  void end_of_turn();
  [[nodiscard]] bool quiet() { return actors_.idle() && turn_end_.empty(); }

  const std::string name_;
  const std::shared_ptr<spdlog::logger> log_;
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  run_queue actors_;
  inbox inbox_;
  std::vector<inbox::item> batch_;
  std::vector<std::function<void()>> hooks_;
  std::vector<std::shared_ptr<turn_end_work>> turn_end_;
  std::vector<std::shared_ptr<turn_end_work>> ending_;
  log_budget strangers_;
  bool stopping_ = false;
  duration lingers_for_{};
  std::function<bool()> lingering_pays_;
  instant lingers_until_{};           // After the latest letters; long past: it does not.
  std::uint32_t lingers_left_out_ = 0;  // Of so many times that it would linger, since it last did in vain.
  std::uint32_t leaves_out_ = 0;
  bool got_letters_ = false;  // From other threads, since it last looked whether to linger.
  std::thread thread_;
};

}  // namespace troupe
