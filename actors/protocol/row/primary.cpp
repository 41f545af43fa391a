#include <troupe/actors/protocol/row/primary.hpp>

#include <algorithm>

#include <troupe/actors/protocol/mutation.hpp>
#include <troupe/actors/protocol/row/locking.hpp>
#include <troupe/actors/protocol/row/refusal.hpp>

namespace troupe::protocol {

namespace {

using membership_message::wish;

std::optional<follower::kind> kind_in(const row& r, member_no m) {
  if (r.in_sync.contains(m)) return follower::kind::in_sync;
  if (r.learners.contains(m)) return follower::kind::learner;
  if (r.async_backups.contains(m)) return follower::kind::async_backup;
  return std::nullopt;
}

bool is_destroyed(const view& v, map_id map) { return map < v.next_map && v.find(map) == nullptr; }

}  // namespace

primary::primary(replica_base& base, const candidate& elected, row_activity& activity, const moment& at, replica_effects& out)
    : base_(base),
      activity_(activity),
      epoch_(elected.epoch()),
      known_at_activation_(base.copy.log().end()),
      newest_(base.copy.store()),
      sessions_(base.copy.sessions()),
      answers_(base.copy.committed()),
      locks_(base.copy.locks()) {
  TROUPE_INVARIANT(10, base.sealed == epoch_ && elected.is_ready(base));
  const auto& log = base.copy.log();
  for (auto s = base.copy.committed().next(); s <= log.end(); s = s.next()) {
    newest_.add(log.at(s));
    sessions_.add(log.at(s));
    locks_.add(log.at(s));
    answers_.add_unowned();
  }
  base.copy.follow(epoch_, feed_number{}, base.row->config);
  base.copy.mark_current();
  base.clock.reach({}, at.now);
  if (TROUPE_MUTATED(row_time_begins_anew)) base.clock.set({}, at.now);
  watch_all_anew();
  line_up_all_anew();
  reigns_since_ = base.clock.read(at.now);
  hear_all_anew(at.now);
  // A primary that was taken out because of its own copy has compared others with that.
  const auto was_taken_out = [&](member_no m) { return !base.row->in_sync.contains(m); };
  if (std::any_of(base.row->unsealed.begin(), base.row->unsealed.end(), was_taken_out)) base.copy.forget_comparison();
  face_own_damage(out);
  for (const auto m : base.row->in_sync) {
    if (m != base.self) followers_.push_back(follower::in_sync(m, elected.length_of(m)));
  }
  for (const auto m : base.row->learners) followers_.push_back(follower::returning_learner(m, source()));
  for (const auto m : base.row->async_backups) followers_.push_back(follower::async_backup(m));
  std::sort(followers_.begin(), followers_.end(), [](const follower& a, const follower& b) { return a.who() < b.who(); });
  base.report("activated", "epoch=" + std::to_string(epoch_.value()) + " length=" + std::to_string(log.end().value()), out);
  clear_destroyed_maps();
  commit(at, out);
}

follower* primary::find(member_no who) {
  const auto at = std::find_if(followers_.begin(), followers_.end(), [who](const follower& f) { return f.who() == who; });
  return at == followers_.end() ? nullptr : &*at;
}

bool primary::is_paused() const { return base_.row->successor != nobody && base_.row->successor != base_.self; }

void primary::reconfigure(const row& before, const moment& at, replica_effects& out) {
  const auto& now = *base_.row;
  TROUPE_INVARIANT(3, now.primary == base_.self && now.epoch == epoch_ && base_.sealed == epoch_);
  if (now.config != before.config) {
    std::erase_if(followers_, [&](const follower& f) { return !kind_in(now, f.who()); });
    for (const auto m : now.in_sync) follow(m, follower::kind::in_sync, before);
    for (const auto m : now.learners) follow(m, follower::kind::learner, before);
    for (const auto m : now.async_backups) follow(m, follower::kind::async_backup, before);
  }
  if (before.status == row_status::forming && now.status == row_status::served) begin_to_serve(at);
  face_own_damage(out);
  replace_doubted(at);
  clear_destroyed_maps();
  share_budgets_anew();
  listeners_.drop_destroyed(base_, out);
  for (const auto& w : lock_queue_.take_if([&](const auto& x) { return base_.view->find(x.what.map) == nullptr; })) {
    answer(w.from, refusal(w.what.request, outcome::not_applied, failure::unknown_map), out);
  }
  // They are asked for again, and wait before they come in.
  for (const auto& w : lock_queue_.take_if([&](const auto& x) { return base_.is_leaving(x.what.map) || base_.has_left(x.what.map); })) {
    answer(w.from, refusal(w.what.request, outcome::retry, failure::not_primary), out);
  }
  commit(at, out);
  release_confirmed(at, out);
  release_unleased(at, out);
}

// Until now nobody could ask for anything here, nor say that it lives. And listeners come that were told so far by the row that had the entries.
void primary::begin_to_serve(const moment& at) {
  reigns_since_ = base_.clock.read(at.now);
  hear_all_anew(at.now);
  listeners_.expect_all(base_.copy.log().base(), base_.limits, at.now);
}

void primary::follow(member_no who, follower::kind as, const row& before) {
  if (who == base_.self) return;
  auto* known = find(who);
  if (as == follower::kind::in_sync) {
    // Nobody comes in sync but at this primary's wish, after it was awaited.
    TROUPE_INVARIANT(9, known != nullptr && known->is_awaited());
    known->promote();
    return;
  }
  if (known == nullptr) {
    auto added = as == follower::kind::learner ? follower::learner(who, source()) : follower::async_backup(who);
    const auto at = std::find_if(followers_.begin(), followers_.end(), [who](const follower& f) { return f.who() > who; });
    followers_.insert(at, std::move(added));
    return;
  }
  // In a config that was skipped, it may have lost its role and thrown its copy away.
  const auto is_next = base_.row->config == before.config.next();
  if (known->what() != as || !is_next || known->must_be_excluded()) known->begin_anew(as, source());
}

void primary::on(member_no from, const replication_message::ack& a, const moment& at, replica_effects& out) {
  auto* f = find(from);
  if (a.epoch != epoch_ || f == nullptr) return;  // An ack from another reign, or of whom nothing is asked, proves nothing.
  const auto was_doubted = f->is_doubted();
  f->on(a, source(), at.now);
  if (f->is_doubted() && !was_doubted) judge(*f, at, out);
  commit(at, out);
  release_confirmed(at, out);
}

// Before it says that another copy is wrong, it looks at its own: what is damaged here has spoilt the comparison.
void primary::judge(follower& other, const moment& at, replica_effects& out) {
  if (is_doubted()) return;
  const auto seq = std::to_string(base_.copy.committed().value());
  if (base_.copy.is_intact()) {
    ++base_.upkeep.differences;
    const auto pause = std::chrono::floor<milliseconds>(other.pause_before_replacement(base_.limits));
    const auto repeated = pause > milliseconds{0} ? " again=yes next_copy_ms=" + std::to_string(pause.count()) : std::string{};
    base_.report("copy_doubted", "holder=" + std::to_string(other.who().value()) + " seq=" + seq + repeated, out);
  } else {
    ++base_.upkeep.damaged;
    base_.report("copy_damaged", "seq=" + seq + " found_by=comparison", out);
    base_.copy.note_damage();
    face_own_damage(out);
  }
  replace_doubted(at);
}

// Those on which commits wait are replaced once a view has taken them out.
void primary::replace_doubted(const moment& at) {
  if (is_doubted()) return;
  for (auto& f : followers_) {
    if (f.is_doubted() && !f.must_be_excluded()) f.replace_copy(source(), at.now);
  }
}

void primary::face_own_damage(replica_effects& out) {
  // As long as it forms, the row that has the entries may have better ones; once it is served, its backups are asked to lead.
  if (base_.row->status == row_status::forming) return;
  if (!is_doubted() || base_.row->in_sync.size() > 1) return;
  base_.report("damage_accepted", "seq=" + std::to_string(base_.copy.committed().value()) + " reason=no_other_copy_in_sync", out);
  base_.copy.accept_damage();
}

void primary::on(member_no from, const replication_message::snapshot_ack& a, const moment& at) {
  auto* f = find(from);
  if (a.epoch == epoch_ && f != nullptr) f->on(a, source(), at.now);
}

void primary::operate(origin_id from, operation&& what, const moment& at, replica_effects& out) {
  carry_out(from, std::move(what), at, out);
  serve_freed(at, out);
}

void primary::carry_out(origin_id from, operation&& what, const moment& at, replica_effects& out) {
  what.page_bytes = static_cast<std::uint32_t>(std::min<std::size_t>(what.page_bytes, base_.limits.message_bytes_max));
  if (what.kind == operation_kind::listen) return listeners_.ask(base_, from, std::move(what), at.now, out);
  if (!locks_.locks().empty()) hear(what.stamp.client, at.now);
  const auto now = base_.clock.read(at.now);
  if (has_key(what.kind) && end_lease_if_over(what.map, what.key, now)) {
    serve_freed(at, out);  // Who waits has come before; it may be an attempt of this very write.
    commit(at, out);
  }
  if (what.kind == operation_kind::withdraw_lock) return withdraw_lock(from, std::move(what), at, out);
  auto& activity = activity_[what.map];
  if (what.kind != operation_kind::keep_locks) ++(is_read(what.kind) ? activity.reads : activity.writes);
  if (!is_read(what.kind)) {
    if (settle_repeat(from, what, at, out)) return;
    if (!has_enough_copies() || !has_copies(what.copies_min))
      return answer(from, refusal(what.request, outcome::not_applied, failure::under_replicated), out);
  }
  if (must_wait_for_lock(what)) {
    --activity.writes;  // It is counted when it is carried out, or refused.
    if (what.wait_ms > 0) return wait_for_lock(from, std::move(what), at, out);
    if (what.kind != operation_kind::lock) return answer(from, refusal(what.request, outcome::not_applied, failure::locked), out);
  }
  const auto is_of_entries = !is_about_locks(what.kind);
  const auto has_expired = is_of_entries && (has_key(what.kind) ? attend(what, now) : expire_due(at.now));
  auto result = !is_of_entries              ? evaluate_lock(what, locks_, {now, base_.limits.lock_bytes_max})
                : runs_processor(what.kind) ? process(what, newest_, processing_rules_for(what, now))
                                            : evaluate(what, newest_, rules_for(what, now));
  if (what.kind == operation_kind::clear && !locks_.locks().empty()) spare_locked(what, result);
  if (!result.write) {
    if (asks_for_entry(what.kind)) {
      note_asked(what.map, what.key);
      activity.hits += is_read(what.kind) && result.answer.found ? 1 : 0;
    }
    if (TROUPE_MUTATED(dependent_result_not_held) && !is_read(what.kind)) result.depends_on = {};
    read(from, what, std::move(result), at, out);
    if (has_expired) commit(at, out);
    return;
  }
  if (has_no_room(at) && adds(*result.write) && !TROUPE_MUTATED(written_though_full)) {
    return answer(from, refusal(what.request, outcome::not_applied, failure::out_of_memory), out);
  }
  const auto cause = cause_of(what, result.answer);
  const auto pending = pending_bytes(at.now);
  if (pending > 0 && pending + bytes_of(*result.write, cause) > base_.limits.pending_bytes_max) {
    answer(from, refusal(what.request, outcome::not_applied, failure::overloaded), out);
    return;
  }
  make_room_for(*result.write);
  write(*std::move(result.write), cause);
  if (what.kind == operation_kind::lock && result.answer.found) {
    if (heard_.empty()) locks_looked_at_ = at.now;  // Until now there was nothing to look after.
    heard_.insert_or_assign(what.stamp.client, at.now);
    watch_lock(*locks_.find(what.map, what.key), at.now);
  }
  result.answer.epoch = epoch_;
  result.answer.seq = base_.copy.log().end();
  answers_.add_write(from, std::move(result.answer), what.copies_min, at.now);
  commit(at, out);
}

bool primary::adds(const record_body& what) const {
  const auto* lock = std::get_if<take_lock>(&what);
  return lock != nullptr ? !is_locked(lock->map, lock->key) : grows(what, newest_);
}

bool primary::settle_repeat(origin_id from, const operation& what, const moment& at, replica_effects& out) {
  if (what.kind == operation_kind::lock && TROUPE_MUTATED(retried_lock_counts_twice)) return false;
  // What the client knew of a history that was lost says nothing about this one.
  const auto since = what.since > base_.copy.log().end() ? seq_number{} : what.since;
  const auto known = sessions_.find(what.stamp, since);
  switch (known.what) {
    case newest_sessions::standing::fresh: return false;
    case newest_sessions::standing::done:
      // Nobody is told of a write, not even once more, by a primary that others may have given up.
      if (base_.has_lease(at)) {
        answer_write(from, reply_of(*known.result, what.request), what.copies_min, out);
      } else {
        answer(from, refusal(what.request, outcome::indeterminate, failure::not_primary), out);
      }
      return true;
    case newest_sessions::standing::pending:
      if (waiting() < base_.limits.waiting_operations_max) {
        answers_.add_repeat(known.at, {from, what.request, what.stamp, what.copies_min});
      } else {
        answer(from, refusal(what.request, outcome::indeterminate, failure::overloaded), out);
      }
      return true;
    case newest_sessions::standing::unknown:
      answer(from, refusal(what.request, what.asked_before ? outcome::indeterminate : outcome::retry, failure::session_unknown), out);
      return true;
  }
  return false;
}

void primary::answer(origin_id to, reply&& what, replica_effects& out) const {
  what.committed = base_.copy.committed();
  if (what.seq != seq_number{}) what.copies = static_cast<std::uint8_t>(base_.row->in_sync.size());
  const bool is_bare = TROUPE_MUTATED(commit_without_lease) || TROUPE_MUTATED(lone_primary_commits_without_lease);
  const auto vouched_for = what.seq != seq_number{} && !is_bare ? std::optional{base_.view->name} : std::nullopt;
  out.answers.push_back({to, std::move(what), vouched_for});
}

void primary::answer_write(origin_id to, reply&& what, std::uint8_t copies_min, replica_effects& out) const {
  if (what.result == outcome::ok && (!has_copies(copies_min) || !has_enough_copies())) what = refusal(what.request, outcome::indeterminate, failure::under_replicated);
  if (what.result == outcome::ok && what.seq != seq_number{}) what.held_by = holders{base_.row->in_sync};
  answer(to, std::move(what), out);
}

void primary::write(record_body body, const record_cause& cause) {
  const auto seq = base_.copy.log().end().next();
  base_.copy.append({epoch_, seq, std::move(body), cause});
  newest_.add(base_.copy.log().at(seq));
  sessions_.add(base_.copy.log().at(seq));
  watch(base_.copy.log().at(seq));
  note_lock_change(base_.copy.log().at(seq));
}

// By a record, so that every replica drops the entries, and the locks, at the same position (invariant 14).
void primary::clear_destroyed_maps() {
  auto maps = newest_.maps();
  for (const auto& [name, lock] : locks_.locks().all()) maps.push_back(name.first);
  std::sort(maps.begin(), maps.end());
  maps.erase(std::unique(maps.begin(), maps.end()), maps.end());
  for (const auto map : maps) {
    if (!is_destroyed(*base_.view, map) && (!base_.has_left(map) || TROUPE_MUTATED(moved_entries_stay))) continue;
    write(clear_map{map, {}, true}, {});
    bounded_.erase(map);
    answers_.add_unowned();
  }
}

void primary::forget(origin_id from) {
  answers_.forget(from);
  unconfirmed_.forget(from);
  std::erase_if(unleased_, [from](const held_read& r) { return r.to == from; });
  listeners_.forget(from);
  lock_queue_.forget(from);
}

// An async backup, too: it is never waited for, but it must not be the end of its member.
bool primary::has_no_room(const moment& at) const {
  return at.is_full || std::any_of(followers_.begin(), followers_.end(), [](const follower& f) { return f.is_full(); });
}

std::size_t primary::pending_bytes(instant now) const {
  auto held = base_.copy.committed();
  for (const auto& f : followers_) {
    if (f.is_waited_for(base_.limits, now)) held = std::min(held, f.acked());
  }
  const auto& log = base_.copy.log();
  return log.bytes_between(held, log.end());
}

seq_number primary::held_by_all_awaited(const moment& at) const {
  auto held = base_.copy.log().end();
  auto is_alone = true;
  for (const auto& f : followers_) {
    if (!f.is_awaited() || TROUPE_MUTATED(commit_without_backups)) continue;
    if (TROUPE_MUTATED(learner_not_awaited) && f.what() == follower::kind::learner) continue;
    held = is_alone || !TROUPE_MUTATED(commit_after_one_backup) ? std::min(held, f.acked()) : std::max(held, f.acked());
    if (f.what() == follower::kind::in_sync) is_alone = false;
  }
  // Alone in sync, nobody else's seal could stop this primary (a successor does not ask learners): only its lease says that it has not been
  // replaced. In company it says that the row has not been declared lost with all its copies (ADR 13).
  const auto is_bare = is_alone ? TROUPE_MUTATED(lone_primary_commits_without_lease) : TROUPE_MUTATED(commit_without_lease);
  return is_bare || base_.has_lease(at) ? held : base_.copy.committed();
}

void primary::commit(const moment& at, replica_effects& out) {
  const auto target = held_by_all_awaited(at);
  while (base_.copy.committed() < target) {
    const auto& committed = base_.copy.commit_next();
    newest_.settle(committed);
    sessions_.settle(committed);
    locks_.settle(committed);
    note_settled(committed, at.now);
    auto& place = answers_.oldest();
    if (place.has_writer) {
      if (place.since) activity_[map_of(committed.body)].write_wait += wait_between(*place.since, at.now);
      answer_write(place.writer, std::move(place.answer), place.copies_min, out);
    }
    for (const auto& r : place.repeats) answer_write(r.to, result_of(r), r.copies_min, out);
    for (auto& r : place.reads) release(std::move(r), at, out);
    answers_.pop();
  }
}

reply primary::result_of(const held_repeat& repeat) const {
  const auto done = sessions_.find(repeat.which, {});
  if (done.what == newest_sessions::standing::done) return reply_of(*done.result, repeat.request);
  return refusal(repeat.request, outcome::indeterminate, failure::session_unknown);
}

void primary::trim(const moment& at) {
  if (base_.row->status == row_status::forming) return;  // It does not grow yet, and whoever listened to the map goes on from what there is.
  const auto& limits = base_.limits;
  std::vector<row_copy::retention> kept;
  for (const auto& f : followers_) {
    if (const auto r = f.retention(limits)) kept.push_back(*r);
  }
  // As with the ring: a full member has nothing to spare, and who is too slow then gets a gap.
  const auto listened = listeners_.retention(limits, at.now);
  base_.copy.trim(base_.ring_bytes_max(at), limits.ring_records_max, kept, at.is_full ? std::nullopt : listened);
  for (auto& f : followers_) f.after_trim(source());
}

void primary::flush(const moment& at, replica_effects& out) {
  listeners_.serve(base_, at.now, out);
  trim(at);
  unconfirmed_.ask_if_due();
  for (auto& f : followers_) f.send_due(source(), at.now, out);
  repeat_wishes(at, out);
}

void primary::tick(const moment& at, replica_effects& out) {
  expire_due(at.now);
  evict_excess(at.now);
  free_overdue_locks(at);
  serve_freed(at, out);
  refuse_late(at, out);
  commit(at, out);
  release_unleased(at, out);
  for (auto& f : followers_) f.tick(source(), at.now, out);
  flush(at, out);
}

void primary::check(const moment& at, replica_effects& out) {
  face_own_damage(out);
  replace_doubted(at);
  for (auto& f : followers_) f.check(source(), at.now, out);
}

bool primary::wants_tick() const {
  const auto lacks = [&](const follower& f) { return f.lacks_something(source()); };
  return uncommitted() > 0 || has_excess_ || !unconfirmed_.empty() || !unleased_.empty() || !wishes().empty() || std::any_of(followers_.begin(), followers_.end(), lacks);
}

std::vector<wish> primary::wishes() const {
  const auto& row = *base_.row;
  std::vector<wish> list;
  if (!row.unsealed.empty()) list.push_back({wish::activated{base_.id, epoch_}});
  if (row.status == row_status::forming) list.push_back({wish::formed{base_.id, epoch_}});
  if (is_doubted() && !TROUPE_MUTATED(damaged_copy_stays)) list.push_back({wish::damaged{base_.id, row.config, base_.self}});
  for (const auto& f : followers_) {
    const auto is_wrong = f.must_be_excluded() && !is_doubted() && !TROUPE_MUTATED(damaged_copy_stays);
    if (is_wrong) list.push_back({wish::damaged{base_.id, row.config, f.who()}});
    if (f.has_caught_up(source())) list.push_back({wish::caught_up{base_.id, row.config, f.who()}});
    if (is_paused() && f.who() == row.successor && uncommitted() == 0 && f.acked() == base_.copy.log().end()) {
      list.push_back({wish::handed_over{base_.id, row.config, row.successor}});
    }
  }
  return list;
}

void primary::repeat_wishes(const moment& at, replica_effects& out) {
  auto list = wishes();
  if (list == wished_ && at.now - wished_at_ < base_.limits.wish_again_after) return;
  wished_at_ = at.now;
  for (const auto& w : list) out.wishes.push_back(w);
  wished_ = std::move(list);
}

void primary::resign(replica_effects& out) {
  for (; !answers_.empty(); answers_.pop()) {
    auto& place = answers_.oldest();
    if (place.has_writer) {
      out.answers.push_back({place.writer, refusal(place.answer.request, outcome::indeterminate, failure::not_primary), {}});
    }
    for (const auto& r : place.repeats) {
      out.answers.push_back({r.to, refusal(r.request, outcome::indeterminate, failure::not_primary), {}});
    }
    for (const auto& r : place.reads) out.answers.push_back({r.to, refusal(r.what.request, outcome::retry, failure::not_primary), {}});
  }
  for (const auto& r : unconfirmed_.take_all()) out.answers.push_back({r.to, refusal(r.what.request, outcome::retry, failure::not_primary), {}});
  for (const auto& r : unleased_) out.answers.push_back({r.to, refusal(r.what.request, outcome::retry, failure::not_primary), {}});
  unleased_.clear();
  listeners_.resign(out);
  refuse_all_waiting(outcome::retry, failure::not_primary, out);
  base_.report("resigned", "epoch=" + std::to_string(epoch_.value()), out);
}

std::optional<instant> primary::next_tick() const {
  const auto locks = locks_.locks().empty() ? std::nullopt : std::optional{locks_due_};
  std::optional<instant> first;
  for (const auto& due : {next_expiry(), listeners_.next_due(), lock_queue_.next_late(), locks}) {
    if (due && (!first || *due < *first)) first = due;
  }
  return first;
}

std::uint64_t primary::async_lag() const {
  std::uint64_t sum = 0;
  for (const auto& f : followers_) sum += f.what() == follower::kind::async_backup ? f.lag(source()) : 0;
  return sum;
}

std::uint64_t primary::async_behind() const {
  const auto is_behind = [&](const follower& f) { return f.what() == follower::kind::async_backup && f.lag(source()) > 0; };
  return static_cast<std::uint64_t>(std::count_if(followers_.begin(), followers_.end(), is_behind));
}

}  // namespace troupe::protocol
