// What nothing on this machine can beat: the bytes of the same load echoed over TCP, and a hash table in this thread.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <memory>
#include <stdexcept>

#include <boost/unordered/unordered_flat_map.hpp>

#include "load.hpp"
#include "program.hpp"

namespace {

using namespace troupe::bench;

constexpr auto examples = R"(Examples:
  floor-measure --clients 50 --pipeline 16       over TCP: a process that answers
  floor-measure --table --reads 100              a hash table
)";

/// Before each message: how many bytes follow, and how many are to come back.
struct header {
  std::uint32_t follow = 0;
  std::uint32_t come_back = 0;
};

constexpr int buffer_bytes = 1024 * 1024;  // A whole pipeline fits: neither side writes while the other one does.

void prepare(int fd) {
  const int yes = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof buffer_bytes);
}

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::write(fd, bytes.data(), bytes.size());
    if (n <= 0) throw std::runtime_error("the connection broke");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

/// Whatever there is; false: the end.
bool read_some(int fd, std::string& into) {
  static char buffer[256 * 1024];
  const auto n = ::read(fd, buffer, sizeof buffer);
  if (n <= 0) return false;
  into.append(buffer, static_cast<std::size_t>(n));
  return true;
}

class server_end {
 public:
  explicit server_end(int fd) : fd_{fd} { prepare(fd); }

  [[nodiscard]] int fd() const { return fd_; }
  bool serve() {
    if (!read_some(fd_, unread_)) return false;
    std::size_t at = 0, come_back = 0;
    for (header h; unread_.size() - at >= sizeof h; at += sizeof h + h.follow) {
      std::memcpy(&h, unread_.data() + at, sizeof h);
      if (unread_.size() - at - sizeof h < h.follow) break;
      come_back += h.come_back;
    }
    unread_.erase(0, at);
    if (answer_.size() < come_back) answer_.resize(come_back, 'v');
    write_all(fd_, std::string_view{answer_}.substr(0, come_back));
    return true;
  }

 private:
  const int fd_;
  std::string unread_, answer_;
};

/// In a process of its own, until all connections have ended.
[[noreturn]] void serve(int listening, std::size_t connections) {
  std::vector<server_end> ends;
  for (std::size_t i = 0; i < connections; ++i) ends.emplace_back(accept(listening, nullptr, nullptr));
  std::vector<pollfd> polled;
  for (const auto& e : ends) polled.push_back({e.fd(), POLLIN, 0});
  while (poll(polled.data(), polled.size(), -1) > 0) {
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (polled[i].revents != 0 && !ends[i].serve()) _exit(0);
    }
  }
  _exit(1);
}

class echoed_connection final : public connection {
 public:
  echoed_connection(const sockaddr_in& to, const workload& load) : value_bytes_{load.value_bytes}, fd_{socket(AF_INET, SOCK_STREAM, 0)} {
    if (connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) throw std::runtime_error("can't connect");
    prepare(fd_);
  }
  ~echoed_connection() override { close(fd_); }
  echoed_connection(const echoed_connection&) = delete;
  echoed_connection& operator=(const echoed_connection&) = delete;

  [[nodiscard]] int fd() const override { return fd_; }
  void begin(std::span<const request> batch) override {
    out_.clear();
    for (const auto& o : batch) {
      const auto follow = key_bytes + (o.reads ? 0 : value_bytes_);
      const auto come_back = sizeof(header) + (o.reads ? value_bytes_ : 0);
      const header h{static_cast<std::uint32_t>(follow), static_cast<std::uint32_t>(come_back)};
      out_.append(reinterpret_cast<const char*>(&h), sizeof h);
      out_ += key_of(o.key);
      if (!o.reads) out_.append(value_bytes_, 'v');
      awaited_ += h.come_back;
    }
    write_all(fd_, out_);
  }
  [[nodiscard]] std::optional<std::size_t> take_in() override {
    in_.clear();
    if (!read_some(fd_, in_)) throw std::runtime_error("the connection broke");
    awaited_ -= in_.size();
    return awaited_ == 0 ? std::optional<std::size_t>{0} : std::nullopt;
  }

 private:
  const std::size_t value_bytes_;
  const int fd_;
  std::size_t awaited_ = 0;
  std::string out_, in_;
};

void run_echo(workload load) {
  const auto listening = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof where;
  if (bind(listening, reinterpret_cast<sockaddr*>(&where), sizeof where) != 0 || listen(listening, SOMAXCONN) != 0)
    throw std::runtime_error("can't listen");
  getsockname(listening, reinterpret_cast<sockaddr*>(&where), &length);
  const auto server = fork();
  if (server == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // Whatever becomes of the load generator.
    serve(listening, load.clients);
  }
  load.servers = {server};
  {
    std::vector<std::unique_ptr<connection>> all;
    for (std::size_t i = 0; i < load.clients; ++i) all.push_back(std::make_unique<echoed_connection>(where, load));
    run(load, all);
  }
  waitpid(server, nullptr, 0);
}

void run_table(const workload& load) {
  boost::unordered_flat_map<std::string, std::string> table;
  const std::string value(load.value_bytes, 'v');
  std::string read;
  run(load, blocking_client{[&](std::span<const request> batch) -> std::size_t {
        for (const auto& o : batch) {
          if (o.reads)
            read = table.find(key_of(o.key))->second;
          else
            table[key_of(o.key)] = value;
        }
        return 0;
      }});
}

}  // namespace

int main(int argc, char** argv) {
  workload load;
  bool table = false;
  CLI::App app{"The floor below the other systems.", "floor-measure"};
  app.footer(examples);
  app.add_flag("--table", table, "A hash table in this thread, instead of an echo over TCP");
  describe(app, load);
  return run_program(app, argc, argv, [&] { table ? run_table(load) : run_echo(load); });
}
