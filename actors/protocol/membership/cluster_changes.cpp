#include <troupe/actors/protocol/membership/cluster_changes.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

#include <troupe/actors/protocol/membership/agenda.hpp>
#include <troupe/actors/protocol/membership/row_fates.hpp>
#include <troupe/actors/protocol/planner/planner.hpp>

namespace troupe {

std::string_view to_string(cluster_event_kind k) {
  switch (k) {
    case cluster_event_kind::state: return "state";
    case cluster_event_kind::member_joined: return "member_joined";
    case cluster_event_kind::member_leaving: return "member_leaving";
    case cluster_event_kind::member_left: return "member_left";
    case cluster_event_kind::member_removed: return "member_removed";
    case cluster_event_kind::member_gone: return "member_gone";
    case cluster_event_kind::rows_lost: return "rows_lost";
    case cluster_event_kind::rows_lost_data: return "rows_lost_data";
    case cluster_event_kind::rows_served_again: return "rows_served_again";
    case cluster_event_kind::copies_missing: return "copies_missing";
    case cluster_event_kind::safe: return "safe";
    case cluster_event_kind::ended: return "ended";
  }
  return "unknown";
}

namespace protocol {

namespace {

using kind = cluster_event_kind;

/// The rows of a view that are not as they should be, each list in order.
struct row_troubles {
  std::vector<row_id> lost;
  std::vector<row_id> lacking;  ///< copies; not those that are lost
  [[nodiscard]] bool none() const { return lost.empty() && lacking.empty(); }
};

row_troubles troubles_of(const view& v) {
  row_troubles found;
  for (const auto& table : v.tables) {
    for (std::uint32_t p = 0; p < table.rows.size(); ++p) {
      const auto id = table.id_of(p);
      if (table.rows[p].status == row_status::lost) {
        found.lost.push_back(id);
        continue;
      }
      const auto missing = shortfall_of(v, id);
      if (missing.backups_missing + missing.async_backups_missing > 0) found.lacking.push_back(id);
    }
  }
  return found;
}

void tell_of_rows(kind what, std::vector<row_id> rows, std::vector<cluster_event>& into) {
  if (!rows.empty()) into.push_back({.what = what, .rows = std::move(rows)});
}

void tell_of_member(const member& m, std::vector<cluster_event>& into) {
  into.push_back({.what = kind::member_joined, .who = m});
  if (m.leaving) into.push_back({.what = kind::member_leaving, .who = m});
}

/// How a member of `before` went. A view that follows directly says it; behind a hole it may have left in good order where no view was seen.
cluster_event departure_of(const member& m, const view& before, const view& now) {
  if (m.leaving && rows_with(before, m.number) == 0) return {.what = kind::member_left, .who = m};
  if (now.name.number != before.name.number.next()) return {.what = kind::member_gone, .who = m};
  return {.what = kind::member_removed, .who = m, .text = m.leaving ? "it was leaving, and still had copies" : "it was not heard any more"};
}

void tell_of_members(const view& before, const view& now, std::vector<cluster_event>& into) {
  for (const auto& m : before.members) {
    if (!now.has(m.number)) into.push_back(departure_of(m, before, now));
  }
  for (const auto& m : now.members) {
    const auto* old = before.find(m.number);
    if (old == nullptr) {
      tell_of_member(m, into);
    } else if (m.leaving && !old->leaving) {
      into.push_back({.what = kind::member_leaving, .who = m});
    }
  }
}

void tell_of_copies(const view& before, const view& now, std::vector<cluster_event>& into) {
  const auto were = troubles_of(before);
  auto are = troubles_of(now);
  if (are.none() && !were.none()) into.push_back({.what = kind::safe});
  std::vector<row_id> newly;
  std::set_difference(are.lacking.begin(), are.lacking.end(), were.lacking.begin(), were.lacking.end(), std::back_inserter(newly));
  tell_of_rows(kind::copies_missing, std::move(newly), into);
}

bool is_loss(const cluster_event& e) { return e.what == kind::rows_lost || e.what == kind::rows_lost_data; }

}  // namespace

std::vector<cluster_event> state_of(const view& now) {
  std::vector<cluster_event> told{{.what = kind::state}};
  for (const auto& m : now.members) tell_of_member(m, told);
  auto rows = troubles_of(now);
  tell_of_rows(kind::rows_lost, std::move(rows.lost), told);
  tell_of_rows(kind::copies_missing, std::move(rows.lacking), told);
  return told;
}

std::vector<cluster_event> differences(const view& before, const view& now) {
  if (before.cluster != now.cluster) return state_of(now);
  std::vector<cluster_event> told;
  tell_of_members(before, now, told);
  auto rows = fates_of_rows(before, now);
  tell_of_rows(kind::rows_lost, std::move(rows.lost), told);
  tell_of_rows(kind::rows_lost_data, std::move(rows.incomplete), told);
  tell_of_rows(kind::rows_served_again, std::move(rows.back), told);
  tell_of_copies(before, now, told);
  return told;
}

void cluster_backlog::add(view_ptr now, const std::vector<cluster_event>& changes) {
  const auto is_first = now_ == nullptr;
  now_ = std::move(now);
  const auto& news = is_first ? state_of(*now_) : changes;
  waiting_.insert(waiting_.end(), news.begin(), news.end());
  for (const auto& e : news) weight_ += 1 + e.rows.size();
  if (missed_ > 0 || weight_ > weight_limit_) give_up();
}

/// Once something is missing, so is all that follows, until the listener takes the state.
void cluster_backlog::give_up() {
  for (const auto& e : waiting_) {
    if (is_loss(e)) lost_meanwhile_.insert(e.rows.begin(), e.rows.end());
  }
  missed_ += waiting_.size();
  waiting_.clear();
  weight_ = 0;
}

void cluster_backlog::end(std::string why) {
  has_ended_ = true;
  why_ = std::move(why);
}

std::vector<cluster_event> cluster_backlog::take() {
  if (missed_ > 0) {
    waiting_ = state_of(*now_);
    waiting_.front().missed = std::exchange(missed_, 0);
    waiting_.front().rows.assign(lost_meanwhile_.begin(), lost_meanwhile_.end());
    lost_meanwhile_.clear();
  }
  if (std::exchange(has_ended_, false)) waiting_.push_back({.what = kind::ended, .text = std::move(why_)});
  weight_ = 0;
  return std::exchange(waiting_, {});
}

}  // namespace protocol

}  // namespace troupe
