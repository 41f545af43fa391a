#include "measurement.hpp"

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

namespace troupe::bench {
namespace {

clock::duration seconds(double s) { return std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(s)); }

/// All threads of it, user and system; 0 when it is gone.
double cpu_seconds_of(int pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
  std::string text;
  std::getline(file, text);
  const auto name_ends = text.rfind(')');  // The name may contain spaces.
  if (name_ends == std::string::npos) return 0;
  std::istringstream rest{text.substr(name_ends + 1)};
  std::string skipped;
  for (int field = 3; field < 14; ++field) rest >> skipped;
  double user = 0, system = 0;
  rest >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

measurement::measurement(const workload& load)
    : load_{load},
      warm_up_{seconds(load.warm_up_s)},
      opens_{clock::now() + warm_up_},
      closes_{opens_ + seconds(load.run_s)},
      interval_{load.is_open_loop() ? 1 / load.rate_per_s : 0} {}

measurement::cpu_seconds measurement::cpu_now() const {
  cpu_seconds now;
  for (const auto pid : load_.servers) now.servers += cpu_seconds_of(pid);
  now.own = cpu_seconds_of(getpid());
  return now;
}

void measurement::tick(time_point now) {
  if (!is_open_ && now >= opens_) {
    at_opening_ = cpu_now();
    is_open_ = true;
  }
  if (!is_closed_ && now >= closes_) {
    at_closing_ = cpu_now();
    is_closed_ = true;
  }
}

void measurement::done(time_point since, time_point at, bool ok) {
  if (!ok) ++failed_;
  if (contains(at)) ++done_;
  if (!contains(load_.is_open_loop() ? since : at)) return;
  latencies_.record(static_cast<std::uint64_t>(std::chrono::nanoseconds(at - since).count()));
}

void measurement::never_started(time_point since, time_point at) {
  if (contains(since)) latencies_.record(static_cast<std::uint64_t>(std::chrono::nanoseconds(at - since).count()));
}

void measurement::print() {
  const auto us = [](std::uint64_t ns) { return static_cast<double>(ns) / 1000; };
  const auto elapsed_s = std::chrono::duration<double>(closes_ - opens_).count();
  std::printf("%.0f\t%.2f\t%.2f\t%.2f\t%.2f\t%zu\t%zu\t%.2f\t%.2f\t%.2f\n", static_cast<double>(done_) / elapsed_s,
              us(latencies_.quantile(0.5)), us(latencies_.quantile(0.99)), us(latencies_.quantile(0.999)), us(latencies_.max()), failed_,
              done_, elapsed_s, at_closing_.servers - at_opening_.servers, at_closing_.own - at_opening_.own);
}

}  // namespace troupe::bench
