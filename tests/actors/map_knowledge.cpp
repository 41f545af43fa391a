#include "tests/actors/map_knowledge.hpp"

#include <algorithm>
#include <sstream>
#include <utility>

namespace troupe::test::model {

namespace {

/// A copy answers under a lease of the view that gave it the copy; at rest it is as old as a heartbeat.
constexpr milliseconds copy_age_max{1'300}, copy_age_at_rest_max{250};

/// Whoever waits in vain is told so shortly before the deadline; the lock is held until then.
bool may_wait_in_vain(const key_state& k, const observation& o) { return !o.is_calm || k.lock->ends.to >= o.when.to - late_by; }

bool agree(const answer& foretold, const observation& o) {
  auto expected = foretold;
  auto got = o.got;
  got.view.reset();
  if (!o.is_calm) {  // An attempt after the first leaves a record without effect; and how many copies there are changes.
    if (o.asked.what == kind::erase) expected.flag = got.flag;
    if (o.asked.what == kind::set) expected.number = got.number;
  }
  return expected == got;
}

map_past::value value_of(const possibility& p) { return p.state.entry ? map_past::value{p.state.entry->value} : std::nullopt; }

bool is_to_be_written(const possibility& p, const map_past::value& v) {
  return v && std::any_of(p.floating.begin(), p.floating.end(), [&](const afloat& f) { return f.what.value == *v || f.what.processor.value == *v; });
}

map_past::values values_of(const possibilities& list) {
  map_past::values all;
  for (const auto& p : list) all.insert(value_of(p));
  return all;
}

}  // namespace

possibilities& map_knowledge::at(const std::string& key) { return keys_.try_emplace(key, possibilities(1)).first->second; }

possibilities map_knowledge::unfold(const std::string& key, const possibility& p, const span& when) const {
  return unfolded(p, when, rules_.life, may_go_.contains(key));
}

void map_knowledge::replace(const std::string& key, possibilities then, const span& when) {
  auto& list = at(key);
  map_past::values meanwhile;
  for (const auto& p : list) {
    for (const auto& u : unfold(key, p, when)) meanwhile.insert(value_of(u));
  }
  past_.note(key, meanwhile, values_of(then), when);
  list = std::move(then);
}

// ---- Time ----

void map_knowledge::pass(milliseconds settled, milliseconds now, bool rows_move) {
  if (is_bounded() && (rows_move || may_be_locked())) may_have_gone(crowded_out({}), now);
  for (auto& [key, list] : keys_) {
    past_.note(key, values_of(list), values_of(list), {now, now});
    possibilities aged;
    const auto may_end_first = std::any_of(list.begin(), list.end(), [now](const auto& p) {  // What is afloat may have been done before that.
      return !p.floating.empty() && p.state.entry && p.state.entry->dies().from <= now + late_by;
    });
    if (may_end_first) {
      for (const auto& p : list) {
        for (auto& u : unfold(key, p, {now, now})) add_new(aged, std::move(u));
      }
      list = std::exchange(aged, {});
    }
    for (auto& p : list) {
      age(p, settled, now, rows_move);
      if (!is_listening_) p.state.told.clear();
      if (list.size() > 1) add_new(aged, p);
    }
    if (list.size() > 1) list = std::move(aged);
    past_.note(key, {}, values_of(list), {now, now});
  }
  if (!rules_.copies_lag) past_.forget_before(now - 2 * copy_age_max);
}

void map_knowledge::member_ended(std::size_t member, milliseconds heard, milliseconds now) {
  for (auto& [key, list] : keys_) {
    for (auto& p : list) {
      auto& l = p.state.lock;
      if (l && l->who.member == member && l->ends.to == never) holder_ended(*l, heard, now);
    }
  }
}

void map_knowledge::come_to_rest(milliseconds now) {
  may_have_gone(crowded_out({}), now);
  for (auto& [key, list] : keys_) {
    possibilities settled;
    for (const auto& p : list) {
      if (p.floating.empty()) {
        add_new(settled, p);
        continue;
      }
      for (auto& u : unfold(key, p, {now, now})) {
        u.floating.clear();
        add_new(settled, std::move(u));
      }
    }
    replace(key, std::move(settled), {now, now});
  }
  past_.forget_before(now - copy_age_max);
}

void map_knowledge::forget_all() {
  keys_.clear();
  versions_.clear();
  past_ = {};
}

// ---- Answers ----

difference map_knowledge::learn(const observation& o) {
  const auto has_failed = o.got.how != outcome::ok;
  if (o.got.why == failure::cancelled && o.is_cancelled) return learn_fault(o);
  if (!lost_.empty()) {
    const auto keys = keys_of(o.asked);
    const auto is_of_all = !is_of_one_key(o.asked.what) && o.asked.keys.empty() && o.asked.pairs.empty();
    if (is_of_all || std::any_of(keys.begin(), keys.end(), [this](const auto& k) { return is_lost(k); })) return learn_loss(o);
  }
  if (const auto refused = refused_at_once(o)) {
    if (*refused == o.got) return std::nullopt;
    return "answered " + to_string(o.got) + "; by the model " + to_string(*refused);
  }
  if (o.got.how == outcome::indeterminate || (has_failed && is_fault(o.got.why))) return learn_fault(o);
  if (is_of_one_key(o.asked.what)) {
    if (o.may_be_copys && o.asked.what == kind::get && !has_failed) return learn_of_copy(o);
    if (auto d = learn_of_key(o.asked.key, o)) return d;
    if (!has_failed) past_.has_seen(o.reader, o.asked.key, partition_of(o.asked.key), o.when.from);
    return o.got.view ? learn_view(o.asked.key, o) : std::nullopt;
  }
  if (has_failed) return learn_partial(o);
  return learn_of_parts(o);
}

/// "With fewer copies in sync (always, where `n` is more than the map's `backup-count` + 1) it is `not_applied`, `under_replicated`." Where rows
/// move nobody knows how many there are: then it is what was answered.
std::optional<answer> map_knowledge::refused_at_once(const observation& o) const {
  answer refused;
  refused.how = outcome::not_applied;
  refused.why = failure::under_replicated;
  const auto is_so = o.is_calm ? o.asked.copies > o.copies : o.asked.copies > 1 && o.got == refused;
  return is_so ? std::optional{refused} : std::nullopt;
}

difference map_knowledge::learn_of_key(const std::string& key, const observation& o) {
  possibilities left;
  std::vector<answer> possible;
  for (const auto& p : at(key)) {
    for (auto& u : unfold(key, p, o.when)) {
      auto expected = waited_in_vain(o.asked);
      if (!must_wait(u.state, o.asked)) {
        expected = carry_out(u.state, o.asked, {o.when, rules_.life, o.got.fence, o.copies});
      } else if (!may_wait_in_vain(u.state, o)) {
        continue;
      }
      if (std::find(possible.begin(), possible.end(), expected) == possible.end()) possible.push_back(expected);
      if (agree(expected, o)) add_new(left, std::move(u));
    }
  }
  count_answer(possible.size() == 1);
  if (left.empty()) {
    std::ostringstream out;
    out << "key " << key << ": answered " << to_string(o.got) << "; by the model";
    for (const auto& a : possible) out << "\n    " << to_string(a);
    out << "\n  because of it may be the case:\n" << describe(key);
    return out.str();
  }
  replace(key, std::move(left), o.when);
  return std::nullopt;
}

/// "A committed value, perhaps not the latest, but no earlier state of the partition than this member has seen": what it says has been written
/// by then. It does not ask for the entry; if the primary answered after all, that does.
difference map_knowledge::learn_of_copy(const observation& o) {
  const auto& key = o.asked.key;
  const auto where = partition_of(key);
  const auto age_max = o.is_calm ? (rules_.copies_lag ? copy_age_max : copy_age_at_rest_max) : rules_.copies_lag ? never : copy_age_max;
  const auto may_be_old = past_.may_tell(key, o.got.value, o.reader, where, o.when.from, age_max);
  possibilities left;
  map_past::values possible;
  for (const auto& p : at(key)) {
    for (auto& u : unfold(key, p, o.when)) {
      possible.insert(value_of(u));
      const auto is_so = value_of(u) == o.got.value;
      if (!is_so && (!may_be_old || is_to_be_written(u, o.got.value))) continue;
      if (u.state.entry && u.state.entry->max_idle != milliseconds{})
        u.state.entry->too_idle.to = std::max(u.state.entry->too_idle.to, o.when.to + u.state.entry->max_idle);
      add_new(left, std::move(u));
    }
  }
  count_answer(possible.size() == 1 && *possible.begin() == o.got.value);
  old += possible.contains(o.got.value) ? 0 : 1;
  if (left.empty())
    return "key " + key + ": a copy said " + to_string(o.got) + ", which is neither so nor may the reader take it for so; by the model:\n" + describe(key);
  replace(key, std::move(left), o.when);
  past_.has_told(o.reader, key, where, o.got.value);
  return std::nullopt;
}

/// "When the entry `ends_in`" is when the model says so; and "of two views of one key the later write has the greater" version.
difference map_knowledge::learn_view(const std::string& key, const observation& o) {
  const auto& view = *o.got.view;
  possibilities left;
  for (auto& p : at(key)) {
    if (!p.state.entry) continue;
    const auto dies = p.state.entry->dies();
    const auto fits = [&](milliseconds in) { return in + o.when.to + late_by >= dies.from && (dies.to == never || in + o.when.from <= dies.to + late_by); };
    const auto is_overdue = dies.from <= o.when.to;  // A locked one, or one whose removal is under way, stays a little.
    if (view.ends_in ? dies.from != never && (fits(*view.ends_in) || is_overdue) : dies.from == never) left.push_back(p);
  }
  if (left.empty()) return "key " + key + ": a view says " + to_string(o.got) + "; by the model\n" + describe(key);
  replace(key, std::move(left), o.when);
  auto& [version, value] = versions_[key];
  const auto is_later = value != o.got.value.value_or("");
  if (view.version < version || (is_later && view.version == version))
    return "key " + key + ": a view has version " + std::to_string(view.version) + ", and one before had " + std::to_string(version);
  version = view.version;
  value = o.got.value.value_or("");
  return std::nullopt;
}

// ---- What is known ----

std::vector<std::string> map_knowledge::keys() const {
  std::vector<std::string> all;
  for (const auto& [key, list] : keys_) all.push_back(key);
  return all;
}

std::size_t map_knowledge::possibilities_of(const std::string& key) const {
  const auto known = keys_.find(key);
  return known == keys_.end() ? 1 : known->second.size();
}

bool map_knowledge::is_decided() const {
  return std::all_of(keys_.begin(), keys_.end(), [](const auto& k) { return k.second.size() == 1; });
}

std::vector<holder> map_knowledge::holders(const std::string& key) const {
  std::vector<holder> all;
  const auto known = keys_.find(key);
  if (known == keys_.end()) return all;
  for (const auto& p : known->second) {
    if (p.state.lock) all.push_back(p.state.lock->who);
  }
  return all;
}

bool map_knowledge::may_be_locked() const {
  return std::any_of(keys_.begin(), keys_.end(), [this](const auto& k) { return !holders(k.first).empty(); });
}

bool map_knowledge::may_be_idle(const std::string& key) const {
  const auto known = keys_.find(key);
  return known != keys_.end() && std::any_of(known->second.begin(), known->second.end(), [](const possibility& p) {
           return p.state.entry && p.state.entry->max_idle != milliseconds{};
         });
}

std::optional<std::string> map_knowledge::some_value(const std::string& key) const {
  const auto known = keys_.find(key);
  if (known == keys_.end()) return std::nullopt;
  for (const auto& p : known->second) {
    if (p.state.entry) return p.state.entry->value;
  }
  return std::nullopt;
}

std::string map_knowledge::describe(const std::string& key) const {
  const auto known = keys_.find(key);
  if (known == keys_.end()) return "    nothing was ever there\n";
  std::ostringstream out;
  const auto moments = [&out](const char* what, const span& s) {
    if (s.from != never) out << ", " << what << ' ' << s.from.count() << ".." << s.to.count() << " ms";
  };
  for (const auto& p : known->second) {
    out << "    " << (p.state.entry ? '\'' + p.state.entry->value + '\'' : "no entry");
    if (p.state.entry) {
      moments("too old at", p.state.entry->too_old);
      moments("too idle at", p.state.entry->too_idle);
    }
    if (p.state.lock) {
      const auto& l = *p.state.lock;
      out << "; locked by " << l.who.number << " of member " << l.who.member << ", holds " << l.holds << ", fence " << to_string(l.fence);
      moments("until", l.ends);
    }
    for (const auto& f : p.floating) out << "; perhaps still " << to_string(f.what);
    out << '\n';
  }
  return out.str();
}

}  // namespace troupe::test::model
