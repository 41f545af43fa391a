#include <troupe/actors/protocol/row/processing.hpp>

#include <algorithm>

#include <troupe/actors/protocol/mutation.hpp>

namespace troupe::protocol {

namespace {

void refuse(reply& answer, failure why, std::string_view text) {
  answer.result = outcome::not_applied;
  answer.why = why;
  answer.detail = detail_of(text);
}

processor_outcome run(const operation& what, const entry_at_hand& entry, const processing_rules& rules) {
  if (rules.known == nullptr) return processor_failure{failure::unknown_processor, std::string{what.processor.view()}};
  return rules.known->run(what.processor.view(), entry, what.value);
}

/// Why what a processor came to can't be done.
failure objection_to(const processed& done, const size_limits& sizes) {
  if (done.result.size() > sizes.value_bytes_max) return failure::result_too_large;
  const auto* set = std::get_if<set_entry>(&done.entry);
  if (set == nullptr) return failure::none;
  if (set->value.size() > sizes.value_bytes_max) return failure::value_too_large;
  return is_possible(set->life) ? failure::none : failure::bad_lifetime;
}

std::optional<record_body> write_of(const operation& what, processed& done, const newest_state::finding& found, const processing_rules& rules) {
  if (auto* set = std::get_if<set_entry>(&done.entry)) {
    const auto life = set->keeps_life && found.value != nullptr ? found.life() : lifetime_from(rules.now, set->life, rules.life);
    // A value that is set is copied once, to have its key with it; one that was there has it.
    return put_entry{what.map, what.key, set->value.with_key(what.key.view()), life, rules.keeps_statistics ? found.times_from(rules.now) : entry_times{}};
  }
  if (std::holds_alternative<remove_entry>(done.entry) && found.value != nullptr) return erase_entry{what.map, what.key};
  return std::nullopt;
}

evaluation run_on(const newest_state::finding& found, const operation& what, const processing_rules& rules) {
  evaluation result;
  result.depends_on = found.depends_on;
  result.answer.found = found.value != nullptr;
  if (found.value == nullptr && what.kind == operation_kind::execute_if_present) return result;
  auto came_to = run(what, {what.key, found.value}, rules);
  if (const auto* failed = std::get_if<processor_failure>(&came_to)) {
    refuse(result.answer, failed->why, failed->text);
    return result;
  }
  auto& done = std::get<processed>(came_to);
  if (const auto why = objection_to(done, rules.sizes); why != failure::none) {
    refuse(result.answer, why, what.processor.view());
    return result;
  }
  result.write = write_of(what, done, found, rules);
  result.answer.value = std::move(done.result);
  return result;
}

}  // namespace

blob detail_of(std::string_view text) {
  auto size = std::min(text.size(), failure_detail_bytes_max);
  const auto continues_character = [&] { return (static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80U; };
  if (size < text.size()) {
    while (size > 0 && continues_character()) --size;
  }
  return blob{text.substr(0, size)};
}

predicate_outcome entry_processors::admits(std::string_view name, const event_view&, const blob&) const {
  return processor_failure{failure::unknown_processor, std::string{name}};
}
bool entry_processors::has_predicate(std::string_view) const { return false; }

evaluation process(const operation& what, const newest_state& state, const processing_rules& rules) {
  const auto found = TROUPE_MUTATED(processor_sees_committed) ? state.find_committed(what.map, what.key.view()) : state.find(what.map, what.key.view());
  return completed(run_on(found, what, rules), what);
}

}  // namespace troupe::protocol
