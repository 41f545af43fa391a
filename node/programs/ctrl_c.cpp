#include <troupe/node/programs/ctrl_c.hpp>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <system_error>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace troupe::cli {

namespace {

// What a signal handler can reach.
std::atomic<bool> has_come{false};
std::atomic<int> wakes_input{-1};

extern "C" void on_interrupt(int) {
  const auto before = errno;
  has_come = true;
  const std::uint64_t once = 1;
  [[maybe_unused]] const auto written = write(wakes_input, &once, sizeof once);
  errno = before;
}

/// False: interrupted.
bool wait_for_input() {
  pollfd both[]{{STDIN_FILENO, POLLIN, 0}, {wakes_input, POLLIN, 0}};
  while (poll(both, 2, -1) < 0 && errno == EINTR) continue;
  return both[1].revents == 0;
}

}  // namespace

void ctrl_c::attend() {
  struct sigaction how {};
  if (sigaction(SIGINT, nullptr, &how) != 0 || how.sa_handler == SIG_IGN) return;
  wakes_input = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  how.sa_handler = on_interrupt;
  how.sa_flags = SA_RESTART | SA_RESETHAND;  // The second one is the system's.
  sigaction(SIGINT, &how, nullptr);
}

bool ctrl_c::came() const { return has_come; }

interruptible_input::int_type interruptible_input::underflow() {
  if (!wait_for_input()) return traits_type::eof();
  ssize_t count = 0;
  do {
    count = read(STDIN_FILENO, buffer_.data(), buffer_.size());
  } while (count < 0 && errno == EINTR);
  if (count < 0) throw std::system_error{errno, std::generic_category()};  // The stream turns it into badbit.
  setg(buffer_.data(), buffer_.data(), buffer_.data() + count);
  return count == 0 ? traits_type::eof() : traits_type::to_int_type(buffer_.front());
}

}  // namespace troupe::cli
