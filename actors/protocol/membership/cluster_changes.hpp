/// \file
/// From views to what applications are told of them: the differences between two views, and what one listener has not taken yet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include <troupe/actors/protocol/membership/cluster_event.hpp>
#include <troupe/messages/types/view.hpp>

namespace troupe::protocol {

/// What there is: a `state`, the members, then the rows that are lost or lack copies now.
[[nodiscard]] std::vector<cluster_event> state_of(const view& now);

/// What has changed. `now` need not follow `before` directly: what came and went between the two is not told, and of a member that went it may be
/// unknown how. Views of different clusters have no differences: the second one's state is all there is to tell.
[[nodiscard]] std::vector<cluster_event> differences(const view& before, const view& now);

/// What one listener has yet to be told. Bounded: beyond `weight_max` events and rows, what waits is given up for the state as it is when the
/// listener has time for it, with the rows that lost data meanwhile: no loss goes untold.
class cluster_backlog {
 public:
  static constexpr std::size_t weight_max = 65'536;
  explicit cluster_backlog(std::size_t weight_limit = weight_max) : weight_limit_{weight_limit} {}

  /// The first view, or any later one, with what it changed.
  void add(view_ptr now, const std::vector<cluster_event>& changes);
  /// Nothing follows.
  void end(std::string why);

  [[nodiscard]] bool is_empty() const { return waiting_.empty() && missed_ == 0 && !has_ended_; }
  [[nodiscard]] bool has_ended() const { return has_ended_; }
  /// Of the last view that take() has told of, or will.
  [[nodiscard]] view_number told_up_to() const { return now_ ? now_->name.number : view_number{}; }
  /// All that waits.
  [[nodiscard]] std::vector<cluster_event> take();

 private:
  void give_up();

  const std::size_t weight_limit_;
  view_ptr now_;
  std::vector<cluster_event> waiting_;
  std::size_t weight_ = 0;
  std::uint64_t missed_ = 0;         ///< events that were given up
  std::set<row_id> lost_meanwhile_;  ///< rows of those
  bool has_ended_ = false;
  std::string why_;
};

}  // namespace troupe::protocol
