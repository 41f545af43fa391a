/// \file
/// A client's side of its sessions: it numbers the writes to each row, and knows how far each row had committed when it last answered.
#pragma once

#include <deque>
#include <unordered_map>

#include <troupe/messages/types/session.hpp>
#include <troupe/messages/types/view.hpp>

namespace troupe::protocol {

class session_book {
 public:
  explicit session_book(const client_id& self) : self_(self) {}

  [[nodiscard]] const client_id& self() const { return self_; }
  /// The number of a new write to this row. It stays open until it is closed. The first one is above all that this client has used with any row of the
  /// partition: what the row may have taken over of what another one knew of this client (ADR 16) is no word about it.
  [[nodiscard]] write_number open(const row_id& where);
  /// Nobody waits for this write any more. Requires: it is open.
  void close(const row_id& where, write_number which);
  /// Another row goes on from here, with all that the first one knows of its writes: numbers go on in both, and what is open is so in both.
  void split(const row_id& where, const row_id& into);
  /// Requires: the write is open.
  [[nodiscard]] write_stamp stamp(const row_id& where, write_number which) const;

  /// A primary answered that its row had committed so far; it was asked by a view in which the row had this epoch, or a smaller one.
  void learn(const row_id& where, epoch_number epoch, seq_number committed);
  /// What is known to have committed of the row, in the history that it has in this view; 0: nothing.
  [[nodiscard]] seq_number known(const row_id& where, const row& now) const;

  /// Of the row, this position has been seen, as it had committed: a copy has said so whose row had this epoch; or its primary, to what was
  /// asked by a view in which it had. `now`: the row in the present view.
  void see(const row_id& where, epoch_number epoch, seq_number position, const row& now);
  /// Behind this, nothing of the row may be read any more; 0: anything may. (What is known() to have committed says less: it may be what a primary
  /// had committed again that has just begun.)
  [[nodiscard]] seq_number seen(const row_id& where, const row& now) const;

  /// The rows are gone, with all sessions. Requires: no write is open.
  void forget_all() {
    sessions_.clear();
    begins_at_.clear();
  }

 private:
  struct session {
    write_number open_from{1};
    std::deque<bool> open;  // From open_from on: is it? The first is, if there is one.
    epoch_number epoch;
    seq_number committed;
    epoch_number seen_in;
    seq_number seen;
  };

  [[nodiscard]] session& session_of(const row_id& where);

  client_id self_;
  std::unordered_map<row_id, session> sessions_;
  std::unordered_map<partition_id, write_number> begins_at_;  // A session with another row of the partition: above all numbers of those that there are.
};

}  // namespace troupe::protocol
