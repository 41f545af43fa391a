#include "tests/sim/run_apart.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <iostream>
#include <numeric>
#include <ostream>
#include <streambuf>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace troupe::sim {

namespace {

static_assert(std::is_trivially_copyable_v<run_figures>);

/// Of processor time, because other work on the machine is no fault of a run: it takes a fraction of a second; with sanitizers some. One that takes so much will
/// not end. (It never sleeps.)
constexpr time_t hang_s = 120;

[[noreturn]] void fail(const char* what) { throw std::system_error{errno, std::generic_category(), what}; }

/// What a child says: the figures, whether it passed, why not, the last events.
std::string encode(const run_result& r) {
  std::string bytes(reinterpret_cast<const char*>(&r.figures), sizeof r.figures);
  bytes += r.passed ? '+' : '-';
  bytes += r.why + '\0' + r.last_events;
  return bytes;
}

/// Nothing when the child died before it had said all.
bool decode(const std::string& bytes, run_result& r) {
  if (bytes.size() <= sizeof r.figures) return false;
  std::memcpy(&r.figures, bytes.data(), sizeof r.figures);
  r.passed = bytes[sizeof r.figures] == '+';
  const auto texts = bytes.substr(sizeof r.figures + 1);
  const auto end = texts.find('\0');
  if (end == std::string::npos) return false;
  r.why = texts.substr(0, end);
  r.last_events = texts.substr(end + 1);
  return true;
}

void write_all(int to, const std::string& bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const auto n = ::write(to, bytes.data() + at, bytes.size() - at);
    if (n < 0 && errno != EINTR) return;  // The parent is gone: there is nobody to tell.
    if (n > 0) at += static_cast<std::size_t>(n);
  }
}

struct child {
  pid_t id = 0;
  int said = -1;  ///< the end of the pipe to read from
  int errors = -1;  ///< a file in memory: what it wrote to its standard error
  std::uint64_t seed = 0;
  std::string bytes{};
};

template <class Work>
child spawn(std::uint64_t seed, Work work) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail("pipe");
  const auto errors = ::memfd_create("standard error", MFD_CLOEXEC);
  if (errors < 0) fail("memfd_create");
  const auto id = ::fork();
  if (id < 0) fail("fork");
  if (id == 0) {
    ::close(ends[0]);
    ::dup2(errors, STDERR_FILENO);
    const itimerval bound{{}, {hang_s, 0}};
    ::setitimer(ITIMER_PROF, &bound, nullptr);
    work(ends[1]);
    ::_exit(0);
  }
  ::close(ends[1]);
  return {id, ends[0], errors, seed};
}

/// True when it has said all that it will say.
bool listen(child& c) {
  char buffer[1 << 16];
  const auto n = ::read(c.said, buffer, sizeof buffer);
  if (n < 0 && errno == EINTR) return false;
  if (n > 0) c.bytes.append(buffer, static_cast<std::size_t>(n));
  return n <= 0;
}

/// What it wrote to its standard error.
std::string errors_of(const child& c) {
  std::string text(static_cast<std::size_t>(std::max<off_t>(0, ::lseek(c.errors, 0, SEEK_END))), '\0');
  const auto n = ::pread(c.errors, text.data(), text.size(), 0);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, n)));
  return text;
}

int bury(const child& c) {
  ::close(c.said);
  ::close(c.errors);
  int status = 0;
  while (::waitpid(c.id, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

/// The run again, for its text: all that it wrote before it died.
std::string last_words(std::uint64_t seed, const run_options& wanted) {
  auto again = spawn(seed, [&](int to) {
    struct pipe_buffer : std::streambuf {
      int to = -1;
      int overflow(int c) override {
        line += static_cast<char>(c);
        if (c == '\n') write_all(to, std::exchange(line, {}));
        return c;
      }
      std::string line;
    } buffer;
    buffer.to = to;
    std::ostream out{&buffer};
    (void)run_seed_traced(seed, wanted, out);
  });
  constexpr std::size_t kept = 64 * 1024;
  while (!listen(again)) {
    if (again.bytes.size() > 4 * kept) again.bytes.erase(0, again.bytes.size() - kept);
  }
  bury(again);
  if (again.bytes.size() > kept) again.bytes.erase(0, again.bytes.find('\n', again.bytes.size() - kept) + 1);
  return again.bytes;
}

run_result outcome_of(const child& c, const run_options& wanted) {
  run_result r;
  const auto errors = errors_of(c);
  const auto status = bury(c);
  if (decode(c.bytes, r)) {
    std::cerr << errors;
    return r;
  }
  r = {};
  r.figures.seed = c.seed;
  const auto signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  if (signal == SIGPROF) {
    r.why = "the run does not end";
  } else {
    r.why = errors.empty() ? "the process died, signal " + std::to_string(signal) : errors;
  }
  r.last_events = last_words(c.seed, wanted);
  return r;
}

}  // namespace

void run_apart(const seed_range& range, const run_options& wanted, std::size_t jobs, const std::function<void(const run_result&)>& done) {
  std::vector<std::uint64_t> seeds(range.count);
  std::iota(seeds.begin(), seeds.end(), range.from);
  run_each_apart(seeds, wanted, jobs, done);
}

void run_each_apart(const std::vector<std::uint64_t>& seeds, const run_options& wanted, std::size_t jobs,
                    const std::function<void(const run_result&)>& done) {
  std::vector<child> running;
  for (std::uint64_t next = 0; next < seeds.size() || !running.empty();) {
    while (running.size() < jobs && next < seeds.size()) {
      const auto seed = seeds[next++];
      running.push_back(spawn(seed, [&](int to) { write_all(to, encode(run_seed(seed, wanted))); }));
    }
    std::vector<pollfd> ends;
    for (const auto& c : running) ends.push_back({c.said, POLLIN, 0});
    if (::poll(ends.data(), static_cast<nfds_t>(ends.size()), -1) < 0 && errno != EINTR) fail("poll");
    for (std::size_t i = running.size(); i-- > 0;) {
      if (ends[i].revents == 0 || !listen(running[i])) continue;
      const auto ended = std::move(running[i]);
      running.erase(running.begin() + static_cast<std::ptrdiff_t>(i));
      done(outcome_of(ended, wanted));
    }
  }
}

}  // namespace troupe::sim
