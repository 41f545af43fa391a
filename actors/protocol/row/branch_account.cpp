#include <troupe/actors/protocol/row/branch_account.hpp>

#include <algorithm>

#include <troupe/actors/protocol/mutation.hpp>
#include <troupe/actors/protocol/row/log.hpp>

namespace troupe::protocol {

namespace {

std::size_t bytes_of(const discarded_writes::write& w) { return w.key.size() + record_overhead_bytes; }

}  // namespace

void branch_account::begin(view_number after, seq_number held) {
  begun_.push_back({after, held});
  if (begun_.size() > view::lone_max) begun_.erase(begun_.begin());
}

void branch_account::adopt(const std::vector<branch_point>& begun, seq_number at) {
  begun_ = begun;
  removals_from_ = at;
}

void branch_account::note(const record& r) {
  using change = discarded_writes::change;
  if (TROUPE_MUTATED(removals_not_accounted)) return;
  if (const auto* e = std::get_if<erase_entry>(&r.body)) {
    if (e->why != removal::asked) return;  // Nobody asked for it.
    removed_.push_back({e->map, e->key, r.seq, change::erased});
  } else if (const auto* c = std::get_if<clear_map>(&r.body)) {
    removed_.push_back({c->map, {}, r.seq, change::cleared});
  } else {
    return;
  }
  removed_bytes_ += bytes_of(removed_.back());
  for (; removed_bytes_ > removals_bytes_max; removed_.pop_front()) {
    removed_bytes_ -= bytes_of(removed_.front());
    removals_from_ = removed_.front().at;
  }
}

discarded_writes branch_account::discarded(view_number after, seq_number committed, const row_store& store) const {
  discarded_writes result;
  const auto begun = std::find_if(begun_.begin(), begun_.end(), [&](const branch_point& b) { return b.after == after; });
  result.after = begun == begun_.end() ? seq_number{} : begun->held;
  result.up_to = std::max(committed, result.after);
  result.removals_after = std::max(result.after, removals_from_);
  for (const auto& [map, table] : store.maps()) {
    for (const auto& stored : table.entries) {
      if (stored.version() > result.after) result.writes.push_back({map, blob{stored.key()}, stored.version(), discarded_writes::change::put});
    }
  }
  std::copy_if(removed_.begin(), removed_.end(), std::back_inserter(result.writes), [&](const auto& w) { return w.at > result.after; });
  std::sort(result.writes.begin(), result.writes.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
  return result;
}

}  // namespace troupe::protocol
