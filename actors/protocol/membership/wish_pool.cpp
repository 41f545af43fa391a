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
                        [&](const wish::set_counts& x) {
                          const auto* m = v.find(x.what.map);
                          return m != nullptr && v.counts_of(*m) != x.what.to && x.what.to.is_valid();
                        },
                    },
                    w.what);
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

std::optional<instant> wish_pool::oldest() const {
  std::optional<instant> result;
  for (const auto& [k, w] : wishes_) {
    if (!result || w.since < *result) result = w.since;
  }
  return result;
}

std::optional<instant> wish_pool::oldest_urgent() const {
  std::optional<instant> result;
  for (const auto& [k, w] : wishes_) {
    if (is_urgent(w.what) && (!result || w.since < *result)) result = w.since;
  }
  return result;
}

}  // namespace troupe::protocol
