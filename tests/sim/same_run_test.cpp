// The same seed is the same run: here twice, and in the program that people use.
#include <catch2/catch.hpp>

#include <array>
#include <cstdio>
#include <string>

#include "tests/sim/summary.hpp"

namespace troupe::sim {
namespace {

/// What the program prints, and its exit status.
std::pair<std::string, int> output_of(const std::string& arguments) {
  std::string text;
  auto* out = ::popen((std::string{'"'} + TROUPE_SIM + "\" " + arguments + " 2>&1").c_str(), "r");
  REQUIRE(out != nullptr);
  std::array<char, 4096> buffer{};
  while (const auto n = std::fread(buffer.data(), 1, buffer.size(), out)) text.append(buffer.data(), n);
  const auto status = ::pclose(out);
  return {text, status >> 8};
}

TEST_CASE("a seed has one hash, in this process and in others, with and without its text") {
  run_options wanted;
  wanted.length = seconds{5};
  for (const std::uint64_t seed : {3, 8, 50}) {
    const auto here = "hash=" + hash_text(run_seed(seed, wanted).figures.hash);
    INFO("seed " << seed << ' ' << here);
    CHECK(here == "hash=" + hash_text(run_seed(seed, wanted).figures.hash));
    const auto arguments = "--seconds 5 --seed " + std::to_string(seed);
    const auto [there, status] = output_of(arguments);
    CHECK(status == 0);
    CHECK(there.find(here) != std::string::npos);
    CHECK(output_of(arguments + " --frames").first.find(here) != std::string::npos);
  }
}

TEST_CASE("exit statuses: 1 when a seed fails, 2 when the command is wrong") {
  CHECK(output_of("--mutant no_seal --seeds 1:20 --jobs 2").second == 1);
  CHECK(output_of("--faults earthquake").second == 2);
  CHECK(output_of("--replay no-such-record").second == 2);
}

}  // namespace
}  // namespace troupe::sim
