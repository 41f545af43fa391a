#include "tests/cluster/running_member.hpp"

#include <csignal>
#include <regex>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/cluster/patience.hpp"

namespace troupe::cluster {

namespace {

/// In the order of their starts. Tests have one thread that starts members.
std::vector<const running_member*>& existing() {
  static std::vector<const running_member*> all;
  return all;
}

std::vector<std::string> node_command(std::uint16_t port, const std::vector<std::string>& arguments, const std::string& program = {}) {
  std::vector<std::string> command{program.empty() ? TROUPE_NODE : program, "--port", std::to_string(port)};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

std::vector<std::string> node_command(const address& at, const std::vector<std::string>& arguments) {
  auto command = node_command(at.port, arguments);
  command.insert(command.end(), {"--host", at.host, "--insecure"});
  return command;
}

bool is_free(std::uint16_t port) {
  const descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const int yes = 1;
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return bind(socket.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
}

}  // namespace

std::optional<ready_line> parse_ready_line(const std::string& line) {
  static const std::regex form{R"(ready member=(\S+) address=(\S+):(\d+) view=(\d+) members=(\d+))"};
  std::smatch part;
  if (!std::regex_match(line, part, form)) return std::nullopt;
  const auto id = parse_uuid(part[1].str());
  if (!id) return std::nullopt;
  ready_line said;
  said.member = *id;
  said.address = {part[2], static_cast<std::uint16_t>(std::stoul(part[3]))};
  said.view = std::stoull(part[4]);
  said.members = std::stoul(part[5]);
  return said;
}

running_member::running_member(std::uint16_t port, const std::vector<std::string>& arguments, const std::string& program)
    : address_{"127.0.0.1", port}, process_{node_command(port, arguments, program)} {
  existing().push_back(this);
}

running_member::running_member(troupe::address at, const std::vector<std::string>& arguments, const descriptor& network)
    : address_{std::move(at)}, process_{node_command(address_, arguments), {}, &network} {
  existing().push_back(this);
}

running_member::~running_member() { std::erase(existing(), this); }

const ready_line& running_member::wait_ready() {
  const auto line = process_.read_line();
  if (line) ready_ = parse_ready_line(*line);
  if (!line || !ready_) {
    throw std::runtime_error("the member at " + to_string(address_) + " did not become ready; it said '" + line.value_or("") +
                             "' and logged\n" + process_.error_output());
  }
  address_ = ready_->address;
  return *ready_;
}

bool running_member::notice_return() {
  const auto line = process_.read_line(clock::duration::zero());
  const auto said = line ? parse_ready_line(*line) : std::nullopt;
  if (said) ready_ = said;
  return said.has_value();
}

void running_member::kill() {
  process_.signal(SIGKILL);
  if (!process_.wait_ended()) throw std::runtime_error("kill -9 did not end the member");
}

void running_member::stop() const {
  process_.signal(SIGSTOP);
  // A signal does not stop all threads at once, and what the others do meanwhile takes less time than one may think.
  siginfo_t stopped{};
  const auto has_stopped = [&] { return waitid(P_PID, static_cast<id_t>(process_.pid()), &stopped, WSTOPPED | WNOHANG) == 0 && stopped.si_pid != 0; };
  if (!eventually(has_stopped)) throw std::runtime_error("SIGSTOP did not stop the member");
}
void running_member::resume() const { process_.signal(SIGCONT); }
void running_member::terminate() const { process_.signal(SIGTERM); }

bool running_member::has_said(const std::string& text) const { return process_.error_output().find(text) != std::string::npos; }

std::string logs_of_running_members() {
  std::string all;
  for (const auto* m : existing()) all += "--- log of " + to_string(m->address()) + '\n' + m->process().error_output();
  return all;
}

std::uint16_t free_ports(std::uint16_t count) {
  // Below the ports that the kernel gives to outgoing connections.
  constexpr std::uint32_t first = 10'000;
  constexpr std::uint32_t end = 32'000;
  static std::uint32_t next = first + static_cast<std::uint32_t>(getpid()) * 61 % (end - first);
  for (std::uint32_t tried = 0; tried < end - first; ++tried) {
    if (next + count > end) next = first;
    std::uint16_t free = 0;
    while (free < count && is_free(static_cast<std::uint16_t>(next + free))) ++free;
    if (free == count) {
      const auto found = static_cast<std::uint16_t>(next);
      next += count;
      return found;
    }
    next += free + 1u;
  }
  throw std::runtime_error("no " + std::to_string(count) + " consecutive ports are free");
}

std::string fresh_cluster_name() {
  static int number = 0;
  return "test-" + std::to_string(getpid()) + '-' + std::to_string(++number);
}

}  // namespace troupe::cluster
