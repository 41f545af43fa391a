/// The command line of `troupe`.
#include <troupe/node/cli/arguments.hpp>

#include "tests/fuzz/arguments.hpp"

using namespace troupe;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::arguments given{"troupe", {data, size}};
  const auto parsed = cli::parse_arguments(given.count(), given.values());
  if (const auto* end = std::get_if<exit_now>(&parsed)) {
    fuzz::claim_is_proper_end(*end, "troupe", size);
    return 0;
  }
  const auto& wanted = std::get<cli::request>(parsed);
  fuzz::claim(
      !wanted.connect.empty() && std::ranges::none_of(wanted.connect, [](const address& a) { return a.host.empty() || a.port == 0; }),
      "there is somebody to ask, with a host and a port");
  fuzz::claim(!wanted.cluster_name.empty(), "the cluster has a name");
  fuzz::claim(wanted.timeout >= duration{}, "a timeout is not negative");
  if (const auto* load = std::get_if<cli::load_request>(&wanted.what)) fuzz::claim(!load->rate || *load->rate > 0, "a rate is positive");
  return 0;
}
