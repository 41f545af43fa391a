/// \file
/// The entry processors and the predicates of a member: functions by name, which it runs on entries that it leads. Register the same at all members that hold data,
/// before they start: a call ends `not_applied` with failure::unknown_processor where the member that leads the entry has none of the name.
///
///     auto processors = std::make_shared<troupe::processor_registry>();
///     processors->add<deposit>();                                  // a typed one: processor.hpp
///     processors->add("trim", [](const troupe::entry_at_hand& entry, const troupe::blob& argument) -> troupe::processor_outcome { … });
///     settings.processors = processors;                            // of a member_config
///
/// A processor decides by what it is given alone, and touches nothing else: it may be run again where the run before had no effect. What it
/// throws ends the call as `not_applied`, with the text. It runs on the thread that serves its row, and some others: it must not block, and
/// not wait for a map. Functions are called from several threads at once.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include <troupe/actors/entry_listener.hpp>
#include <troupe/actors/processor.hpp>
#include <troupe/actors/protocol/row/entry_processors.hpp>
#include <troupe/messages/types/api.hpp>

namespace troupe {

using protocol::entry_processors;
using protocol::entry_at_hand;
using protocol::event_view;
using protocol::keep_entry;
using protocol::predicate_outcome;
using protocol::processed;
using protocol::processor_failure;
using protocol::processor_outcome;
using protocol::remove_entry;
using protocol::set_entry;

class TROUPE_API processor_registry final : public entry_processors {
 public:
  using function = std::function<processor_outcome(const entry_at_hand& entry, const blob& argument)>;

  /// Throws std::invalid_argument when the name is empty, longer than 255 bytes, or taken.
  processor_registry& add(std::string name, function f);
  /// The typed processor P: processor.hpp.
  template <class P>
  processor_registry& add() {
    return add(std::string{detail::processor_traits<P>::name()}, detail::run_processor<P>);
  }

  /// Says which events a listener is told: entry_listener.hpp. What it throws ends the subscription, with the text. Throws as add() does; a processor
  /// may have the same name.
  using predicate = std::function<predicate_outcome(const event_view& event, const blob& argument)>;
  processor_registry& add_predicate(std::string name, predicate f);
  /// The typed predicate P.
  template <detail::event_predicate P>
  processor_registry& add_predicate() {
    return add_predicate(std::string{detail::predicate_traits<P>::name()}, detail::run_predicate<P>);
  }

  [[nodiscard]] processor_outcome run(std::string_view name, const entry_at_hand& entry, const blob& argument) const override;
  [[nodiscard]] predicate_outcome admits(std::string_view name, const event_view& event, const blob& argument) const override;
  [[nodiscard]] bool has_predicate(std::string_view name) const override;

 private:
  std::map<std::string, function, std::less<>> functions_;
  std::map<std::string, predicate, std::less<>> predicates_;
};

}  // namespace troupe
