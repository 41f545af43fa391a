#include <troupe/actors/processor_registry.hpp>

#include <exception>
#include <stdexcept>
#include <utility>

namespace troupe {

processor_registry& processor_registry::add(std::string name, function f) {
  if (name.empty() || name.size() > protocol::processor_name_bytes_max)
    throw std::invalid_argument{"a processor's name has 1 to 255 bytes (has " + std::to_string(name.size()) + ")"};
  const auto [at, is_new] = functions_.try_emplace(std::move(name), std::move(f));
  if (!is_new) throw std::invalid_argument{"there is a processor '" + at->first + "' already"};
  return *this;
}

// Whatever an application's function throws is a failure of that one call; the member goes on.
processor_outcome processor_registry::run(std::string_view name, const entry_view& entry, const blob& argument) const {
  const auto at = functions_.find(name);
  if (at == functions_.end()) return processor_failure{failure::unknown_processor, std::string{name}};
  const auto threw = [&](const std::string& what) { return processor_failure{failure::processor_failed, at->first + ": " + what}; };
  try {
    return at->second(entry, argument);
  } catch (const std::exception& e) {
    return threw(e.what());
  } catch (...) {
    return threw("it threw something that is no std::exception");
  }
}

}  // namespace troupe
