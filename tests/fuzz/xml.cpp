/// A configuration file, as a member's and as a client's.
#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include <troupe/node/config/xml_config.hpp>

#include "tests/fuzz/target.hpp"

using namespace troupe;

namespace {

/// `f.xml:LINE: message`, with a line that the file has; `f.xml: message` when it is about the whole.
void claim_names_its_place(const std::string& problem, std::ptrdiff_t lines) {
  constexpr std::string_view file = "f.xml:";
  fuzz::claim(problem.starts_with(file), "a problem names the file");
  fuzz::claim_is_explanation(problem, 2048);
  const auto* after = problem.data() + file.size();
  const auto* end = problem.data() + problem.size();
  int line = 1;
  const auto [rest, failed] = std::from_chars(after, end, line);
  fuzz::claim(failed != std::errc{} || (line >= 1 && line <= lines), "a problem names a line of the file");
  fuzz::claim(std::string_view{rest, end}.find_first_not_of(": ") != std::string_view::npos, "a problem says what is wrong");
}

template <class Config>
void claim_are_explained(const read_settings<Config>& read, std::string_view text) {
  const auto lines = 1 + std::ranges::count(text, '\n');
  for (const auto& problem : read.errors) claim_names_its_place(problem, lines);
  for (const auto& problem : read.warnings) claim_names_its_place(problem, lines);
  fuzz::claim(!read.errors.empty() || !has_error(validate(read.config)), "what is read without an error is valid");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of({data, size});
  const auto read = parse_xml_config(text, "f.xml");
  claim_are_explained(read, text);
  const auto of_client = parse_xml_client_config(text, "f.xml");
  claim_are_explained(of_client, text);
  fuzz::claim(!of_client.errors.empty() || !of_client.config.connect.empty(), "a client knows where to look");
  if (!read.errors.empty()) return 0;
  const auto scaled = scaled_settings(read.config);
  fuzz::claim(scaled.times.heartbeat > duration{} && scaled.times.lease > duration{}, "times are longer than nothing");
  fuzz::claim(parse_xml_config(text, "f.xml").config == read.config, "a file is read the same each time");
  return 0;
}
