/// \file
/// A troupe-node as a test sees it: a process, and the lines with which it says that it is a member.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <troupe/messages/types/ids.hpp>

#include "tests/cluster/child_process.hpp"

namespace troupe::cluster {

/// `ready member=<uuid> address=<host:port> view=<n> members=<n>`
struct ready_line {
  uuid member;
  troupe::address address;
  std::uint64_t view = 0;
  std::size_t members = 0;
};

/// Nothing when the line does not have exactly this form.
[[nodiscard]] std::optional<ready_line> parse_ready_line(const std::string& line);

#ifdef __SANITIZE_ADDRESS__
inline constexpr std::size_t kept_by_the_sanitizer_kib = 320 * 1024;  ///< AddressSanitizer keeps what is freed in quarantine, 256 MiB of it
#else
inline constexpr std::size_t kept_by_the_sanitizer_kib = 0;
#endif

class running_member {
 public:
  /// Starts it with these arguments; it listens at `port` of 127.0.0.1 once it is ready. `program`: instead of troupe-node.
  running_member(std::uint16_t port, const std::vector<std::string>& arguments, const std::string& program = {});
  /// The same at an address of `network`, a network namespace.
  running_member(troupe::address at, const std::vector<std::string>& arguments, const descriptor& network);
  ~running_member();

  /// The next line that says it is a member: the first time, and again whenever it came back as a new one.
  /// Throws std::runtime_error, with its log, when there is none in all patience.
  const ready_line& wait_ready();
  /// True: it has said in the meantime that it came back as a new one. Does not wait.
  [[nodiscard]] bool notice_return();
  /// The latest. Requires: wait_ready() returned.
  [[nodiscard]] const ready_line& ready() const { return *ready_; }
  [[nodiscard]] const troupe::address& address() const { return address_; }
  [[nodiscard]] child_process& process() { return process_; }
  [[nodiscard]] const child_process& process() const { return process_; }

  /// kill -9, and waits until the process is gone.
  void kill();
  void stop() const;       ///< SIGSTOP: none of its threads runs any more
  void resume() const;     ///< SIGCONT
  void terminate() const;  ///< SIGTERM
  [[nodiscard]] bool has_said(const std::string& text) const;

 private:
  troupe::address address_;
  child_process process_;
  std::optional<ready_line> ready_;
};

/// All that members which exist now have logged, for whoever wants to know why a check failed.
[[nodiscard]] std::string logs_of_running_members();

/// The first of `count` consecutive ports of 127.0.0.1 at which nobody listens, and that no earlier call returned.
[[nodiscard]] std::uint16_t free_ports(std::uint16_t count);

/// A name for a cluster that no other test uses at the same time on this machine.
[[nodiscard]] std::string fresh_cluster_name();

}  // namespace troupe::cluster
