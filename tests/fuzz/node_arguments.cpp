/// The command line of `troupe-node`.
#include "tests/fuzz/arguments.hpp"

using namespace troupe;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::arguments given{"troupe-node", {data, size}};
  if (given.has_any_like("--config")) return 0;  // Which would read a file of that name, whatever it is: the target `xml` does without.
  const auto parsed = parse_node_command_line(given.count(), given.values());
  if (const auto* end = std::get_if<exit_now>(&parsed)) {
    fuzz::claim_is_proper_end(*end, "troupe-node", size);
  } else {
    fuzz::claim(!has_error(validate(std::get<node_command>(parsed).config)), "what is accepted can be started");
  }
  return 0;
}
