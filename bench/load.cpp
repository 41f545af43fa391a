#include "load.hpp"

#include <poll.h>
#include <sys/prctl.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "measurement.hpp"

namespace troupe::bench {
namespace {

constexpr std::size_t fill_batch = 256;
constexpr std::size_t open_loop_in_flight_max = 100'000;  // What waits beyond them costs no memory, and counts all the same.

void fill(const workload& load, const blocking_client& client) {
  std::vector<request> batch;
  for (std::size_t key = 0; key < load.keys;) {
    for (batch.clear(); batch.size() < fill_batch && key < load.keys; ++key) batch.push_back({false, key});
    if (client(batch) > 0) throw std::runtime_error("could not write all keys before the run");
  }
}

/// Operations in the order in which they should start.
class schedule {
 public:
  schedule(const workload& load, const measurement& when) : load_{load}, when_{when}, source_{load} {}

  [[nodiscard]] request next() { return source_.next(); }

  /// Of an open loop: when the next one should start.
  [[nodiscard]] time_point upcoming() const { return when_.intended(started_); }
  [[nodiscard]] bool is_exhausted() const { return upcoming() >= when_.closes(); }
  [[nodiscard]] bool is_due(time_point now) const { return !is_exhausted() && upcoming() <= now; }
  void advance() { ++started_; }

  /// At most `count` that are due, or just as many in a closed loop; each with the time from which its latency counts.
  void take(std::size_t count, time_point now, std::vector<request>& batch, std::vector<time_point>& since) {
    batch.clear();
    since.clear();
    while (batch.size() < count && (!load_.is_open_loop() || is_due(now))) {
      batch.push_back(next());
      since.push_back(load_.is_open_loop() ? upcoming() : now);
      advance();
    }
  }

  void give_up(measurement& m, time_point now) {
    for (; !is_exhausted(); advance()) m.never_started(upcoming(), now);
  }

 private:
  const workload& load_;
  const measurement& when_;
  request_source source_;
  std::size_t started_ = 0;
};

/// The kernel's default lets a thread sleep 50 µs longer than it wants to.
void sleep_precisely() { prctl(PR_SET_TIMERSLACK, 1000UL); }

/// What an event loop knows of a connection.
struct lane {
  connection* to;
  std::vector<request> batch;
  std::vector<time_point> since;
  bool is_busy = false;

  void start(schedule& from, std::size_t count, time_point now) {
    from.take(count, now, batch, since);
    is_busy = !batch.empty();
    if (is_busy) to->begin(batch);
  }
  void take_in(measurement& m) {
    const auto failed = to->take_in();
    if (!failed) return;
    const auto now = clock::now();
    for (const auto s : since) m.done(s, now);
    m.failed(*failed);
    is_busy = false;
  }
};

blocking_client blocking(connection& c) {
  return [&c](std::span<const request> batch) {
    c.begin(batch);
    for (;;) {
      if (const auto failed = c.take_in()) return *failed;
    }
  };
}

/// Waits until a busy lane has something to read, or the next one should start.
void wait(const workload& load, const schedule& from, std::vector<lane>& lanes, std::vector<pollfd>& polled) {
  polled.clear();
  bool is_idle = false;
  for (const auto& l : lanes) {
    polled.push_back({l.is_busy ? l.to->fd() : -1, POLLIN, 0});
    is_idle = is_idle || !l.is_busy;
  }
  std::chrono::nanoseconds longest = std::chrono::milliseconds(100);
  if (load.is_open_loop() && is_idle && !from.is_exhausted())
    longest = std::clamp<std::chrono::nanoseconds>(from.upcoming() - clock::now(), {}, longest);
  const timespec limit{longest.count() / 1'000'000'000, longest.count() % 1'000'000'000};
  if (ppoll(polled.data(), polled.size(), &limit, nullptr) < 0) throw std::runtime_error("ppoll failed");
}

}  // namespace

void run(const workload& load, const blocking_client& client) {
  fill(load, client);
  sleep_precisely();
  measurement m{load};
  schedule from{load, m};
  std::vector<request> batch;
  std::vector<time_point> since;
  for (auto now = clock::now();; now = clock::now()) {
    m.tick(now);
    if (load.is_open_loop() ? from.is_exhausted() || now >= m.gives_up() : m.is_over(now)) break;
    if (load.is_open_loop() && !from.is_due(now)) {
      std::this_thread::sleep_until(from.upcoming());
      continue;
    }
    from.take(load.in_flight(), now, batch, since);
    m.failed(client(batch));
    const auto done = clock::now();
    for (const auto s : since) m.done(s, done);
  }
  std::this_thread::sleep_until(m.closes());
  m.tick(clock::now());
  if (load.is_open_loop()) from.give_up(m, clock::now());
  m.print();
}

void run(const workload& load, const std::vector<std::unique_ptr<connection>>& connections) {
  if (connections.size() == 1 && !load.is_open_loop()) return run(load, blocking(*connections.front()));  // One system call less each time.
  fill(load, blocking(*connections.front()));
  sleep_precisely();
  std::vector<lane> lanes;
  for (const auto& c : connections) lanes.push_back({c.get(), {}, {}});
  std::vector<pollfd> polled;
  measurement m{load};
  schedule from{load, m};
  const auto ends = load.is_open_loop() ? m.gives_up() : m.closes();
  for (auto now = clock::now();; now = clock::now()) {
    m.tick(now);
    if (now < ends) {
      for (auto& l : lanes) {
        if (!l.is_busy) l.start(from, load.pipeline, now);
      }
    } else if (load.is_open_loop()) {
      from.give_up(m, now);
    }
    const auto is_busy = std::any_of(lanes.begin(), lanes.end(), [](const lane& l) { return l.is_busy; });
    if (!is_busy && (load.is_open_loop() ? from.is_exhausted() : now >= ends) && m.is_over(now)) break;
    wait(load, from, lanes, polled);
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      if (polled[i].revents != 0) lanes[i].take_in(m);
    }
  }
  m.print();
}

namespace {

/// Operations of an asynchronous client; those of a closed loop start each other.
class calls {
 public:
  calls(const workload& load, const asynchronous_client& client) : load_{load}, client_{client}, m_{load}, from_{load, m_} {}

  void run() {
    if (load_.is_open_loop())
      start_at_rate();
    else
      start_all();
    std::this_thread::sleep_until(m_.closes());
    tick(clock::now());
    while (under_way_ > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    m_.print();
  }

 private:
  void start_all() {
    for (std::size_t i = 0; i < load_.in_flight(); ++i) start(clock::now());
    std::this_thread::sleep_until(m_.opens());
    tick(clock::now());
  }

  void start_at_rate() {
    for (auto now = clock::now(); !from_.is_exhausted() && now < m_.gives_up(); now = clock::now()) {
      tick(now);
      if (!from_.is_due(now)) {
        std::this_thread::sleep_until(from_.upcoming());
      } else if (under_way_ < open_loop_in_flight_max) {
        start(from_.upcoming());
        from_.advance();
      } else {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    }
    const std::lock_guard guard{mutex_};
    from_.give_up(m_, clock::now());
  }

  void start(time_point since) {
    ++under_way_;
    request next;
    {
      const std::lock_guard guard{mutex_};
      next = from_.next();
    }
    client_(next, [this, since](bool ok) { finished(since, ok); });
  }

  void finished(time_point since, bool ok) {
    const auto now = clock::now();
    {
      const std::lock_guard guard{mutex_};
      m_.done(since, now, ok);
    }
    if (!load_.is_open_loop() && !m_.is_over(now)) start(now);
    --under_way_;  // The last thing: then this object may go.
  }

  void tick(time_point now) {
    const std::lock_guard guard{mutex_};
    m_.tick(now);
  }

  const workload& load_;
  const asynchronous_client& client_;
  std::mutex mutex_;
  measurement m_;
  schedule from_;
  std::atomic<std::size_t> under_way_{0};
};

}  // namespace

void run(const workload& load, const asynchronous_client& client) {
  if (load.in_flight() == 1 && !load.is_open_loop()) return run(load, blocking(client));  // As every other system's: a thread that waits.
  fill(load, blocking(client));
  sleep_precisely();
  calls{load, client}.run();
}

blocking_client blocking(const asynchronous_client& client) {
  return [client](std::span<const request> batch) {
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t open = batch.size(), failed = 0;
    for (const auto& o : batch) {
      client(o, [&](bool ok) {
        const std::lock_guard guard{mutex};
        failed += ok ? 0 : 1;
        if (--open == 0) changed.notify_one();  // Under the lock: it lives on the stack of the one who is told.
      });
    }
    std::unique_lock guard{mutex};
    changed.wait(guard, [&] { return open == 0; });
    return failed;
  };
}

}  // namespace troupe::bench
