#include "tests/sim/mutants/catalogue.hpp"

#include <algorithm>

namespace troupe::sim {

namespace {

struct kept_seed {
  mutant what;
  std::uint64_t seed;
};

constexpr kept_seed all_kept[] = {
#define TROUPE_KEPT_SEED(name, seed) {mutant::name, seed},
#include "tests/sim/mutants/kept_seeds.inc"
#undef TROUPE_KEPT_SEED
};

}  // namespace

const std::vector<mutant_description>& all_mutants() {
  static const std::vector<mutant_description> all{
#define TROUPE_MUTANT(name, section, instead) {mutant::name, #name, section, instead},
#include "tests/sim/mutants/list.inc"
#undef TROUPE_MUTANT
  };
  return all;
}

const mutant_description* find_mutant(std::string_view name) {
  const auto& all = all_mutants();
  const auto at = std::find_if(all.begin(), all.end(), [name](const mutant_description& m) { return m.name == name; });
  return at == all.end() ? nullptr : &*at;
}

std::vector<std::uint64_t> kept_seeds(mutant which) {
  std::vector<std::uint64_t> seeds;
  for (const auto& k : all_kept) {
    if (k.what == which) seeds.push_back(k.seed);
  }
  return seeds;
}

std::string mutants_text() {
  std::string text;
  for (const auto& m : all_mutants()) {
    std::string name{m.name};
    name.resize(std::max<std::size_t>(name.size(), 36), ' ');
    text += name + ' ' + std::string{m.section} + "  " + std::string{m.instead} + '\n';
  }
  return text + std::to_string(all_mutants().size()) + " mutants\n";
}

}  // namespace troupe::sim
