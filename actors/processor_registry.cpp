#include <troupe/actors/processor_registry.hpp>

#include <exception>
#include <stdexcept>
#include <utility>

namespace troupe {

namespace {

template <class Function>
void enter(std::map<std::string, Function, std::less<>>& into, const char* what, std::string name, Function f) {
  if (name.empty() || name.size() > protocol::processor_name_bytes_max)
    throw std::invalid_argument{std::string{"a "} + what + "'s name has 1 to 255 bytes (has " + std::to_string(name.size()) + ")"};
  const auto [at, is_new] = into.try_emplace(std::move(name), std::move(f));
  if (!is_new) throw std::invalid_argument{std::string{"there is a "} + what + " '" + at->first + "' already"};
}

// Whatever an application's function throws is a failure of that one call; the member goes on.
template <class Outcome, class Function, class Shown>
Outcome run_one(const std::map<std::string, Function, std::less<>>& of, std::string_view name, const Shown& shown, const blob& argument) {
  const auto at = of.find(name);
  if (at == of.end()) return processor_failure{failure::unknown_processor, std::string{name}};
  const auto threw = [&](const std::string& what) { return processor_failure{failure::processor_failed, at->first + ": " + what}; };
  try {
    return at->second(shown, argument);
  } catch (const std::exception& e) {
    return threw(e.what());
  } catch (...) {
    return threw("it threw something that is no std::exception");
  }
}

}  // namespace

processor_registry& processor_registry::add(std::string name, function f) {
  enter(functions_, "processor", std::move(name), std::move(f));
  return *this;
}

processor_registry& processor_registry::add_predicate(std::string name, predicate f) {
  enter(predicates_, "predicate", std::move(name), std::move(f));
  return *this;
}

processor_outcome processor_registry::run(std::string_view name, const entry_at_hand& entry, const blob& argument) const {
  return run_one<processor_outcome>(functions_, name, entry, argument);
}

predicate_outcome processor_registry::admits(std::string_view name, const event_view& event, const blob& argument) const {
  return run_one<predicate_outcome>(predicates_, name, event, argument);
}

bool processor_registry::has_predicate(std::string_view name) const { return predicates_.contains(name); }

}  // namespace troupe
