/// \file
/// Checks what rows have committed about locks (ADR 12): one owner at a time, growing fences, no write of another inside a lock, no hold that is freed
/// twice, nobody's lock freed who was heard. And that each key's lock operations are linearizable.
///
/// What became of an operation whose caller was told nothing, the committed records say.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <troupe/actors/protocol/row/replica.hpp>

#include "tests/sim/keyspace.hpp"
#include "tests/sim/participant.hpp"
#include "tests/sim/world.hpp"

namespace troupe::sim {

class lock_checker {
 public:
  /// `patience`: see replica_limits::lock_patience.
  lock_checker(keyspace& keys, duration patience) : keys_(keys), patience_(patience) {}

  using operation_id = std::size_t;

  /// \name What callers do
  /// @{
  [[nodiscard]] operation_id called(const std::string& map, const blob& key, operation_kind kind);
  /// An attempt leaves. Of whom, says its first one.
  void sent(operation_id n, const operation& what);
  /// The same of whatever write is on behalf of an owner.
  void sent_for_owner(const operation& what);
  void returned(operation_id n, bool found);
  void was_not_applied(operation_id n);
  /// The row has answered something that this client sent at that time.
  void was_heard(const client_id& client, const row_id& row, duration sent_at, duration answered_at);
  /// @}

  /// A replica that holds the committed state of the row has made a step; its log has all that this committed. Throws `violation`.
  void stepped(const row_id& id, const protocol::replica& copy, const view& knows, duration now);
  /// The row's data is gone, or may have been cut short: nothing of its locks is known any more.
  void emptied(const row_id& id) { unknown_.insert(id); }
  /// The map's entries of that partition are in another row from now on, whose history has the first one's up to its own first record, at `begins`.
  /// Nothing: that can't be seen any more.
  void moved(map_id map, const row_id& from, const row_id& to, std::optional<seq_number> begins);
  /// Each key's lock operations are explained by one order. Throws `violation`.
  void check_histories(const view& now) const;

  [[nodiscard]] std::uint64_t granted() const { return granted_; }
  [[nodiscard]] std::uint64_t freed_for_silence() const { return freed_for_silence_; }

 private:
  using lock_name = std::pair<map_id, blob>;
  using write_name = std::tuple<client_id, row_id, write_number>;
  struct known_lock {
    lock_owner owner;
    std::vector<write_number> holds;
    bool has_lease = false;
    real_time_order since = 0;
  };
  struct row_state {
    seq_number up_to;
    std::map<lock_name, known_lock> locks;
    std::map<lock_name, lock_fence> fences;
    std::set<lock_name> present;             ///< entries
    std::map<std::pair<seq_number, epoch_number>, duration> written;  ///< releases for which nobody asked, when they were first seen
  };
  struct lock_operation {
    std::string map;
    blob key;
    key_operation what;
    bool is_void = false;           ///< definitely without effect
    map_id of{};                    ///< the same, by number
    std::optional<write_name> name{};
  };

  /// Where its entries have gone since.
  [[nodiscard]] row_id home_of(map_id map, const row_id& row) const;
  void take_in(row_state&, const row_id&, const record&, const view& knows);
  void take(row_state&, const row_id&, const record&, const take_lock&);
  void free(row_state&, const row_id&, const record&, const free_lock&, const view& knows);
  void check_write(const row_state&, const row_id&, const record&) const;
  void check_silence(const row_state&, const row_id&, const record&, const known_lock&) const;
  void note_unasked(const known_lock&, const view& knows, const lock_name&, operation_kind);
  [[nodiscard]] value_no token_of(const lock_owner&);
  [[nodiscard]] lock_owner writer_of(const row_id&, const record&) const;

  keyspace& keys_;
  duration patience_;
  std::map<row_id, row_state> rows_;
  std::set<row_id> unknown_;
  std::map<std::pair<map_id, row_id>, row_id> moved_;
  std::vector<lock_operation> operations_;
  std::map<write_name, owner_number> owners_;         ///< on whose behalf a write is; nobody's are not here
  std::map<write_name, real_time_order> committed_;  ///< of lock operations
  std::set<write_name> known_;                       ///< as which lock operations were sent
  struct sign_of_life {
    duration sent_at, answered_at;
  };
  std::map<std::pair<client_id, row_id>, std::vector<sign_of_life>> heard_;  ///< in order of the answers
  std::map<lock_owner, value_no> tokens_;
  std::uint64_t granted_ = 0;
  std::uint64_t freed_for_silence_ = 0;
};

}  // namespace troupe::sim
