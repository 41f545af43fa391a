#include "tests/cluster/private_network.hpp"

#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

namespace troupe::cluster {

namespace {

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

std::string ip_program() {
  for (const char* path : {"/sbin/ip", "/bin/ip", "/usr/sbin/ip", "/usr/bin/ip"}) {
    if (access(path, X_OK) == 0) return path;
  }
  throw std::runtime_error("there is no program 'ip' (Debian: iproute2)");
}

/// All these commands, one a line, in the namespace of the calling thread or in another.
void run_ip(const std::string& commands, const descriptor* where = nullptr) {
  static const auto program = ip_program();
  const auto said = run_program({program, "-batch", "-"}, commands, where);
  if (said.status != 0) throw std::runtime_error("ip: " + said.errors);
}

void write_to(const std::string& path, const std::string& text) {
  std::ofstream file{path};
  if (!(file << text << std::flush)) throw std::runtime_error("can't write to " + path);
}

/// Who is not root may be it in a user namespace, which is enough for networks below that.
void become_root_somewhere() {
  const auto user = geteuid();
  const auto group = getegid();
  if (user == 0) return;
  if (unshare(CLONE_NEWUSER) != 0) fail("not root, and no user namespace can be made");
  write_to("/proc/self/setgroups", "deny");
  write_to("/proc/self/uid_map", "0 " + std::to_string(user) + " 1");
  write_to("/proc/self/gid_map", "0 " + std::to_string(group) + " 1");
}

descriptor present_namespace() {
  descriptor present{open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)};
  if (!present.is_open()) fail("/proc/thread-self/ns/net");
  return present;
}

/// A new one, in which the calling thread is from now on.
descriptor enter_new_namespace() {
  if (unshare(CLONE_NEWNET) != 0) fail("no network namespace can be made");
  return present_namespace();
}

void enter(const descriptor& where) {
  if (setns(where.get(), CLONE_NEWNET) != 0) fail("setns");
}

std::string subnet_of(private_network::end_no end) { return "10.77." + std::to_string(end) + '.'; }

std::string drop(const private_network::link& l) {
  return " pref 10 from " + private_network::host(l.from) + " to " + private_network::host(l.to) + " blackhole\n";
}

/// Somebody there says, soon, that nobody listens at this port.
bool refuses(const std::string& host) {
  const descriptor s{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  sockaddr_in there{};
  there.sin_family = AF_INET;
  there.sin_port = htons(1);
  inet_pton(AF_INET, host.c_str(), &there.sin_addr);
  if (connect(s.get(), reinterpret_cast<const sockaddr*>(&there), sizeof there) == 0) return false;
  constexpr int soon_ms = 20;
  pollfd p{s.get(), POLLOUT, 0};
  return errno == ECONNREFUSED || (errno == EINPROGRESS && poll(&p, 1, soon_ms) > 0);
}

}  // namespace

namespace_visit::namespace_visit() : was_{present_namespace()} {}

namespace_visit::namespace_visit(const descriptor& where) : namespace_visit{} { enter(where); }

namespace_visit::~namespace_visit() { setns(was_.get(), CLONE_NEWNET); }

private_network::private_network(std::size_t others) {
  become_root_somewhere();
  router_ = enter_new_namespace();
  // A router that looks where answers would go (rp_filter) drops both directions when one is cut.
  for (const char* name : {"conf/all/rp_filter", "conf/default/rp_filter"}) write_to(std::string{"/proc/sys/net/ipv4/"} + name, "0");
  write_to("/proc/sys/net/ipv4/ip_forward", "1");
  while (ends_.size() <= others) add_end();
  enter(ends_[own]);
  // The kernel takes up to a second until it believes in a new cable.
  for (end_no end = 1; end <= others; ++end) {
    if (!eventually([&] { return refuses(host(end)); }, seconds{10})) throw std::runtime_error("packets to network namespaces get lost");
  }
}

std::string private_network::host(end_no end) { return subnet_of(end) + '2'; }

void private_network::add_end() {
  const auto end = ends_.size();
  const auto router_side = subnet_of(end) + '1';
  const auto cable = "end" + std::to_string(end);
  const auto router = "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(router_.get());
  ends_.push_back(enter_new_namespace());
  run_ip("link set lo up\n"
         "link add uplink type veth peer name " + cable + " netns " + router + "\n"
         "address add " + host(end) + "/30 dev uplink\n"
         "link set uplink up\n"
         "route add default via " + router_side + "\n");
  tell_router("address add " + router_side + "/30 dev " + cable + "\n"
              "link set " + cable + " up\n");
}

void private_network::tell_router(const std::string& commands) const { run_ip(commands, &router_); }

void private_network::cut(const std::vector<link>& links) {
  std::string commands;
  for (const auto& l : links) commands += "rule add" + drop(l);
  cut_.insert(cut_.end(), links.begin(), links.end());
  tell_router(commands);
}

void private_network::mend() {
  std::string commands;
  for (const auto& l : cut_) commands += "rule del" + drop(l);
  cut_.clear();
  tell_router(commands);
}

}  // namespace troupe::cluster
