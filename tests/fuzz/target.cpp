#include "tests/fuzz/target.hpp"

#include <cstdio>
#include <cstdlib>

namespace troupe::fuzz {

void claim(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "claim_broken what=\"%.*s\"\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

void claim_is_explanation(std::string_view text, std::size_t bytes_max) {
  claim(!text.empty(), "a refusal says why");
  claim(text.size() <= bytes_max, "a refusal is short");
}

}  // namespace troupe::fuzz
