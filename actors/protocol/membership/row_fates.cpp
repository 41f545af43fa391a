#include <troupe/actors/protocol/membership/row_fates.hpp>

#include <algorithm>

#include <troupe/actors/protocol/mutation.hpp>

namespace troupe::protocol {

namespace {

std::string row_count(const std::vector<row_id>& rows) { return "count=" + std::to_string(rows.size()) + " rows=\"" + names(rows) + '"'; }

/// The row goes on, but whoever leads it now did not have all that was acknowledged. Of views that do not follow each other directly, the
/// primaries tell nothing: who leads now may have become a backup, in good order, in a view between them.
bool lost_data(const row& before, const row& now, bool directly) {
  if (before.status != row_status::served || now.status != row_status::served) return false;
  const auto promoted_without = now.epoch != before.epoch && !before.in_sync.contains(now.primary);
  return now.empty_since != before.empty_since || (directly && promoted_without);
}

}  // namespace

std::string names(const std::vector<row_id>& rows) {
  std::string text;
  for (const auto& id : rows) text += (text.empty() ? "" : " ") + to_string(id);
  return text;
}

row_changes fates_of_rows(const view& before, const view& now) {
  row_changes found;
  const auto directly = now.name.number == before.name.number.next();
  for (const auto& table : now.tables) {
    for (std::uint32_t p = 0; p < table.rows.size(); ++p) {
      const auto id = table.id_of(p);
      const auto* old = before.find(id);
      if (old == nullptr) continue;
      const auto& r = table.rows[p];
      if (old->status != row_status::lost && r.status == row_status::lost && !TROUPE_MUTATED(loss_without_event)) found.lost.push_back(id);
      if (old->status == row_status::lost && r.status == row_status::served) found.back.push_back(id);
      if (lost_data(*old, r, directly) && !TROUPE_MUTATED(emptied_without_event)) found.incomplete.push_back(id);
    }
  }
  return found;
}

std::vector<membership_event> row_fates(const view& before, const view& now) {
  const auto found = fates_of_rows(before, now);
  std::vector<membership_event> events;
  using kind = membership_event::kind;
  if (!found.lost.empty()) events.push_back({kind::row_lost, row_count(found.lost)});
  if (!found.incomplete.empty()) events.push_back({kind::row_lost_data, row_count(found.incomplete)});
  if (!found.back.empty()) events.push_back({kind::row_served_again, row_count(found.back)});
  return events;
}

}  // namespace troupe::protocol
