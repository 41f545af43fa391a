#include "tests/sim/folding.hpp"

#include "tests/sim/fold.hpp"
#include "tests/sim/keyspace.hpp"
#include "tests/sim/scenario.hpp"

namespace troupe::sim {

using namespace protocol;

blob encode_token(value_no token) { return encode_value(token, simulated_bytes_min); }

blob encode_fold_argument(value_no argument, blob& name) {
  name = blob{fold_name};
  return encode_value(argument, simulated_bytes_min);
}

processor_outcome folding::run(std::string_view name, const entry_at_hand& entry, const blob& argument) const {
  if (name != fold_name) return processor_failure{failure::unknown_processor, std::string{name}};
  const auto token = fold(entry.value == nullptr ? absent : decode_value(*entry.value), decode_value(argument));
  processed done;
  done.result = encode_token(token);
  switch (effect_of(token)) {
    case fold_effect::fail: return processor_failure{failure::processor_failed, "it does not like this value"};
    case fold_effect::set: done.entry = set_entry{done.result}; break;
    case fold_effect::remove: done.entry = remove_entry{}; break;
    case fold_effect::keep: break;
  }
  return done;
}

bool is_liked(const blob& key, const blob& argument) {
  std::uint64_t h = 0xcbf29ce484222325ULL;
  for (const auto text : {key.view(), argument.view()}) {
    for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
  return (h ^ (h >> 17)) % 2 == 0;
}

predicate_outcome folding::admits(std::string_view name, const event_view& event, const blob& argument) const {
  if (name != liking_name) return processor_failure{failure::unknown_processor, std::string{name}};
  return is_liked(event.key, argument);
}

}  // namespace troupe::sim
