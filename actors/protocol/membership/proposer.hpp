/// \file
/// The proposer of single-decree Paxos for one view number.
#pragma once

#include <optional>

#include <troupe/actors/protocol/membership/electorate.hpp>
#include <troupe/actors/protocol/mutation.hpp>
#include <troupe/messages/types/member_set.hpp>
#include <troupe/messages/types/membership.hpp>

namespace troupe::protocol {

/// One voter's attempts to get the successor of `base` decided. Round 0 is the oldest voter's, once, without phase 1; any voter may use
/// rounds from 1 on, each ballot once.
class proposer {
 public:
  using ballot = membership_message::ballot;
  using vote = membership_message::vote;

  enum class phase {
    idle,
    preparing,  ///< asking for promises
    choosing,   ///< promised by a quorum that accepted nothing: any value will do, and is awaited
    proposing,  ///< asking for votes
  };

  void open(const view_name& base, const electorate& voters, member_no self);

  /// Round 0. Requires: owns_round_zero().
  void propose_first(view_change value);
  /// Phase 1 with a ballot above everything seen, `promised` included.
  void prepare(const ballot& promised);
  /// Phase 2 with a value of one's own. Requires: choosing.
  void propose(view_change value);
  /// Gives up choosing: there is nothing to propose.
  void withdraw();

  void on_promise(member_no from, const membership_message::promise&);
  void on_accepted(member_no from, const ballot&);
  /// Somebody promised a higher ballot. This one may still succeed with others.
  void on_outbid(const ballot& promised);

  [[nodiscard]] phase now_in() const { return phase_; }
  [[nodiscard]] bool owns_round_zero() const {
    return !round_zero_used_ && !voters_.voters().empty() && (*voters_.voters().begin() == self_ || TROUPE_MUTATED(round_zero_for_anybody));
  }
  [[nodiscard]] bool is_outbid() const { return is_outbid_; }
  [[nodiscard]] const vote& proposed() const { return proposed_; }  ///< Requires: proposing.
  [[nodiscard]] bool is_decided() const;
  /// Would this voter's own vote decide?
  [[nodiscard]] bool lacks_only_self() const;
  [[nodiscard]] bool awaits(member_no voter) const { return !answered_.contains(voter); }
  /// What is being asked of the voters, to be sent again until they answer. Requires: preparing or proposing.
  [[nodiscard]] any_membership_message question() const;
  [[nodiscard]] std::uint32_t round() const { return ballot_.round; }

 private:
  void begin(phase p);

  view_name base_;
  electorate voters_;
  member_no self_;
  phase phase_ = phase::idle;
  ballot ballot_;
  std::uint32_t highest_round_ = 0;  // Seen anywhere.
  bool round_zero_used_ = false;
  bool is_outbid_ = false;
  member_set answered_;
  std::optional<vote> to_adopt_;  // Of the highest ballot among the promises.
  vote proposed_;
};

}  // namespace troupe::protocol
