#include <troupe/actors/protocol/membership/wish_pool.hpp>

#include <algorithm>

namespace troupe::protocol {

namespace {

using wish = membership_message::wish;

template <class... Fs>
struct overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
overloaded(Fs...) -> overloaded<Fs...>;

bool has_lost_row(const view& v) {
  return std::any_of(v.tables.begin(), v.tables.end(), [](const row_table& t) {
    return std::any_of(t.rows.begin(), t.rows.end(), [](const row& r) { return r.status == row_status::lost; });
  });
}

}  // namespace

bool is_open(const wish& w, const view& v) {
  return std::visit(overloaded{
                        [&](const wish::caught_up& x) {
                          const auto* r = v.find(x.row);
                          return r != nullptr && r->config == x.config && r->learners.contains(x.learner);
                        },
                        [&](const wish::handed_over& x) {
                          const auto* r = v.find(x.row);
                          return r != nullptr && r->config == x.config && r->successor == x.successor && x.successor != nobody;
                        },
                        [&](const wish::activated& x) {
                          const auto* r = v.find(x.row);
                          return r != nullptr && r->epoch == x.epoch && !r->unsealed.empty();
                        },
                        [&](const wish::leave& x) {
                          const auto* m = v.find(x.who);
                          return m != nullptr && !m->leaving;
                        },
                        [&](const wish::create_map& x) {
                          return !x.name.empty() && v.find_map(x.name) == nullptr && v.maps.size() < v.settings.limits.maps_max;
                        },
                        [&](const wish::destroy_map& x) { return v.find(x.id) != nullptr; },
                        [&](const wish::reset_lost&) { return has_lost_row(v); },
                        [&](const wish::damaged& x) {
                          const auto* r = v.find(x.row);
                          return r != nullptr && r->config == x.config && (r->in_sync.contains(x.holder) || r->learners.contains(x.holder));
                        },
                        [&](const wish::formed& x) {
                          const auto* r = v.find(x.row);
                          return r != nullptr && r->epoch == x.epoch && r->status == row_status::forming;
                        },
                        [&](const wish::outgrown& x) {
                          const auto* r = v.find(x.row);
                          return r != nullptr && r->config == x.config && r->epoch <= x.epoch && r->is_held();
                        },
                        [&](const wish::set_counts& x) {
                          const auto* m = v.find(x.what.map);
                          return m != nullptr && v.counts_of(*m) != x.what.to && x.what.to.is_valid();
                        },
                    },
                    w.what);
}

bool may_change(const view& v, const counts_change& c) {
  const auto* map = v.find(c.map);
  const bool is_last_group = v.next_group.next().next() == group_number{};
  return map != nullptr && !is_last_group && !map->moves_from && v.find(map->group())->is_settled();
}

bool has_to_wait(const wish& w, const view& v) {
  if (const auto* s = std::get_if<wish::set_counts>(&w.what)) return !may_change(v, s->what);
  const auto* f = std::get_if<wish::formed>(&w.what);
  const auto* forming = f == nullptr ? nullptr : v.find(f->row);
  return forming != nullptr && !forming->learners.empty();  // With the last one that has caught up it is granted.
}

bool is_urgent(const wish& w) { return !std::holds_alternative<wish::activated>(w.what); }

wish_pool::key wish_pool::key_of(const wish& w) {
  const auto kind = w.what.index();
  return std::visit(overloaded{
                        [&](const wish::caught_up& x) { return key{kind, x.row, x.config.value(), x.learner.value(), {}}; },
                        [&](const wish::handed_over& x) { return key{kind, x.row, x.config.value(), x.successor.value(), {}}; },
                        [&](const wish::activated& x) { return key{kind, x.row, x.epoch.value(), 0, {}}; },
                        [&](const wish::leave& x) { return key{kind, {}, x.who.value(), 0, {}}; },
                        [&](const wish::create_map& x) { return key{kind, {}, 0, 0, x.name}; },
                        [&](const wish::destroy_map& x) { return key{kind, {}, x.id.value(), 0, {}}; },
                        [&](const wish::reset_lost&) { return key{kind, {}, 0, 0, {}}; },
                        [&](const wish::damaged& x) { return key{kind, x.row, x.config.value(), x.holder.value(), {}}; },
                        [&](const wish::formed& x) { return key{kind, x.row, x.epoch.value(), 0, {}}; },
                        [&](const wish::outgrown& x) { return key{kind, x.row, x.config.value(), x.has_copy ? 1u : 0u, {}}; },
                        [&](const wish::set_counts& x) { return key{kind, {x.what.to, {}}, x.what.map.value(), 0, {}}; },
                    },
                    w.what);
}

bool wish_pool::add(const wish& w, instant now) { return wishes_.try_emplace(key_of(w), waiting{w, now}).second; }

void wish_pool::keep_open(const view& v) {
  std::erase_if(wishes_, [&](const auto& entry) { return !is_open(entry.second.what, v); });
}

std::vector<wish> wish_pool::all() const {
  std::vector<wish> result;
  result.reserve(wishes_.size());
  for (const auto& [k, w] : wishes_) result.push_back(w.what);
  return result;
}

template <class Predicate>
std::optional<instant> wish_pool::oldest_of(Predicate fits) const {
  std::optional<instant> result;
  for (const auto& [k, w] : wishes_) {
    if (fits(w.what) && (!result || w.since < *result)) result = w.since;
  }
  return result;
}

std::optional<instant> wish_pool::oldest() const {
  return oldest_of([](const wish&) { return true; });
}

std::optional<instant> wish_pool::oldest_due(const view& v) const {
  return oldest_of([&](const wish& w) { return !has_to_wait(w, v); });
}

std::optional<instant> wish_pool::oldest_urgent(const view& v) const {
  return oldest_of([&](const wish& w) { return is_urgent(w) && !has_to_wait(w, v); });
}

}  // namespace troupe::protocol
