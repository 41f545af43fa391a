/// \file
/// The processors of simulated members, and their predicate.
#pragma once

#include <troupe/actors/protocol/row/entry_processors.hpp>

namespace troupe::sim {

/// The predicate that simulated listeners use, by name, and what it says: about every second key, another half for each argument.
inline constexpr std::string_view liking_name = "likes";
[[nodiscard]] bool is_liked(const blob& key, const blob& argument);

/// `fold` and `likes` alone.
class folding final : public protocol::entry_processors {
 public:
  [[nodiscard]] protocol::processor_outcome run(std::string_view name, const protocol::entry_at_hand& entry, const blob& argument) const override;
  [[nodiscard]] protocol::predicate_outcome admits(std::string_view name, const protocol::event_view& event, const blob& argument) const override;
  [[nodiscard]] bool has_predicate(std::string_view name) const override { return name == liking_name; }
};

}  // namespace troupe::sim
