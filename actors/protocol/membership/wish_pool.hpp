/// \file
/// Wishes that wait for a view to grant them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <troupe/messages/types/membership.hpp>

namespace troupe::protocol {

/// Does the wish still fit the view, and is it not granted yet?
[[nodiscard]] bool is_open(const membership_message::wish&, const view&);
/// Does it start a proposal, or only ride along?
[[nodiscard]] bool is_urgent(const membership_message::wish&);
/// Does it wait for something else that the view shall bring first?
[[nodiscard]] bool has_to_wait(const membership_message::wish&, const view&);
/// A map that moves arrives before its counts change again.
[[nodiscard]] bool may_change(const view&, const counts_change&);

/// Each wish once, however often it is repeated, in an order that depends on the wishes alone.
/// Bounded: what is added is open in a view, so there are at most a few a row, and maps_max names.
class wish_pool {
 public:
  /// True when it is new.
  bool add(const membership_message::wish&, instant now);
  /// Drops those that don't fit, or have been granted by this view.
  void keep_open(const view&);

  [[nodiscard]] std::vector<membership_message::wish> all() const;
  [[nodiscard]] bool empty() const { return wishes_.empty(); }
  [[nodiscard]] std::size_t size() const { return wishes_.size(); }
  /// Since when the longest waiting wish waits; or of those that can be granted now, or that are urgent as well.
  [[nodiscard]] std::optional<instant> oldest() const;
  [[nodiscard]] std::optional<instant> oldest_due(const view&) const;
  [[nodiscard]] std::optional<instant> oldest_urgent(const view&) const;

 private:
  using key = std::tuple<std::size_t, row_id, std::uint64_t, std::uint64_t, std::string>;
  struct waiting {
    membership_message::wish what;
    instant since;
  };

  static key key_of(const membership_message::wish&);
  template <class Predicate>
  [[nodiscard]] std::optional<instant> oldest_of(Predicate fits) const;

  std::map<key, waiting> wishes_;
};

}  // namespace troupe::protocol
