#include "row_world.hpp"

#include <algorithm>
#include <stdexcept>

namespace troupe::protocol::scene {

namespace {

const char* const keys[] = {"a", "b", "c", "d"};

}  // namespace

row_world::row_world(const world_options& options) : options_(options), dice_(options.seed) {
  row r;
  r.epoch = epoch(1);
  r.config = config(1);
  for (std::uint32_t i = 0; i < options.members; ++i) {
    const member_no m{next_member_++};
    join(m);
    members_.insert(m);
    if (r.primary == nobody) r.primary = m;
    if (r.in_sync.size() <= options.backups) r.in_sync.insert(m);
  }
  decide(r, members_);
}

void row_world::join(member_no m) { actors_[m].core = std::make_unique<replica>(the_row, m, options_.limits); }

row_world::actor& row_world::pick() { return std::next(actors_.begin(), static_cast<std::ptrdiff_t>(below(actors_.size())))->second; }

moment row_world::at(const actor& a) const {
  return {now_, a.has_lease && a.view > 0 ? lease{views_[a.view - 1]->name, now_ + seconds{1}} : lease{}};
}

void row_world::fail(const std::string& what) const { throw std::logic_error("seed=" + std::to_string(options_.seed) + " " + what); }

// ---- steps ----

template <class Step>
void row_world::step(member_no who, Step take) {
  const auto found = actors_.find(who);
  if (found == actors_.end()) return;
  auto& a = found->second;
  const auto reigned = a.core->role() == replica_role::primary ? a.core->sealed_epoch() : epoch_number{};
  const auto tail = a.core->log_tail();
  replica_effects effects;
  take(*a.core, at(a), effects);
  // What a primary commits and trims within one tick can be told from the tail that it had.
  if (a.core->sealed_epoch() == reigned) check_commits(who, tail);
  check(who);
  a.core->flush(at(a), effects);
  check(who);
  post(who, effects);
}

void row_world::post(member_no from, replica_effects& effects) {
  for (auto& s : effects.sends) network_.push_back({from, s.to, std::move(s.what)});
  for (auto& w : effects.wishes) wishes_.push_back(std::move(w));
  for (const auto& a : effects.answers) check_answer(a);
  for (const auto& e : effects.events) {
    if (e.text.starts_with("copy_d") && !e.text.starts_with("copy_dropped")) fail("invariant 14: nobody has touched a copy, but " + e.text);
  }
}

void row_world::deliver_one(bool with_faults) {
  if (network_.empty()) return;
  const auto index = with_faults ? below(network_.size()) : 0;
  auto l = network_[index];
  if (!with_faults || !chance(options_.percent_repeated)) network_.erase(network_.begin() + static_cast<std::ptrdiff_t>(index));
  if (with_faults && chance(options_.percent_lost)) return;
  step(l.to, [&](replica& core, const moment& m, replica_effects& out) { core.receive(l.from, std::move(l.what), m, out); });
}

void row_world::ask_something() {
  question q;
  q.what = ask(static_cast<operation_kind>(below(10)), keys[below(4)], "v" + std::to_string(requests_ + 1), "v" + std::to_string(below(requests_ + 1)));
  q.what.request = request_number{++requests_};
  q.what.routed_by = views_[below(views_.size())]->name.number;
  q.to = chance(80) ? now().primary : std::next(actors_.begin(), static_cast<std::ptrdiff_t>(below(actors_.size())))->first;
  q.floor = visible_[std::string{q.what.key.view()}];
  if (!actors_.contains(q.to)) return;
  open_[requests_] = q;
  step(q.to, [&](replica& core, const moment& m, replica_effects& out) { core.operate(origin_id{1}, q.what, m, out); });
}

void row_world::round() {
  now_ += milliseconds{static_cast<std::int64_t>(below(40))};
  for (auto n = below(4); n > 0; --n) ask_something();
  for (auto n = below(30); n > 0; --n) deliver_one(true);
  if (network_.size() > 300) network_.erase(network_.begin(), network_.begin() + 150);
  for (auto& [who, a] : actors_) {
    const auto m = who;
    if (chance(5)) a.has_lease = false;
    if (chance(30) && members_.contains(m)) a.has_lease = true;
    if (chance(50)) step(m, [](replica& core, const moment& t, replica_effects& out) { core.tick(t, out); });
    if (chance(20)) step(m, [](replica& core, const moment& t, replica_effects& out) { core.check(t, out); });
    if (chance(30) && a.view < views_.size()) {
      a.view += 1 + below(views_.size() - a.view);
      step(m, [&](replica& core, const moment& t, replica_effects& out) { core.install(views_[a.view - 1], t, out); });
    }
  }
  if (chance(options_.percent_crash) && actors_.size() > 1) {
    auto victim = std::next(actors_.begin(), static_cast<std::ptrdiff_t>(below(actors_.size())))->first;
    const auto survives = std::any_of(now().in_sync.begin(), now().in_sync.end(), [&](member_no m) { return m != victim && actors_.contains(m); });
    if (survives || !now().in_sync.contains(victim)) {
      actors_.erase(victim);
      std::erase_if(open_, [&](const auto& o) { return o.second.to == victim; });
    }
  }
  if (chance(15)) decide_something();
  if (!wishes_.empty() && chance(40)) honour(wishes_[below(wishes_.size())]);
  if (wishes_.size() > 20) wishes_.clear();
  check_logs();
}

void row_world::run() {
  for (int i = 0; i < options_.rounds; ++i) round();
  settle();
}

// ---- peace ----

void row_world::settle() {
  std::erase_if(members_, [&](member_no m) { return !actors_.contains(m); });
  for (int i = 0; i < 400; ++i) {
    now_ += milliseconds{25};
    repair();
    for (auto& [who, a] : actors_) {
      a.has_lease = members_.contains(who);
      if (a.view < views_.size()) {
        a.view = views_.size();
        step(who, [&](replica& core, const moment& t, replica_effects& out) { core.install(views_.back(), t, out); });
      }
      step(who, [](replica& core, const moment& t, replica_effects& out) { core.tick(t, out); });
    }
    for (auto n = network_.size() * 4 + 50; n > 0 && !network_.empty(); --n) deliver_one(false);
    for (const auto& w : std::exchange(wishes_, {})) honour(w);
    check_logs();
    if (is_at_peace()) return;
  }
  fail("invariant 18: the row does not come to rest");
}

bool row_world::is_at_peace() {
  const auto& r = now();
  const auto& leader = *actors_.at(r.primary).core;
  if (!leader.serves() || leader.uncommitted_records() > 0 || leader.wants_tick() || !open_.empty()) return false;
  if (r.in_sync.size() < std::min<std::size_t>(options_.backups + 1, members_.size()) || !r.unsealed.empty()) return false;
  const auto agrees = [&](member_no m) {
    const auto& core = *actors_.at(m).core;
    return core.committed() == leader.committed() && core.checksum() == leader.checksum() && leader.committed().value() == history_.length();
  };
  return std::all_of(r.in_sync.begin(), r.in_sync.end(), agrees) && std::all_of(r.async_backups.begin(), r.async_backups.end(), agrees);
}

// ---- checks ----

void row_world::check_commits(member_no who, const std::vector<record>& tail) {
  const auto& core = *actors_.at(who).core;
  try {
    history_.committed(tail, core.committed());
  } catch (const std::logic_error& e) {
    fail(std::string{e.what()} + " at member " + std::to_string(who.value()));
  }
}

void row_world::check(member_no who) {
  const auto& core = *actors_.at(who).core;
  check_commits(who, core.log_tail());
  try {
    if (core.committed().value() > history_.length()) fail("a commit that nobody saw coming");
    if (core.committed() > seq(0)) history_.sums(core.committed(), core.checksum());
  } catch (const std::logic_error& e) {
    fail(std::string{e.what()} + " at member " + std::to_string(who.value()));
  }
  if (core.log_length() < core.committed()) fail("a log that ends before its commit");
  if (core.uncommitted_records() > options_.limits.pending_bytes_max / 64) fail("invariant 19: the tail is out of bounds");
}

void row_world::check_logs() {
  std::size_t serving = 0;
  std::map<std::uint64_t, record> merged;  // Invariant 4: in-sync logs are pairwise prefix-comparable.
  for (const auto& [who, a] : actors_) {
    if (a.core->serves() && at(a).held.covers(views_[a.view - 1]->name, now_)) ++serving;
    if (!now().in_sync.contains(who)) continue;
    for (const auto& r : a.core->log_tail()) {
      const auto [known, is_new] = merged.try_emplace(r.seq.value(), r);
      if (!is_new && !(known->second == r)) fail("invariant 4: in-sync logs differ at " + std::to_string(r.seq.value()));
    }
  }
  if (serving > 1 && options_.reads == read_mode::lease) fail("invariant 3: two members can serve reads");
}

void row_world::check_answer(const replica_effects::answer& a) {
  const auto found = open_.find(a.what.request.value());
  if (found == open_.end()) fail("an answer that nobody waits for: " + std::to_string(a.what.request.value()));
  const auto q = found->second;
  open_.erase(found);
  if (a.what.result != outcome::ok) return;
  if (a.what.seq > seq(0)) {
    check_write(q, a.what);
  } else {
    if (!a.needs_lease && options_.reads == read_mode::lease) fail("a read without a lease");
    check_read(q, a.what);
  }
}

void row_world::check_write(const question& q, const reply& r) {
  ++acknowledged_;
  const auto position = r.seq.value();
  if (position > history_.length() || history_.at(position).epoch != r.epoch) fail("invariant 5: an acknowledged write is not in the history");
  for (const auto m : now().in_sync) {
    const auto holder = actors_.find(m);
    if (holder != actors_.end() && holder->second.core->log_length() < r.seq) fail("invariant 6: an in-sync member lacks an acknowledged write");
  }
  const std::string key{q.what.key.view()};
  const auto before = history_.value_at(key, position - 1);
  if (position <= q.floor) fail("invariant 7: a write went back in time");
  if (q.what.kind == operation_kind::put && (r.found != before.has_value() || (before && r.value.view() != *before))) fail("a wrong old value");
  if (q.what.kind == operation_kind::put_if_absent && before) fail("put_if_absent wrote over a value");
  visible_[key] = std::max(visible_[key], position);
}

void row_world::check_read(const question& q, const reply& r) {
  ++reads_;
  const auto tells_value = q.what.kind == operation_kind::get || q.what.kind == operation_kind::put_if_absent;
  const std::string key{q.what.key.view()};
  if (q.what.kind != operation_kind::get && !tells_value && r.found) return;  // contains: that it is there says little.
  if (takes_expected(q.what.kind)) return;
  const auto value = r.found ? std::optional{std::string{r.value.view()}} : std::nullopt;
  const auto position = history_.seen_since(key, value, q.floor);
  if (!position) fail("invariant 7: stale or uncommitted value of " + key + " in answer " + std::to_string(r.request.value()));
  visible_[key] = std::max(visible_[key], *position);
}

}  // namespace troupe::protocol::scene
