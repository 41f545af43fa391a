#include <troupe/actors/protocol/router/subscription.hpp>

#include <algorithm>
#include <utility>

#include <troupe/actors/protocol/mutation.hpp>

namespace troupe::protocol {

namespace {

/// Helped by time, or by an operator, and not by another listener.
bool may_pass(failure why) {
  return why == failure::deadline || why == failure::no_cluster || why == failure::overloaded || why == failure::partition_lost;
}

}  // namespace

void subscription::begin(subscription_effects& out) {
  rows_.emplace_back();
  ask(0, out);
}

void subscription::ask(std::size_t place, subscription_effects& out) {
  auto& row = rows_[place];
  row.is_asked = true;
  row.ask_at.reset();
  map_call c;
  c.what = map_call::kind::listen;
  c.listening = {map_, row.partition, what_.by_key, row.told, what_.values, what_.old_values, cluster_};
  c.key = what_.key;
  c.processor = what_.predicate;
  c.value = what_.argument;
  c.page_bytes = limits_.page_bytes;
  asked_.emplace(++last_ask_, place);
  out.asks.push_back({last_ask_, std::move(c)});
}

void subscription::heard(std::uint64_t number, const map_result& what, instant now, subscription_effects& out) {
  const auto asked = asked_.extract(number);
  if (asked.empty() || ended_) return;  // Of a cluster that is gone.
  const auto place = asked.mapped();
  rows_[place].is_asked = false;
  if (what.result == outcome::ok) take_in(place, what, out);
  else fail(place, what, now, out);
}

void subscription::take_in(std::size_t place, const map_result& what, subscription_effects& out) {
  if (!knows_rows_) learn_rows(what, out);
  auto& row = rows_[place];
  row.told = TROUPE_MUTATED(listener_position_forgotten) && what.events.empty() ? std::nullopt : std::optional{log_position{what.epoch, what.seq}};
  row.heard = what.events;
  row.is_ready = true;
  confirm_when_ready(out);
  deliver(out);
  if (rows_[place].heard.empty() && !rows_[place].is_asked) ask(place, out);
}

/// The first answer of all says which map that is, and how many rows it has.
void subscription::learn_rows(const map_result& first, subscription_effects& out) {
  knows_rows_ = true;
  map_ = first.map;
  cluster_ = first.cluster;
  rows_.front().partition = first.partition;
  if (what_.by_key) return;
  rows_.resize(first.partition_count);
  for (std::uint32_t p = 1; p < first.partition_count; ++p) {
    rows_[p].partition = partition_id{p};
    ask(p, out);
  }
}

void subscription::fail(std::size_t place, const map_result& what, instant now, subscription_effects& out) {
  if (what.why == failure::connection_lost || what.why == failure::wrong_partition) return begin_anew(out);
  if (!may_pass(what.why)) return end(what.why, what.detail, out);
  auto& row = rows_[place];
  // A deadline passes where a row has nothing to tell, and an answer was lost; whoever is to blame, asking again is cheap.
  row.ask_at = now + limits_.ask_again_after;
  row.is_ready = row.is_ready || (knows_rows_ && what.why == failure::partition_lost);  // It may be lost for ever. The others are heard.
  confirm_when_ready(out);
  deliver(out);
}

/// In another cluster positions mean something else. What was heard of the old one, and how far each of its rows had come, is told.
void subscription::begin_anew(subscription_effects& out) {
  if (!knows_rows_) {
    asked_.clear();
    rows_.assign(1, {});
    return ask(0, out);
  }
  // Where the listener has not even taken the news of the change before this one, that says enough.
  const bool is_news = confirmed_ && lost_.empty();
  for (auto& row : rows_) {
    if (!is_news) break;
    row_event missing;
    missing.what = row_event_kind::gap;
    missing.why = gap_reason::another_cluster;
    missing.since = row.told.value_or(log_position{}).seq;
    missing.at = missing.since;
    row.heard.push_back(std::move(missing));
    lost_.push_back({row.partition, std::move(row.heard)});
  }
  asked_.clear();
  rows_.assign(1, {});
  knows_rows_ = false;
  map_ = map_id{};
  cluster_ = cluster_id{};
  deliver(out);
  ask(0, out);
}

void subscription::deliver(subscription_effects& out) {
  if (under_way_ > 0 || !confirmed_) return;
  for (auto& l : std::exchange(lost_, {})) out.batch.push_back(std::move(l));
  std::vector<std::size_t> emptied;
  for (std::size_t place = 0; place < rows_.size(); ++place) {
    auto& row = rows_[place];
    if (row.heard.empty()) continue;
    out.batch.push_back({row.partition, std::exchange(row.heard, {})});
    if (!row.is_asked && !row.ask_at) emptied.push_back(place);
  }
  under_way_ = out.batch.size();
  for (const auto place : emptied) ask(place, out);
}

void subscription::taken(subscription_effects& out) {
  under_way_ = 0;
  if (!ended_) deliver(out);
}

void subscription::confirm_when_ready(subscription_effects& out) {
  if (confirmed_ || !knows_rows_ || !std::all_of(rows_.begin(), rows_.end(), [](const row_place& r) { return r.is_ready; })) return;
  confirmed_ = out.confirmed = true;
}

void subscription::tick(instant now, subscription_effects& out) {
  if (ended_) return;
  for (std::size_t place = 0; place < rows_.size(); ++place) {
    if (rows_[place].ask_at && *rows_[place].ask_at <= now) ask(place, out);
  }
}

std::optional<instant> subscription::next_tick() const {
  std::optional<instant> due;
  for (const auto& row : rows_) {
    if (row.ask_at && !ended_) due = due ? std::min(*due, *row.ask_at) : *row.ask_at;
  }
  return due;
}

// What was heard goes first, past a batch that is still under way: it is the last one.
void subscription::end(failure why, const blob& detail, subscription_effects& out) {
  ended_ = true;
  asked_.clear();
  for (auto& l : std::exchange(lost_, {})) out.batch.push_back(std::move(l));
  for (auto& row : rows_) {
    if (!row.heard.empty()) out.batch.push_back({row.partition, std::exchange(row.heard, {})});
  }
  out.ended = subscription_effects::ending{why, detail};
}

std::size_t subscription::pages_held() const {
  const auto waiting = std::count_if(rows_.begin(), rows_.end(), [](const row_place& r) { return !r.heard.empty(); });
  return static_cast<std::size_t>(waiting) + lost_.size() + under_way_;
}

}  // namespace troupe::protocol
