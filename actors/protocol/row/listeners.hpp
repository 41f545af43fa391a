/// \file
/// Whoever listens to a row, at its primary: requests that wait until there is something to tell, and how long the log is kept for those who
/// were just told something (ADR 8).
///
/// A listener is a position in the log, which its asker keeps; each request has it. So nothing here has to outlive the primary. It owns the
/// requests. It must not tell what has not committed (invariant 7).
#pragma once

#include <optional>
#include <vector>

#include <troupe/actors/protocol/row/base.hpp>

namespace troupe::protocol {

class listeners {
 public:
  /// Answers now where there is something to tell already, or a reason to refuse; else later. Requires: what.kind is `listen`, of a map that is
  /// there.
  void ask(const replica_base& base, origin_id from, operation&& what, instant now, replica_effects& out);
  /// Tells what has committed since; and that there was nothing, to those who have waited long enough. To be called before the log is trimmed.
  void serve(const replica_base& base, instant now, replica_effects& out);
  /// Ends requests about maps that the view no longer has, or has elsewhere.
  void drop_destroyed(const replica_base& base, replica_effects& out);
  void forget(origin_id from);
  /// Whoever was told up to `from` or later, by another row, may come soon.
  void expect_all(seq_number from, const replica_limits& limits, instant now) { expect_back(limits, from, now); }
  /// The reign is over: whoever waits asks the next primary, from the same position.
  void resign(replica_effects& out);

  /// For the slowest of those who are about to ask on.
  [[nodiscard]] std::optional<row_copy::retention> retention(const replica_limits& limits, instant now);
  [[nodiscard]] std::optional<instant> next_due() const;
  /// Requests that wait, and readers that are expected back.
  [[nodiscard]] std::size_t size() const { return waiting_.size() + readers_.size(); }

 private:
  struct request {
    origin_id from;
    operation what;
    seq_number told;  ///< nothing of what it asks for is missing up to here
    instant until;
  };
  /// Somebody who was told all up to here, and will ask for what is behind it.
  struct reader {
    seq_number told;
    instant until;
  };

  /// True: it has been answered.
  bool tell(const replica_base& base, request& r, std::vector<row_event> events, instant now, replica_effects& out);
  void expect_back(const replica_limits& limits, seq_number told, instant now);
  void note_return(seq_number told);
  /// Those of which it says so.
  template <class Predicate>
  void erase_waiting(Predicate is_over);

  std::vector<request> waiting_;
  std::size_t bytes_ = 0;        // Of what these ask with.
  std::vector<reader> readers_;  // In order of `until`.
};

}  // namespace troupe::protocol
