/// \file
/// Entry processors, as the core sees them: functions by name, that decide what becomes of an entry. And predicates, which say who is told of it.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include <troupe/messages/types/api.hpp>
#include <troupe/messages/types/blob.hpp>
#include <troupe/messages/types/lifetime.hpp>
#include <troupe/messages/types/operation.hpp>
#include <troupe/messages/types/row_event.hpp>

namespace troupe::protocol {

inline constexpr std::size_t processor_name_bytes_max = 255;

/// What a processor is shown. Valid as long as it runs.
struct entry_at_hand {
  const blob& key;
  const blob* value;  ///< null: the key is not there
};

/// What becomes of the entry.
struct keep_entry {};
struct set_entry {
  blob value;
  lifetime_choice life{};  ///< as of a put
  bool keeps_life = false;  ///< an entry that is there lives on as it would have; `life` then counts for a new one only
};
struct remove_entry {};

struct processed {
  std::variant<keep_entry, set_entry, remove_entry> entry{};
  blob result{};  ///< for whoever asked
};

/// Nothing becomes of the entry, and its processor has no result.
struct processor_failure {
  failure why = failure::processor_failed;
  std::string text;  ///< for people; cut to failure_detail_bytes_max
};

using processor_outcome = std::variant<processed, processor_failure>;

/// What a predicate is shown. Valid as long as it runs.
struct event_view {
  row_event_kind what;
  const blob& key;
  const blob* value;      ///< added, updated; else null
  const blob* old_value;  ///< null: there was none, or nobody knows
};

/// Shall it be told?
using predicate_outcome = std::variant<bool, processor_failure>;

/// The processors and predicates of a member. Called by all its rows, from several threads at once.
class TROUPE_API entry_processors {
 public:
  virtual ~entry_processors() = default;
  /// What the one of this name makes of the entry. Throws nothing. What it returns is what is replicated: a second run, of an attempt that
  /// left no record, may come to something else.
  [[nodiscard]] virtual processor_outcome run(std::string_view name, const entry_at_hand& entry, const blob& argument) const = 0;
  /// What the predicate of this name says of an event of a single entry. Throws nothing.
  [[nodiscard]] virtual predicate_outcome admits(std::string_view name, const event_view& event, const blob& argument) const;
  [[nodiscard]] virtual bool has_predicate(std::string_view name) const;
};

}  // namespace troupe::protocol
