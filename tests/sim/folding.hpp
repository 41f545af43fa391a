/// \file
/// The processors of simulated members.
#pragma once

#include <troupe/actors/protocol/row/entry_processors.hpp>

namespace troupe::sim {

/// `fold` alone.
class folding final : public protocol::entry_processors {
 public:
  [[nodiscard]] protocol::processor_outcome run(std::string_view name, const protocol::entry_view& entry, const blob& argument) const override;
};

}  // namespace troupe::sim
