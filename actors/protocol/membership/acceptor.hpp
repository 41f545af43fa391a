/// \file
/// The acceptor of single-decree Paxos for one view number.
#pragma once

#include <optional>

#include <troupe/messages/types/membership.hpp>

namespace troupe::protocol {

/// What one voter promised and accepted for the successor of its installed view. Thrown away only when that number is closed by an
/// install, and held by nobody before: an incarnation that restarts is another voter.
class acceptor {
 public:
  using ballot = membership_message::ballot;
  using vote = membership_message::vote;

  enum class verdict { accepted, held, outbid };

  /// Phase 1. True: promised to accept nothing below `b`; a repeated request is promised again.
  [[nodiscard]] bool promise(const ballot& b);
  /// Phase 2. A proposal that may not be accepted yet is held, and counts as promised.
  [[nodiscard]] verdict consider(const vote& proposal, bool may_accept);
  /// Accepts what is held. Requires: held().
  void accept_held();
  /// The number is closed.
  void reset() { *this = {}; }

  [[nodiscard]] const ballot& promised() const { return promised_; }
  [[nodiscard]] const std::optional<vote>& accepted() const { return accepted_; }
  [[nodiscard]] const std::optional<vote>& held() const { return held_; }

 private:
  ballot promised_;  // Lowest at first: below every voter's ballot of round 0.
  std::optional<vote> accepted_;
  std::optional<vote> held_;  // Its ballot equals promised_.
};

}  // namespace troupe::protocol
