// Lives that end. Only the primary decides, and writes a record: a get that finds nothing because an entry's time has come is answered when its
// removal has committed, so no later one, at whichever primary, finds it again.
//
// How long nobody has asked for an entry, only its primary knows. One that comes new takes every entry for one that was asked for just now: it
// may live longer by that, but never shorter than it should.
#include <tuple>

#include <troupe/actors/protocol/mutation.hpp>
#include <troupe/actors/protocol/row/primary.hpp>

namespace troupe::protocol {

namespace {

/// In one go: more follow with the next tick.
constexpr int expiries_at_once_max = 1000;
/// Places for entries that were written again are tolerated up to as many as there are entries, and so many more.
constexpr std::size_t places_in_vain_max = 1024;
/// A locked entry whose time is over waits for its lock to be freed.
constexpr milliseconds looked_after_again{250};

}  // namespace

evaluation_rules primary::rules_for(const operation& what, row_time now) const {
  evaluation_rules rules{now, known_access()};
  if (!gives_life(what.kind)) return rules;
  const auto* known = base_.view->find(what.map);
  rules.given = lifetime_from(now, what.life, known == nullptr ? lifetime_defaults{} : known->life);
  rules.keeps_statistics = known != nullptr && known->entry_statistics;
  return rules;
}

processing_rules primary::processing_rules_for(const operation& what, row_time now) const {
  const auto* known = base_.view->find(what.map);
  processing_rules rules{base_.processors.get(), base_.limits.sizes, {}, now};
  if (known == nullptr) return rules;
  rules.life = known->life;
  rules.keeps_statistics = known->entry_statistics;
  return rules;
}

bool primary::may_die(map_id map, const blob& key) const {
  return !base_.is_leaving(map) && (!is_locked(map, key) || TROUPE_MUTATED(locked_entry_expires));
}

void primary::expire(map_id map, const blob& key) {
  write(erase_entry{map, key, removal::expired}, {});
  answers_.add_unowned();
  ++activity_[map].expired;
}

bool primary::attend(const operation& what, row_time now) {
  if (due_.empty() && !base_.copy.store().has_notes()) return false;  // Every entry of limited life has a place there.
  const auto& [map, key] = std::tie(what.map, what.key);
  const auto found = newest_.find(map, key.view());
  if (found.notes == nullptr) return false;
  if (found.life().is_limited() && end_of(found, now, known_access()) <= now && may_expire() && may_die(map, key)) {
    expire(map, key);
    return true;
  }
  if (asks_for_entry(what.kind) && !TROUPE_MUTATED(access_not_noted)) base_.copy.note_access(map, key.view(), now, reigns_since_, true);
  return false;
}

bool primary::expire_due(instant at) {
  if (due_.empty() || !may_expire()) return false;
  const auto now = base_.clock.read(at);
  const auto& log = base_.copy.log();
  const auto before = log.end();
  const auto has_room = [&] { return pending_bytes(at) < base_.limits.pending_bytes_max / 2; };
  for (int n = 0; n < expiries_at_once_max && !due_.empty() && due_.next().when <= now && has_room(); ++n) {
    auto place = due_.take();
    const auto found = newest_.find(place.map, place.key.view());
    if (!found.life().is_limited()) continue;
    if (const auto end = end_of(found, now, known_access()); end > now) {
      due_.add({end, place.map, std::move(place.key)});
    } else if (!may_die(place.map, place.key)) {
      due_.add({now + looked_after_again, place.map, std::move(place.key)});
    } else {
      expire(place.map, place.key);
    }
  }
  return log.end() > before;
}

void primary::watch(const record& r) {
  const auto* put = std::get_if<put_entry>(&r.body);
  if (put == nullptr || !put->life.is_limited()) return;
  if (due_.size() > 2 * base_.copy.store().limited() + uncommitted() + places_in_vain_max) return watch_all_anew();
  due_.add({put->life.ends({}), put->map, put->key});
}

// What is in the store, and what the tail of the log will put there.
void primary::watch_all_anew() {
  due_.clear();
  const auto& copy = base_.copy;
  for (const auto& [map, table] : copy.store().maps()) {
    if (table.limited == 0) continue;
    for (const auto& stored : table.entries) {
      if (stored.life().is_limited()) due_.add({stored.life().ends(stored.notes()->accessed), map, blob{stored.key()}});
    }
  }
  for (auto s = copy.committed().next(); s <= copy.log().end(); s = s.next()) {
    if (const auto* put = std::get_if<put_entry>(&copy.log().at(s).body); put != nullptr && put->life.is_limited()) {
      due_.add({put->life.ends({}), put->map, put->key});
    }
  }
}

// Whoever asked for the entry before it had committed gets the answer now.
void primary::note_settled(const record& r, instant now) {
  const auto* put = std::get_if<put_entry>(&r.body);
  if (put != nullptr && put->life.is_limited()) base_.copy.note_access(put->map, put->key.view(), base_.clock.read(now), reigns_since_, false);
}

std::optional<instant> primary::next_expiry() const {
  return due_.empty() ? std::nullopt : std::optional{base_.clock.when(due_.next().when)};
}

}  // namespace troupe::protocol
