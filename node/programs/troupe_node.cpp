// troupe-node: one member of a cluster, as a process of its own.
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <optional>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <troupe/node/client/own_log.hpp>
#include <troupe/node/config/command_line.hpp>
#include <troupe/node/config/rejoin.hpp>
#include <troupe/node/member/member.hpp>

namespace {

using namespace troupe;

/// Sent to this process by itself when the member has ended, or is ready.
constexpr int news_signal = SIGUSR1;

/// Standard output belongs to the line that scripts wait for.
void log_to_standard_error(log_level level) {
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("troupe", std::make_shared<spdlog::sinks::stderr_color_sink_mt>()));
  spdlog::set_level(spdlog_level(level));
  spdlog::flush_on(spdlog::level::info);
}

/// Signals are waited for, never handled: blocked before the first thread starts, so that none of them takes one.
sigset_t block_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (int s : {SIGTERM, SIGINT, news_signal}) sigaddset(&set, s);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return set;
}

int next_signal(const sigset_t& set) {
  int which = 0;
  sigwait(&set, &which);
  return which;
}

/// 0: none came within that time, which is less than a second.
int next_signal(const sigset_t& set, duration patience) {
  const timespec t{0, static_cast<long>(patience.count())};
  const auto which = sigtimedwait(&set, nullptr, &t);
  return which < 0 ? 0 : which;
}

void print_ready(const local_member& member, const view& v) {
  std::cout << "ready member=" << to_string(member.id()) << " address=" << to_string(member.listens_at())
            << " view=" << v.name.number.value() << " members=" << v.members.size() << std::endl;
}

/// Waits for signals while one member lives. The status to end with; nothing: the others removed it, start another.
std::optional<int> live(local_member& member, const sigset_t& signals) {
  bool leaving = false;
  bool ready = false;
  for (;;) {
    if (!ready && member.wait_ready(duration{})) {
      ready = true;
      print_ready(member, *member.current_view());
    }
    const auto which = ready ? next_signal(signals) : next_signal(signals, milliseconds{50});
    if (which == SIGTERM || which == SIGINT) {
      if (leaving || !ready) return leaving ? 1 : 0;
      leaving = true;
      spdlog::info("leaving: a second signal ends at once");
      member.leave();
    }
    if (!member.wait_ended(duration{})) continue;
    switch (member.how_ended()) {
      case member_end::left: return member.rows_left_behind() == 0 ? 0 : 1;
      case member_end::stopped: return 0;
      case member_end::refused:
        std::cerr << "troupe-node: the cluster refused this member: " << member.end_text() << '\n';  // Whatever the log level.
        return exit_usage;
      case member_end::expelled: return leaving ? std::optional{1} : std::nullopt;
    }
  }
}

int run(node_command command) {
  const auto signals = block_signals();
  log_to_standard_error(command.config.log_level);
  for (const auto& w : command.warnings) spdlog::warn("{}", w);
  caf::actor_system_config system_config;
  caf::actor_system system{system_config};
  auto config = command.config;
  for (;;) {
    local_member member{system, config};
    if (config.join.empty() && config.port != 0 && member.listens_at().port != config.port) {
      spdlog::warn("port {} is taken, and this member founds a cluster of its own: --join {}:{} joins one that is there", config.port,
                   member.listens_at().host, config.port);
    }
    member.on_ended([](member_end) { kill(getpid(), news_signal); });
    if (const auto status = live(member, signals)) return *status;
    spdlog::warn("removed by the others: starting as a new member");
    if (const auto last = member.current_view()) config = rejoin_config(command.config, *last, member.listens_at());
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    auto parsed = parse_node_command_line(argc, argv);
    if (const auto* now = std::get_if<exit_now>(&parsed)) {
      (now->status == exit_done ? std::cout : std::cerr) << now->text;
      return now->status;
    }
    return run(std::move(std::get<node_command>(parsed)));
  } catch (const std::exception& e) {
    std::cerr << "troupe-node: " << e.what() << '\n';
    return exit_usage;
  }
}
