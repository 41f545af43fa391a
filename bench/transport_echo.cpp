// What carries an operation to an actor and its answer back: the candidates of ADR 1, side by side. A TCP echo of 136 bytes through one of 271
// actors, both processes on this machine.
//   transport-echo VARIANT IN_FLIGHT [SECONDS]
//     raw       no actor: what the machine can do
//     shard     Troupe's: the I/O thread is the execution unit that runs the actors
//     sharing   an I/O thread, and CAF's scheduler with the policy of that name
//     stealing  the same with CAF's default policy
//     broker    the socket belongs to a CAF broker
//     basp      remote actors by CAF's own protocol, as it comes
//     basp-tuned  the same with the policy `sharing` and without middleman workers
// Prints `variant ops_per_s p50_us`; the median only with one in flight, and for BASP.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <caf/all.hpp>
#include <caf/io/all.hpp>

#include <troupe/actors/caf_compat.hpp>
#include <troupe/node/transport/shard.hpp>

namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
using clock = std::chrono::steady_clock;

constexpr std::size_t message_bytes = 136;
constexpr std::size_t actor_count = 271;

/// The next actor: spread, and the same on every run.
std::size_t pick(std::size_t& state) {
  state = state * 6364136223846793005ULL + 1442695040888963407ULL;
  return (state >> 33) % actor_count;
}

/// Keeps the last message, and answers with it through `answer`.
using answer_function = std::function<void(const std::string&)>;
caf::behavior keeper(caf::stateful_actor<std::string>* self, answer_function answer) {
  return {[=](const std::string& message) {
    self->state = message;
    answer(message);
  }};
}

std::vector<caf::actor> keepers(caf::actor_system& system, const answer_function& answer) {
  std::vector<caf::actor> all;
  for (std::size_t i = 0; i < actor_count; ++i) all.push_back(system.spawn<caf::lazy_init>(keeper, answer));
  return all;
}

// ---- servers: each serves one connection to its end ----

void serve_raw(tcp::acceptor& acceptor) {
  auto socket = acceptor.accept();
  socket.set_option(tcp::no_delay{true});
  std::vector<char> buffer(64 * 1024);
  error_code failed;
  for (;;) {
    const auto n = socket.read_some(boost::asio::buffer(buffer), failed);
    if (failed) return;
    boost::asio::write(socket, boost::asio::buffer(buffer.data(), n), failed);
  }
}

/// Reads messages from a socket, and hands each to `use`.
class message_reader {
 public:
  message_reader(tcp::socket& socket, std::function<void(std::string)> use) : socket_{socket}, use_{std::move(use)} {}

  void go_on() {
    socket_.async_read_some(boost::asio::buffer(buffer_), [this](error_code failed, std::size_t n) {
      if (failed) _exit(0);
      unread_.append(buffer_.data(), n);
      std::size_t at = 0;
      for (; unread_.size() - at >= message_bytes; at += message_bytes) use_(unread_.substr(at, message_bytes));
      unread_.erase(0, at);
      go_on();
    });
  }

 private:
  tcp::socket& socket_;
  std::function<void(std::string)> use_;
  std::vector<char> buffer_ = std::vector<char>(64 * 1024);
  std::string unread_;
};

void serve_on_shard(int listening) {
  caf::actor_system_config config;
  caf::actor_system system{config};
  troupe::shard home{system, "echo"};
  tcp::acceptor acceptor{home.io(), tcp::v4(), listening};
  auto socket = acceptor.accept();
  socket.set_option(tcp::no_delay{true});
  std::string out;
  std::size_t state = 1;
  const auto actors = keepers(system, [&](const std::string& m) { out += m; });
  message_reader reader{socket, [&](std::string m) { home.deliver(actors[pick(state)], troupe::compat::make_letter(std::move(m))); }};
  home.on_turn_end([&] {
    error_code ignored;  // The reader sees the end.
    if (!out.empty()) boost::asio::write(socket, boost::asio::buffer(out), ignored);
    out.clear();
  });
  home.post([&] { reader.go_on(); });
  home.start();
  pause();
}

void serve_by_scheduler(int listening, const std::string& policy) {
  caf::actor_system_config config;
  config.set("scheduler.policy", caf::atom_from_string(policy));
  config.set("scheduler.max-threads", std::size_t{1});
  caf::actor_system system{config};
  boost::asio::io_context io;
  tcp::acceptor acceptor{io, tcp::v4(), listening};
  auto socket = acceptor.accept();
  socket.set_option(tcp::no_delay{true});
  std::mutex mutex;
  std::string out;
  const auto flush = [&] {
    std::string now;
    {
      const std::lock_guard guard{mutex};
      now.swap(out);
    }
    error_code ignored;
    boost::asio::write(socket, boost::asio::buffer(now), ignored);
  };
  const auto actors = keepers(system, [&](const std::string& m) {
    const std::lock_guard guard{mutex};
    if (out.empty()) boost::asio::post(io, flush);
    out += m;
  });
  std::size_t state = 1;
  message_reader reader{socket, [&](std::string m) { caf::anon_send(actors[pick(state)], std::move(m)); }};
  reader.go_on();
  io.run();
}

caf::behavior echoing_broker(caf::io::broker* self, std::vector<caf::actor>* actors, caf::io::connection_handle* to) {
  auto state = std::make_shared<std::size_t>(1);
  return {
      [=](const caf::io::new_connection_msg& m) {
        *to = m.handle;
        self->configure_read(m.handle, caf::io::receive_policy::exactly(message_bytes));
      },
      [=](const caf::io::new_data_msg& m) { self->send((*actors)[pick(*state)], std::string{m.buf.begin(), m.buf.end()}); },
      [=](const std::string& answer) {
        self->write(*to, answer.size(), answer.data());
        self->flush(*to);
      },
      [](const caf::io::connection_closed_msg&) { _exit(0); },
  };
}

void serve_by_broker(int report) {
  caf::actor_system_config config;
  config.load<caf::io::middleman>();
  caf::actor_system system{config};
  std::vector<caf::actor> actors;
  caf::io::connection_handle connection;
  std::uint16_t port = 0;
  const auto broker = system.middleman().spawn_server(echoing_broker, port, &actors, &connection);
  actors = keepers(system, [to = *broker](const std::string& m) { caf::anon_send(to, m); });
  if (write(report, &port, sizeof port) != sizeof port) _exit(1);
  pause();
}

caf::behavior front(caf::event_based_actor* self, std::vector<caf::actor> actors) {
  auto state = std::make_shared<std::size_t>(1);
  return {[=](const std::string& m) { return self->delegate(actors[pick(*state)], m); }};
}
caf::behavior answerer(caf::stateful_actor<std::string>* self) {
  return {[=](const std::string& m) { return self->state = m; }};
}

void configure_basp(caf::actor_system_config& config, bool tuned) {
  config.load<caf::io::middleman>();
  if (!tuned) return;
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("middleman.workers", std::size_t{0});
}

void serve_by_basp(int report, bool tuned) {
  caf::actor_system_config config;
  configure_basp(config, tuned);
  caf::actor_system system{config};
  std::vector<caf::actor> actors;
  for (std::size_t i = 0; i < actor_count; ++i) actors.push_back(system.spawn(answerer));
  const auto port = system.middleman().publish(system.spawn(front, actors), 0, "127.0.0.1");
  if (!port || write(report, &*port, sizeof *port) != sizeof *port) _exit(1);
  pause();
}

// ---- clients ----

struct result {
  std::size_t done = 0;
  double elapsed_s = 0;
  std::vector<double> latencies_us;
};

result ask_by_tcp(const tcp::endpoint& server, std::size_t in_flight, std::chrono::seconds run) {
  boost::asio::io_context io;
  tcp::socket socket{io};
  socket.connect(server);
  socket.set_option(tcp::no_delay{true});
  const std::string all(message_bytes * in_flight, 'x');
  std::vector<char> buffer(64 * 1024);
  result r;
  std::size_t partial = 0;
  const auto began = clock::now();
  auto asked = began;
  boost::asio::write(socket, boost::asio::buffer(all));
  while (clock::now() - began < run) {
    partial += socket.read_some(boost::asio::buffer(buffer));
    const auto answered = partial / message_bytes;
    partial %= message_bytes;
    if (answered == 0) continue;
    r.done += answered;
    if (in_flight == 1) r.latencies_us.push_back(std::chrono::duration<double, std::micro>(clock::now() - asked).count());
    asked = clock::now();
    boost::asio::write(socket, boost::asio::buffer(all.data(), answered * message_bytes));
  }
  r.elapsed_s = std::chrono::duration<double>(clock::now() - began).count();
  return r;
}

/// Keeps requests in flight until the time is over.
class asker {
 public:
  asker(caf::event_based_actor* self, caf::actor to, std::chrono::seconds run, result& into)
      : self_{self}, to_{std::move(to)}, began_{clock::now()}, ends_{began_ + run}, into_{into} {}

  void ask() {
    self_->request(to_, caf::infinite, std::string(message_bytes, 'x')).then([this, asked = clock::now()](const std::string&) {
      const auto now = clock::now();
      ++into_.done;
      into_.latencies_us.push_back(std::chrono::duration<double, std::micro>(now - asked).count());
      into_.elapsed_s = std::chrono::duration<double>(now - began_).count();
      if (now < ends_) return ask();
      self_->quit();
    });
  }

 private:
  caf::event_based_actor* self_;
  caf::actor to_;
  clock::time_point began_, ends_;
  result& into_;
};

result ask_by_basp(std::uint16_t port, std::size_t in_flight, std::chrono::seconds run, bool tuned) {
  caf::actor_system_config config;
  configure_basp(config, tuned);
  caf::actor_system system{config};
  const auto server = system.middleman().remote_actor("127.0.0.1", port);
  if (!server) throw std::runtime_error("no remote actor");
  result r;
  system.spawn([&r, to = *server, in_flight, run](caf::event_based_actor* self) {
    const auto one = std::make_shared<asker>(self, to, run, r);
    self->attach_functor([one] {});  // It lives as long as the actor.
    for (std::size_t i = 0; i < in_flight; ++i) one->ask();
  });
  system.await_all_actors_done();
  return r;
}

// ---- both ----

/// Runs the server in a process of its own; the port that it listens at.
std::uint16_t start_server(const std::string& variant, pid_t& server) {
  boost::asio::io_context io;
  tcp::acceptor acceptor{io, tcp::endpoint{boost::asio::ip::address_v4::loopback(), 0}};
  auto port = acceptor.local_endpoint().port();
  int report[2];
  if (pipe(report) != 0) throw std::runtime_error("no pipe");
  const auto is_cafs = variant == "broker" || variant.starts_with("basp");
  server = fork();
  if (server == 0) {
    if (variant == "raw") serve_raw(acceptor);
    if (variant == "shard") serve_on_shard(acceptor.release());
    if (variant == "sharing" || variant == "stealing") serve_by_scheduler(acceptor.release(), variant);
    if (variant == "broker") serve_by_broker(report[1]);
    if (variant.starts_with("basp")) serve_by_basp(report[1], variant == "basp-tuned");
    _exit(0);
  }
  if (is_cafs && read(report[0], &port, sizeof port) != sizeof port) throw std::runtime_error("the server did not start");
  return port;
}

int usage() {
  std::cerr << "usage: transport-echo raw|shard|sharing|stealing|broker|basp|basp-tuned IN_FLIGHT [SECONDS]\n";
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return usage();
  const std::string variant = argv[1];
  const std::vector<std::string> known{"raw", "shard", "sharing", "stealing", "broker", "basp", "basp-tuned"};
  const auto in_flight = static_cast<std::size_t>(std::max(0, std::atoi(argv[2])));
  const std::chrono::seconds run{argc > 3 ? std::atoi(argv[3]) : 3};
  if (std::find(known.begin(), known.end(), variant) == known.end() || in_flight == 0 || run.count() <= 0) return usage();
  pid_t server = -1;
  int status = 0;
  try {
    const auto port = start_server(variant, server);
    auto r = variant.starts_with("basp") ? ask_by_basp(port, in_flight, run, variant == "basp-tuned")
                                         : ask_by_tcp({boost::asio::ip::address_v4::loopback(), port}, in_flight, run);
    std::sort(r.latencies_us.begin(), r.latencies_us.end());
    const auto p50 = r.latencies_us.empty() ? 0.0 : r.latencies_us[r.latencies_us.size() / 2];
    std::printf("%-10s %8.0f %7.1f\n", variant.c_str(), static_cast<double>(r.done) / r.elapsed_s, p50);
  } catch (const std::exception& e) {
    std::cerr << "transport-echo: " << e.what() << '\n';
    status = 1;
  }
  if (server > 0) {
    kill(server, SIGKILL);
    waitpid(server, nullptr, 0);
  }
  return status;
}
