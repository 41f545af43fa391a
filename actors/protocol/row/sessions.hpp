/// \file
/// The sessions of one row: for each client that wrote to it lately, what became of those of its writes that it may still ask for.
///
/// It changes by committed records only, so that it lives wherever the data lives: on every replica, in snapshots, through promotions. It
/// is bounded, and forgets: the client that wrote longest ago first. Whatever it has forgotten, it knows up to which position it has, so
/// that it never takes a write that was done for one that was not (invariant 11).
#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <unordered_map>

#include <troupe/actors/protocol/row/ring.hpp>
#include <troupe/actors/protocol/row/store.hpp>
#include <troupe/messages/types/operation.hpp>
#include <troupe/messages/types/session.hpp>

namespace troupe::protocol {

/// What a client is told of a write that was done.
[[nodiscard]] reply reply_of(const write_result& done, request_number request);

class row_sessions {
 public:
  /// `bytes_max` must be the same at all members: what is forgotten follows from it.
  explicit row_sessions(std::size_t bytes_max) : bytes_max_(bytes_max) {}
  row_sessions(row_sessions&&) = default;
  row_sessions& operator=(row_sessions&&) = default;

  struct kept_result {
    write_result what;
    std::uint64_t digest = 0;
  };
  struct session {
    write_number open_from;     ///< the client waits for nothing below
    write_number highest;       ///< of all its writes here
    seq_number complete_since;  ///< of its writes behind this position, those from open_from on are all in `results`
    seq_number last;            ///< position of its latest write
    ring<kept_result> results;
    std::uint64_t results_sum = 0;  ///< of their digests
    std::uint64_t digest = 0;       ///< what the session counts in the checksum
    std::size_t bytes = 0;
    std::list<client_id>::iterator place;  // In order_.

    /// Null: not among the results.
    [[nodiscard]] const write_result* find(write_number number) const;
  };
  /// Null: the client never wrote to this row, or is forgotten.
  [[nodiscard]] const session* find(const client_id& client) const;
  /// Clients without a session did nothing behind this position.
  [[nodiscard]] seq_number forgotten_through() const { return forgotten_through_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t bytes_max() const { return bytes_max_; }

  /// `r` has committed; `before`: what was there under its key. True: the value that its client is told should have been there, and was
  /// not: see supply().
  bool note(const record& r, const std::optional<displaced_value>& before);
  /// The value that was missing as this write was noted. Nothing happens when the write is forgotten.
  void supply(const write_stamp& which, const blob& value);

  void clear();
  [[nodiscard]] sessions_image image() const;
  void restore(const sessions_image& image);
  /// Equal for equal images. Kept up to date by each change: costs nothing.
  [[nodiscard]] std::uint64_t checksum() const;
  /// The same, from what is here now. Cost: all bytes.
  [[nodiscard]] std::uint64_t recomputed_checksum() const;

 private:
  session& session_of(const client_id& client);
  void add_result(session& s, write_result what, std::uint64_t value_digest);
  void drop_oldest_result(session& s);
  /// After a change of the session: what it counts in the checksum.
  void renew_digest(const client_id& client, session& s);
  void forget(const client_id& client);
  void stay_in_bounds(const client_id& writer, session& s);

  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::uint64_t sum_ = 0;  // Of the digests of the sessions.
  seq_number forgotten_through_;
  std::unordered_map<client_id, session> sessions_;
  std::list<client_id> order_;  // Whose latest write is oldest comes first.
};

}  // namespace troupe::protocol
