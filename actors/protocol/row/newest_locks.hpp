/// \file
/// The locks of a row as its primary must see them: as the committed ones will be once the uncommitted tail of the log has committed.
#pragma once

#include <map>
#include <optional>
#include <utility>

#include <troupe/actors/protocol/row/locks.hpp>

namespace troupe::protocol {

/// A copy of its own, because there are few locks, and most rows have none.
class newest_locks {
 public:
  explicit newest_locks(const row_locks& committed) : locks_(committed) {}

  [[nodiscard]] const row_locks& locks() const { return locks_; }
  [[nodiscard]] const held_lock* find(map_id map, const blob& key) const { return locks_.find(map, key); }
  /// The pending position on which it depends whether somebody holds the key's lock; 0: none.
  [[nodiscard]] seq_number depends_on(map_id map, const blob& key) const {
    const auto at = changed_.find({map, key});
    return at == changed_.end() ? seq_number{} : at->second;
  }
  /// The same of all keys.
  [[nodiscard]] seq_number depends_on() const { return last_; }

  /// `r` is the newest record of the log.
  void add(const record& r) {
    locks_.apply(r);
    if (auto which = changed_by(r)) {
      changed_.insert_or_assign(*std::move(which), r.seq);
      last_ = r.seq;
    }
  }
  /// `r`, the oldest pending record, has committed.
  void settle(const record& r) {
    if (last_ == r.seq) last_ = {};
    if (changed_.empty()) return;
    const auto which = changed_by(r);
    const auto at = which ? changed_.find(*which) : changed_.end();
    if (at != changed_.end() && at->second == r.seq) changed_.erase(at);
  }

 private:
  using name = row_locks::name;

  /// The key whose lock the record takes or frees; nothing: none.
  [[nodiscard]] static std::optional<name> changed_by(const record& r) {
    if (const auto* t = std::get_if<take_lock>(&r.body)) return name{t->map, t->key};
    if (const auto* f = std::get_if<free_lock>(&r.body)) return name{f->map, f->key};
    return std::nullopt;
  }

  row_locks locks_;
  std::map<name, seq_number> changed_;  // Keys whose lock a pending record changes, with the newest of these.
  seq_number last_;                     // The newest of all these; 0: none.
};

}  // namespace troupe::protocol
