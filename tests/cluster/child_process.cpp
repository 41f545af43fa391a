#include "tests/cluster/child_process.hpp"

#include <cerrno>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace troupe::cluster {

namespace {

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

/// A file without a name.
descriptor nameless_file(const char* purpose) {
  descriptor file{memfd_create(purpose, MFD_CLOEXEC)};
  if (!file.is_open()) fail("memfd_create");
  return file;
}

descriptor file_with(const std::string& content) {
  auto file = nameless_file("input");
  if (write(file.get(), content.data(), content.size()) != static_cast<ssize_t>(content.size())) fail("write");
  lseek(file.get(), 0, SEEK_SET);
  return file;
}

bool wait_readable(int fd, clock::time_point deadline) {
  pollfd p{fd, POLLIN, 0};
  const auto left = std::chrono::ceil<milliseconds>(deadline - clock::now()).count();
  return poll(&p, 1, static_cast<int>(std::max<long>(left, 0))) > 0;
}

}  // namespace

descriptor::descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

descriptor& descriptor::operator=(descriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

descriptor::~descriptor() { close(); }

void descriptor::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

child_process::child_process(const std::vector<std::string>& command, const std::string& input, const descriptor* network)
    : errors_(nameless_file("errors")) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail("pipe2");
  output_ = descriptor{ends[0]};
  const descriptor out{ends[1]};
  const auto in = file_with(input);
  start(command, in.get(), out.get(), network);
  ended_ = descriptor{static_cast<int>(syscall(SYS_pidfd_open, pid_, 0))};
  if (!ended_.is_open()) fail("pidfd_open");
}

void child_process::start(const std::vector<std::string>& command, int in, int out, const descriptor* network) {
  std::vector<char*> argv;
  for (const auto& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const auto parent = getpid();
  pid_ = fork();
  if (pid_ < 0) fail("fork");
  if (pid_ > 0) return;
  // Between fork and exec only what is allowed in a signal handler: other threads may have held any lock.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  if (network != nullptr && setns(network->get(), CLONE_NEWNET) != 0) _exit(127);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  // A test that runs in a script's background inherits that they are ignored.
  for (const int s : {SIGINT, SIGPIPE}) std::signal(s, SIG_DFL);
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(errors_.get(), STDERR_FILENO);
  execv(argv[0], argv.data());
  _exit(127);
}

child_process::~child_process() {
  if (has_ended()) return;
  signal(SIGKILL);
  int ignored = 0;
  waitpid(pid_, &ignored, 0);
}

void child_process::signal(int which) const {
  // Until it is waited for, its number is nobody else's.
  if (!status_) kill(pid_, which);
}

bool child_process::has_ended() { return wait_ended(clock::duration::zero()).has_value(); }

std::optional<int> child_process::wait_ended(clock::duration within) {
  if (status_) return status_;
  if (!wait_readable(ended_.get(), clock::now() + within)) return std::nullopt;
  int raw = 0;
  if (waitpid(pid_, &raw, 0) != pid_) fail("waitpid");
  status_ = WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
  return status_;
}

bool child_process::read_more(clock::time_point deadline) {
  if (!wait_readable(output_.get(), deadline)) return false;
  char some[4096];
  const auto n = read(output_.get(), some, sizeof some);
  if (n <= 0) return false;
  unread_.append(some, static_cast<std::size_t>(n));
  return true;
}

std::optional<std::string> child_process::read_line(clock::duration within) {
  const auto deadline = clock::now() + within;
  for (;;) {
    if (const auto end = unread_.find('\n'); end != std::string::npos) {
      auto line = unread_.substr(0, end);
      unread_.erase(0, end + 1);
      return line;
    }
    if (!read_more(deadline)) return std::nullopt;
  }
}

std::string child_process::read_rest(clock::duration within) {
  const auto deadline = clock::now() + within;
  while (read_more(deadline)) continue;
  return std::exchange(unread_, {});
}

std::string child_process::error_output() const {
  std::string text;
  char some[4096];
  for (;;) {
    const auto n = pread(errors_.get(), some, sizeof some, static_cast<off_t>(text.size()));
    if (n <= 0) return text;
    text.append(some, static_cast<std::size_t>(n));
  }
}

std::size_t child_process::resident_kib() const {
  std::ifstream status{"/proc/" + std::to_string(pid_) + "/status"};
  for (std::string word; status >> word;) {
    std::size_t kib = 0;
    if (word == "VmRSS:" && status >> kib) return kib;
  }
  throw std::runtime_error("the kernel does not say how much memory process " + std::to_string(pid_) + " has");
}

program_result run_program(const std::vector<std::string>& command, const std::string& input, const descriptor* network) {
  child_process program{command, input, network};
  program_result result;
  result.output = program.read_rest();
  const auto status = program.wait_ended();
  result.errors = program.error_output();
  if (!status) throw std::runtime_error(command.front() + " did not end; it said: " + result.errors);
  result.status = *status;
  return result;
}

}  // namespace troupe::cluster
