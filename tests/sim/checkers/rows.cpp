#include "tests/sim/checkers/rows.hpp"

#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>

#include "tests/sim/world.hpp"

namespace troupe::sim {

namespace {

using protocol::replica_role;

std::string of(const row_id& id, const replica_facts& f) { return " row=" + to_string(id) + " member=" + std::to_string(f.who.value()); }

void mix(std::uint64_t& h, std::uint64_t x) { h = (h ^ x) * 0x100000001b3ULL ^ (h >> 41); }
void mix(std::uint64_t& h, std::string_view text) {
  for (const char c : text) mix(h, static_cast<unsigned char>(c));
  mix(h, text.size());
}

bool holds_committed_state(replica_role r) { return r == replica_role::primary || r == replica_role::backup; }

std::size_t bytes_of(const record& r) {
  return std::visit(
      [](const auto& b) -> std::size_t {
        using kind = std::decay_t<decltype(b)>;
        if constexpr (std::is_same_v<kind, put_entry>) return b.key.size() + b.value.size();
        else if constexpr (!std::is_same_v<kind, clear_map>) return b.key.size();
        else return 0;
      },
      r.body);
}

}  // namespace

std::uint64_t digest_of(const record& r) {
  std::uint64_t h = 0xcbf29ce484222325ULL;
  mix(h, r.epoch.value());
  mix(h, r.seq.value());
  mix(h, r.body.index());
  std::visit(
      [&](const auto& b) {
        using kind = std::decay_t<decltype(b)>;
        mix(h, b.map.value());
        if constexpr (!std::is_same_v<kind, clear_map>) mix(h, b.key.view());
        if constexpr (std::is_same_v<kind, put_entry>) mix(h, b.value.view());
        if constexpr (std::is_same_v<kind, take_lock>) mix(h, std::uint64_t{b.owner.value()});
        if constexpr (std::is_same_v<kind, free_lock>) mix(h, std::uint64_t{b.hold});
        if constexpr (std::is_same_v<kind, clear_map>) {
          for (const auto& key : b.spared) mix(h, key.view());
        }
      },
      r.body);
  const auto& cause = r.cause;
  for (const auto byte : cause.stamp.client.bytes) mix(h, byte);
  for (const auto n : {cause.stamp.number.value(), cause.stamp.open_from.value(), std::uint64_t{cause.found}, cause.told}) mix(h, n);
  mix(h, static_cast<std::uint64_t>(cause.kind));
  return h;
}

void row_checker::stepped(const row_id& id, const replica_facts& f) {
  auto& log = logs_[id];
  auto& seal = log.seals[f.process];
  if (f.sealed < seal) throw violation{"invariant 10: a seal went back:" + of(id, f)};
  seal = f.sealed;
  // After a loss an async copy may tell another story than the one that was promoted: then it is rightly doubted.
  if (f.doubts > 0 && !corrupted_.contains(id) && log.since == epoch_number{}) {
    throw violation{"invariant 14: a copy is doubted that nobody has touched:" + of(id, f)};
  }
  if (f.committed > f.length) throw violation{"a replica committed what it does not have:" + of(id, f)};
  const bool of_this_history = f.epoch >= log.since;
  if (of_this_history && f.committed > log.up_to && holds_committed_state(f.role)) take_in(log, id, f);
  auto& serving = log.serving[f.process];
  if (of_this_history && f.serves && !serving && f.leased && f.committed < log.up_to) {
    throw violation{"invariant 12: serves before it has committed again what was committed:" + of(id, f)};
  }
  serving = f.serves;
}

/// A primary that was cut off with all its backups may not know that the others have given the row up.
void row_checker::committed_up_to(const row_id& id, const replica_facts& f) {
  auto& log = logs_[id];
  const auto before = std::exchange(log.reached[f.process], f.committed);
  if (f.role == replica_role::primary && f.epoch < log.lost_before && f.committed > before) {
    throw violation{"invariant 20: a primary commits in a history that was declared lost:" + of(id, f) + " seq=" + std::to_string(f.committed.value())};
  }
}

void row_checker::acknowledged(const row_id& id, member_no who, epoch_number epoch) const {
  const auto log = logs_.find(id);
  if (log == logs_.end() || epoch >= log->second.lost_before) return;
  throw violation{"invariant 20: a primary acknowledges in a history that was declared lost: row=" + to_string(id) + " member=" + std::to_string(who.value())};
}

/// Adds what this replica is the first to have committed.
void row_checker::take_in(committed_log& log, const row_id& id, const replica_facts& f) {
  std::size_t bytes = 0;
  for (const auto& r : f.tail()) {
    bytes += bytes_of(r);
    if (r.seq <= log.up_to || r.seq > f.committed) continue;
    log.digests.emplace(r.seq.value(), digest_of(r));
    ++records_checked_;
  }
  if (bytes > tail_bytes_max_) throw violation{"invariant 19: a log outgrew its bound:" + of(id, f)};
  log.up_to = f.committed;
  log.begins = std::max(log.begins, f.begins);
}

void row_checker::audit(const row_id& id, const row& now, const std::vector<replica_facts>& living) {
  auto& log = logs_[id];
  for (const auto& f : living) {
    if (!now.in_sync.contains(f.who) || f.epoch < log.since) continue;
    if (f.length < log.up_to && log.up_to > log.begins) {
      throw violation{"invariants 6, 9: a member of the in-sync set lacks a committed record:" + of(id, f) + " has=" +
                      std::to_string(f.length.value()) + " committed=" + std::to_string(log.up_to.value())};
    }
  }
  check_tails(log, id, now, living);
  if (!corrupted_.contains(id)) check_checksums(log, id, living);
}

void row_checker::check_tails(const committed_log& log, const row_id& id, const row& now, const std::vector<replica_facts>& living) {
  std::unordered_map<std::uint64_t, std::uint64_t> in_sync_logs;  // Position → record, of whoever in I was seen first.
  for (const auto& f : living) {
    if (f.epoch < log.since) continue;
    const bool in_sync = now.in_sync.contains(f.who);
    // After a loss an async copy may have been ahead of the one that was promoted: until it is fed anew it tells another story.
    const bool is_bound = in_sync || holds_committed_state(f.role) || log.since == epoch_number{};
    for (const auto& r : f.tail()) {
      const auto digest = digest_of(r);
      ++records_checked_;
      const auto known = log.digests.find(r.seq.value());
      if (known != log.digests.end() && known->second != digest && is_bound && (in_sync || r.seq <= f.committed)) {
        throw violation{"invariant 5: a committed position holds another record:" + of(id, f) + " seq=" + std::to_string(r.seq.value())};
      }
      if (in_sync && in_sync_logs.emplace(r.seq.value(), digest).first->second != digest) {
        throw violation{"invariant 4: logs of the in-sync set differ:" + of(id, f) + " seq=" + std::to_string(r.seq.value())};
      }
    }
  }
}

/// Against whoever was at that position now or ever.
void row_checker::check_checksums(committed_log& log, const row_id& id, const std::vector<replica_facts>& living) {
  for (const auto& f : living) {
    const bool is_bound = holds_committed_state(f.role) || log.since == epoch_number{};  // As with the tails.
    if (!is_bound || f.committed == seq_number{} || f.epoch < log.since) continue;
    const auto sum = f.checksum();
    if (log.checksums.emplace(f.committed, sum).first->second != sum) {
      throw violation{"invariant 14: checksums differ at the same position:" + of(id, f) + " seq=" + std::to_string(f.committed.value())};
    }
  }
}

void row_checker::check_single_server(const row_id& id, const std::vector<replica_facts>& living) const {
  const replica_facts* server = nullptr;
  for (const auto& f : living) {
    if (!f.serves || !f.leased) continue;
    if (server != nullptr) throw violation{"invariant 3: two members can serve reads:" + of(id, *server) + " and" + of(id, f)};
    server = &f;
  }
}

void row_checker::emptied(const row_id& id, epoch_number since) {
  auto& log = logs_[id];
  log.since = since;
  log.digests.clear();
  log.checksums.clear();
  log.up_to = log.begins = seq_number{};
}

void row_checker::declared_lost(const row_id& id, epoch_number since) {
  emptied(id, since);
  logs_[id].lost_before = since;
}

void row_checker::died(endpoint process) {
  for (auto& [id, log] : logs_) {
    log.reached.erase(process);
    log.serving.erase(process);
    log.seals.erase(process);
  }
}

std::vector<row_id> row_checker::contested() const {
  std::vector<row_id> result;
  for (const auto& [id, log] : logs_) {
    const auto serving = std::count_if(log.serving.begin(), log.serving.end(), [](const auto& s) { return s.second; });
    if (serving > 1) result.push_back(id);
  }
  return result;
}

seq_number row_checker::committed(const row_id& id) const {
  const auto at = logs_.find(id);
  return at == logs_.end() ? seq_number{} : at->second.up_to;
}

}  // namespace troupe::sim
