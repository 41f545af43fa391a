// Lives that end. Only the primary decides, and writes a record: a get that finds nothing because an entry's time has come is answered when its
// removal has committed, so no later one, at whichever primary, finds it again.
//
// How long nobody has asked for an entry, only its primary knows. One that comes new takes every entry for one that was asked for just now: it
// may live longer by that, but never shorter than it should.
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

lifetime_defaults primary::life_defaults_of(map_id map) const {
  const auto* known = base_.view->find(map);
  return known == nullptr ? lifetime_defaults{} : known->life;
}

lifetime primary::life_given_by(const operation& what, row_time now) const {
  return gives_life(what.kind) ? lifetime_from(now, what.life, life_defaults_of(what.map)) : lifetime{};
}

// What is pending was asked for by its write, and is again when that commits. Its life may have begun long before: a processor leaves it as it was.
row_time primary::end_of(const newest_state::finding& entry, row_time now) const {
  const auto is_pending = entry.depends_on > base_.copy.committed();
  const auto accessed = is_pending ? now : entry.accessed;
  return entry.life.ends(TROUPE_MUTATED(access_forgotten_at_promotion) ? accessed : std::max(accessed, reigns_since_));
}

bool primary::may_die(map_id map, const blob& key) const {
  return !base_.is_leaving(map) && (!is_locked(map, key) || TROUPE_MUTATED(locked_entry_expires));
}

void primary::expire(map_id map, const blob& key) {
  write(erase_entry{map, key, removal::expired}, {});
  answers_.add_unowned();
  ++activity_[map].expired;
}

bool primary::attend(map_id map, const blob& key, row_time now) {
  if (due_.empty()) return false;  // Every entry of limited life has a place there.
  const auto found = newest_.find(map, key.view());
  if (found.value == nullptr || !found.life.is_limited()) return false;
  if (end_of(found, now) <= now && may_expire() && may_die(map, key)) {
    expire(map, key);
    return true;
  }
  if (!TROUPE_MUTATED(access_not_noted)) base_.copy.note_access(map, key.view(), now);
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
    if (found.value == nullptr || !found.life.is_limited()) continue;
    if (const auto end = end_of(found, now); end > now) {
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
    for (const auto& [key, stored] : table.entries) {
      if (stored.life) due_.add({stored.life->limits.ends(stored.life->accessed), map, key});
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
  if (put != nullptr && put->life.is_limited()) base_.copy.note_access(put->map, put->key.view(), base_.clock.read(now));
}

std::optional<instant> primary::next_expiry() const {
  return due_.empty() ? std::nullopt : std::optional{base_.clock.when(due_.next().when)};
}

}  // namespace troupe::protocol
