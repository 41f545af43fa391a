#include "workload.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace troupe::bench {
namespace {

constexpr double theta = 0.99;
constexpr double alpha = 1 / (1 - theta);
const double zeta_of_two = 1 + std::pow(0.5, theta);

constexpr auto columns = R"(
Prints one line with tabs between: operations per second; p50, p99, p99.9 and
maximum latency in microseconds; failed operations; operations and seconds
measured; CPU seconds of --cpu-of, and of this process, meanwhile.)";

}  // namespace

void describe(CLI::App& app, workload& into) {
  app.set_help_flag("-h,--help", "Print this and end");
  app.add_option("--reads", into.reads_percent, "Share of reads; the others are writes (0)")
      ->type_name("PERCENT")
      ->check(CLI::Range(0, 100));
  app.add_option("--keys", into.keys, "Distinct keys of 16 bytes, all of them written before (10000)")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{2}, std::size_t{100'000'000}));
  app.add_option("--value-bytes", into.value_bytes, "Size of a value (100)")->type_name("N")->check(CLI::Range(1, 64 * 1024 * 1024));
  app.add_flag("--zipfian", into.zipfian, "Some keys are much more frequent than others (0.99), instead of all the same");
  app.add_option("--clients", into.clients, "Connections, where clients are connections (1)")->type_name("N")->check(CLI::Range(1, 10'000));
  app.add_option("--pipeline", into.pipeline, "Operations in flight for each of them (1)")->type_name("N")->check(CLI::Range(1, 100'000));
  app.add_option(
         "--rate", into.rate_per_s,
         "Open loop: start so many operations a second, whatever becomes of them;\nlatencies count from when they should have started")
      ->type_name("N")
      ->check(CLI::Range(1.0, 1e8));
  app.add_option("--warm-up", into.warm_up_s, "Before anything is measured (1)")->type_name("SECONDS")->check(CLI::Range(0.0, 3600.0));
  app.add_option("--seconds", into.run_s, "To measure (3)")->type_name("SECONDS")->check(CLI::Range(0.1, 86'400.0));
  app.add_option("--cpu-of", into.servers, "Processes of the system that is measured")->option_text("PID,...")->delimiter(',');
  app.footer(app.get_footer() + columns);
}

std::string key_of(std::size_t n) {
  char text[key_bytes + 1];
  std::snprintf(text, sizeof text, "key-%012zu", n);
  return text;
}

request_source::request_source(const workload& load) : reads_percent_{load.reads_percent}, keys_{load.keys}, zipfian_{load.zipfian} {
  if (!zipfian_) return;
  for (std::size_t i = 1; i <= keys_; ++i) zeta_ += 1 / std::pow(static_cast<double>(i), theta);
  eta_ = (1 - std::pow(2.0 / static_cast<double>(keys_), 1 - theta)) / (1 - zeta_of_two / zeta_);
}

request request_source::next() {
  const auto reads = random() % 100 < reads_percent_;
  return {reads, zipfian_ ? zipfian_key() : ((random() >> 32) * keys_) >> 32};
}

/// splitmix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
std::uint64_t request_source::random() {
  auto z = (state_ += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

/// Gray et al., "Quickly generating billion-record synthetic databases", 1994, which YCSB uses, too. Nothing scatters the frequent keys:
/// every system hashes them anyway.
std::size_t request_source::zipfian_key() {
  const auto u = static_cast<double>(random() >> 11) * 0x1p-53;
  if (u * zeta_ < 1) return 0;
  if (u * zeta_ < zeta_of_two) return 1;
  const auto rank = static_cast<std::size_t>(static_cast<double>(keys_) * std::pow(eta_ * u - eta_ + 1, alpha));
  return std::min(rank, keys_ - 1);
}

}  // namespace troupe::bench
