#include <troupe/actors/protocol/row/replica_state.hpp>

#include <algorithm>

#include <troupe/actors/protocol/mutation.hpp>

namespace troupe::protocol {

namespace {

bool has_role(const row& r, member_no m) { return r.in_sync.contains(m) || r.learners.contains(m) || r.async_backups.contains(m); }

}  // namespace

replica::state::state(row_id id, member_no self, const replica_limits& limits, std::shared_ptr<const entry_processors> processors)
    : base_{.id = id, .self = self, .limits = limits, .processors = std::move(processors)} {}

// ---- views ----

void replica::state::install(const view_ptr& v, const moment& at, replica_effects& out) {
  if (!v || (base_.view && v->name.number <= base_.view->name.number)) return;
  const auto previous = std::exchange(base_.view, v);  // Keeps alive what `before` points to.
  const auto* before = std::exchange(base_.row, v->find(base_.id));
  const auto* table = v->find(base_.id.group());
  base_.rules = v->settings.rules_of(table != nullptr ? table->counts() : base_.id.kind);
  base_.reads = v->settings.reads;
  note_leaving();
  std::erase_if(activity_, [&](const auto& a) { return v->find(a.first) == nullptr; });
  if (previous) note_branches(previous->name.number);
  if (before != nullptr && base_.row == nullptr) drop_copy_of_nothing(out);
  drop_void_copy(out);
  take_role(before, at, out);
  serve_waiting(at, out);
}

// The other branch may have all that was sent to it: from a backup's log all, since it came from there; from a primary's what was acknowledged,
// which is all that has committed. What lies beyond is of this branch, or of neither.
void replica::state::note_branches(view_number known) {
  for (const auto& d : base_.view->lone) {
    if (d.after.number < known || base_.copy.state() != row_copy::completeness::whole) continue;
    const auto held = as_primary() != nullptr ? base_.copy.committed() : base_.copy.log().end();
    base_.copy.begin_branch(d.after.number, TROUPE_MUTATED(branch_begins_at_its_end) ? seq_number{~std::uint64_t{}} : held);
  }
}

// A copy ends when the row went on empty without it, or when a view behind its beginning has no role for it. The seal stays.
void replica::state::drop_void_copy(replica_effects& out) {
  auto& copy = base_.copy;
  if (base_.row == nullptr || copy.state() == row_copy::completeness::none) return;
  const auto& row = *base_.row;
  const auto is_void = copy.log().last_epoch() < row.empty_since && copy.log().end() > seq_number{} &&
                       !TROUPE_MUTATED(copy_outlives_reset);
  if (!is_void && (has_role(row, base_.self) || row.config <= copy.config() || TROUPE_MUTATED(copy_kept_without_role))) return;
  step_down(out);
  copy.throw_away();
  base_.report("copy_dropped", "config=" + std::to_string(row.config.value()) + (is_void ? " reason=reset" : " reason=no_role"), out);
}

// The last map of its group is gone, and the group with it.
void replica::state::drop_copy_of_nothing(replica_effects& out) {
  step_down(out);
  base_.copy.throw_away();
  base_.report("copy_dropped", "reason=no_row", out);
}

void replica::state::take_role(const row* before, const moment& at, replica_effects& out) {
  const auto* row = base_.row;
  if (!is_named() || (outgrown_ && row->epoch > outgrown_->by)) outgrown_.reset();
  if (!is_named() || (!may_lead() && !TROUPE_MUTATED(primary_below_its_seal))) {
    if (is_named()) note_outgrown(base_.sealed);
    step_down(out);
    return;
  }
  if (lacks_entries()) {
    raise_seal(row->epoch, base_.self, out);
    return ask_for_entries(out);
  }
  auto* reigning = std::get_if<primary>(&role_);
  auto* standing = std::get_if<candidate>(&role_);
  if (reigning != nullptr && reigning->epoch() == row->epoch) {
    TROUPE_INVARIANT(1, before != nullptr);
    reigning->reconfigure(*before, at, out);
  } else if (standing != nullptr && standing->epoch() == row->epoch) {
    standing->reconfigure(base_, at, out);
    activate_when_ready(at, out);
  } else {
    stand(at, out);
  }
}

void replica::state::stand(const moment& at, replica_effects& out) {
  step_down(out);
  raise_seal(base_.row->epoch, base_.self, out);
  auto& copy = base_.copy;
  if (copy.state() == row_copy::completeness::none) copy.begin_empty();
  if (copy.state() == row_copy::completeness::arriving) {
    // Only a row that lost all its in-sync copies is given to such a one; or, after a forced view, one that the dead had made anew: then others have more.
    base_.report("incomplete_copy_promoted", "epoch=" + std::to_string(base_.row->epoch.value()), out);
    if (base_.row->in_sync.size() > 1) {
      copy.throw_away();
      copy.begin_empty();
    } else {
      copy.make_do(base_.row->epoch);
    }
  }
  if (TROUPE_MUTATED(log_truncated_at_promotion)) copy.drop_uncommitted();
  copy.follow(base_.row->epoch, feed_number{}, base_.row->config);
  role_.emplace<candidate>(base_, at, out);
  activate_when_ready(at, out);
}

void replica::state::activate_when_ready(const moment& at, replica_effects& out) {
  const auto* standing = std::get_if<candidate>(&role_);
  if (standing == nullptr || !standing->is_ready(base_)) return;
  const auto elected = *standing;
  role_.emplace<primary>(base_, elected, activity_, at, out);
  serve_waiting(at, out);
}

void replica::state::step_down(replica_effects& out) {
  if (auto* reigning = std::get_if<primary>(&role_)) reigning->resign(out);
  if (!std::holds_alternative<understudy>(role_)) role_.emplace<understudy>();
}

// ---- seals ----

void replica::state::raise_seal(epoch_number epoch, member_no primary, replica_effects& out) {
  if (epoch == base_.sealed || (epoch < base_.sealed && !TROUPE_MUTATED(primary_below_its_seal))) return;
  step_down(out);
  base_.sealed = epoch;
  base_.sealed_for = primary;
  base_.sealed_config = {};
  if (is_named() && !may_lead()) note_outgrown(epoch);
}

bool replica::state::is_fenced(member_no from, epoch_number epoch, replica_effects& out) {
  const bool is_of_seal = epoch == base_.sealed && from == base_.sealed_for;
  const bool is_accepted = TROUPE_MUTATED(smaller_epoch_accepted) && std::holds_alternative<understudy>(role_);
  if (epoch > base_.sealed || is_of_seal || is_accepted) return false;
  if (from == base_.sealed_for) return true;  // A straggler of an earlier reign: it is no news.
  base_.send(from, replication_message::sealed_above{base_.id, base_.sealed}, out);
  return true;
}

// It comes late: what it began would stay for good, for no later view ends it.
bool replica::state::is_void(epoch_number epoch) const { return base_.row != nullptr && epoch < base_.row->empty_since; }

bool replica::state::is_outlived(config_number config) const {
  return base_.row != nullptr && config < base_.row->config && !has_role(*base_.row, base_.self);
}

bool replica::state::leads(epoch_number epoch) const { return epoch == base_.sealed && !std::holds_alternative<understudy>(role_); }

void replica::state::on(member_no from, replication_message::seal& m, const moment& at, replica_effects& out) {
  if (is_fenced(from, m.epoch, out) || leads(m.epoch)) return;
  auto& copy = base_.copy;
  // Once fed in that epoch, or sealed by a later config of it, an older seal is a straggler: what it says of the copy is past.
  const auto is_straggler = m.epoch == base_.sealed && (copy.feed_in(m.epoch) > feed_number{} || m.config < base_.sealed_config);
  if (is_straggler) return;
  // By a view that is past here: the copy of which it speaks was dropped by a later one, and an empty one must not pass for it.
  if (m.in_sync && copy.state() == row_copy::completeness::none && base_.row != nullptr && m.config < base_.row->config) return;
  raise_seal(m.epoch, from, out);
  base_.sealed_config = m.config;
  const auto is_void = copy.log().last_epoch() < m.empty_since && !TROUPE_MUTATED(copy_outlives_reset);
  if (!m.in_sync || is_void) {
    if (copy.state() != row_copy::completeness::none && base_.row != nullptr) copy_ended_in_ = base_.row->epoch;
    copy.throw_away();
  }
  if (m.in_sync && copy.state() == row_copy::completeness::arriving) {
    base_.report("sealed_as_in_sync_while_incomplete", "epoch=" + std::to_string(m.epoch.value()), out);
    base_.send(from, replication_message::sealed{base_.id, m.epoch, false, seq_number{}, epoch_number{}}, out);  // It claims no copy.
    return;
  }
  if (m.in_sync && copy.state() == row_copy::completeness::none) copy.begin_empty();
  copy.follow(m.epoch, feed_number{}, m.config);
  copy.forget_comparison();
  base_.send(from, replication_message::sealed{base_.id, m.epoch, m.in_sync, copy.log().end(), copy.log().last_epoch()}, out);
  serve_waiting(at, out);
}

void replica::state::on(member_no from, replication_message::sealed& m, const moment& at, replica_effects& out) {
  auto* standing = std::get_if<candidate>(&role_);
  if (standing == nullptr) return;
  standing->on(base_, from, m, at, out);
  activate_when_ready(at, out);
}

// As a rule the next view says so, and is on its way. Until then this primary can neither commit nor be harmed.
void replica::state::on(member_no from, replication_message::sealed_above& m, const moment&, replica_effects& out) {
  const auto follows = has_role(*base_.row, from) || base_.row->unsealed.contains(from);
  if (std::holds_alternative<understudy>(role_) || m.epoch < base_.sealed || !follows) return;
  if (!outgrown_ || outgrown_->by < m.epoch) base_.report("fenced", "by=" + std::to_string(from.value()) + " epoch=" + std::to_string(m.epoch.value()), out);
  note_outgrown(m.epoch);
}

// ---- seals of a branch that is gone ----

bool replica::state::is_named() const { return base_.row != nullptr && base_.row->is_held() && base_.row->primary == base_.self; }

bool replica::state::may_lead() const {
  return base_.row->epoch > base_.sealed || (base_.row->epoch == base_.sealed && base_.sealed_for == base_.self);
}

void replica::state::note_outgrown(epoch_number sealed) {
  if (!outgrown_) outgrown_.emplace();
  outgrown_->by = std::max(outgrown_->by, sealed);
}

void replica::state::ask_for_later_epoch(const moment& at, replica_effects& out) {
  if (!outgrown_) return;
  if (outgrown_->since && at.now - *outgrown_->since >= base_.limits.wish_again_after) {
    // Where the row has gone on empty since, there is nothing to miss.
    const auto has_copy = base_.copy.is_whole() || copy_ended_in_ == epoch_number{} || copy_ended_in_ < base_.row->empty_since;
    out.wishes.push_back({membership_message::wish::outgrown{base_.id, base_.row->config, outgrown_->by, has_copy}});
    outgrown_->since = at.now;
  }
  if (!outgrown_->since) outgrown_->since = at.now;
}

// ---- replication ----

void replica::state::on(member_no from, replication_message::records& m, const moment& at, replica_effects& out) {
  if (is_fenced(from, m.epoch, out) || leads(m.epoch) || is_void(m.epoch)) return;
  if (m.epoch > base_.sealed) {
    // Only an async backup follows a new primary unsealed. It keeps what has committed, which no primary ever contradicts; the snapshot of a
    // former primary will not be completed.
    const bool is_async = base_.row != nullptr && base_.row->async_backups.contains(base_.self);
    if (!is_async && !TROUPE_MUTATED(no_seal)) return;
    raise_seal(m.epoch, from, out);
    base_.copy.forget_comparison();
    if (base_.copy.state() == row_copy::completeness::arriving) {
      base_.copy.throw_away();
    } else if (!TROUPE_MUTATED(no_seal)) {
      base_.copy.drop_uncommitted();
    }
  }
  std::get<understudy>(role_).on(base_, from, m, at.now, out);
}

void replica::state::on(member_no from, replication_message::snapshot_chunk& m, const moment& at, replica_effects& out) {
  if (is_fenced(from, m.epoch, out) || leads(m.epoch) || (m.epoch > base_.sealed && m.index > 0) || is_outlived(m.config) || is_void(m.epoch)) return;
  raise_seal(m.epoch, from, out);
  std::get<understudy>(role_).on(base_, from, m, at.now);
}

// A learner of a later epoch keeps what has committed, which no primary ever contradicts. What it holds beyond that may have been given up.
void replica::state::on(member_no from, replication_message::resume& m, const moment&, replica_effects& out) {
  if (is_fenced(from, m.epoch, out) || leads(m.epoch) || is_outlived(m.config) || is_void(m.epoch)) return;
  if (m.epoch > base_.sealed) {
    raise_seal(m.epoch, from, out);
    base_.copy.drop_uncommitted();
  }
  std::get<understudy>(role_).on(base_, from, m);
}

void replica::state::on(member_no from, replication_message::pull& m, const moment&, replica_effects& out) {
  if (is_fenced(from, m.epoch, out) || leads(m.epoch) || m.epoch != base_.sealed) return;
  std::get<understudy>(role_).on(base_, from, m, out);
}

void replica::state::on(member_no from, replication_message::pulled& m, const moment& at, replica_effects& out) {
  auto* standing = std::get_if<candidate>(&role_);
  if (standing == nullptr) return;
  standing->on(base_, from, m, at, out);
  activate_when_ready(at, out);
}

void replica::state::on(member_no from, replication_message::ack& m, const moment& at, replica_effects& out) {
  if (auto* reigning = std::get_if<primary>(&role_)) reigning->on(from, m, at, out);
}

void replica::state::on(member_no from, replication_message::snapshot_ack& m, const moment& at, replica_effects&) {
  if (auto* reigning = std::get_if<primary>(&role_)) reigning->on(from, m, at);
}

// ---- turns ----

void replica::state::flush(const moment& at, replica_effects& out) {
  if (auto* reigning = std::get_if<primary>(&role_)) reigning->flush(at, out);
  if (auto* following = std::get_if<understudy>(&role_)) following->flush(base_, at, out);
}

void replica::state::tick(const moment& at, replica_effects& out) {
  if (lacks_entries()) ask_for_entries(out);
  if (auto* standing = std::get_if<candidate>(&role_)) standing->tick(base_, at, out);
  if (auto* reigning = std::get_if<primary>(&role_)) reigning->tick(at, out);
  ask_for_later_epoch(at, out);
}

void replica::state::check(const moment& at, replica_effects& out) {
  auto& copy = base_.copy;
  if (copy.is_whole() && !TROUPE_MUTATED(damage_not_looked_for)) {
    if (const auto found = copy.look_for_damage(base_.limits.checked_bytes); found > 0) {
      base_.upkeep.damaged += found;
      base_.report("copy_damaged", "seq=" + std::to_string(copy.committed().value()) + " values=" + std::to_string(found), out);
    }
  }
  if (auto* reigning = std::get_if<primary>(&role_)) reigning->check(at, out);
}

bool replica::state::wants_tick() const {
  if (const auto* reigning = as_primary(); reigning != nullptr && !outgrown_) return reigning->wants_tick();
  return std::holds_alternative<candidate>(role_) || lacks_entries() || outgrown_;
}

}  // namespace troupe::protocol
