#include "tests/actors/map_stage.hpp"

#include <algorithm>
#include <sstream>

#include <troupe/actors/protocol/planner/planner.hpp>

namespace troupe::test::model {

namespace {

constexpr milliseconds at_rest_after{1000};
constexpr milliseconds rest_comes_within{60'000};
/// A router asks again after half a second of silence.
constexpr milliseconds what_is_lost_is_asked_again{2000};

std::shared_ptr<const processor_registry> with_rewrite() {
  auto processors = std::make_shared<processor_registry>();
  processors->add<rewrite>();
  return processors;
}

answer failed(const caf::error& why) {
  answer a;
  a.how = outcome_of(why);
  a.why = failure_of(why).value_or(failure::closed);  // An actor that is gone went with its member.
  return a;
}

owner owner_of(const holder& h) { return owner{owner_number{h.number}}; }

}  // namespace

stage::stage(std::size_t members, cluster_settings settings)
    : began_{system_.clock().now()},
      cluster_{system_, members, std::move(settings), with_rewrite()},
      views_{views()},
      moving_until_{now() + at_rest_after} {}

milliseconds stage::now() const {
  return std::chrono::duration_cast<milliseconds>(const_cast<caf::actor_system&>(system_).clock().now() - began_);
}

void stage::advance(milliseconds by, milliseconds piece) {
  const auto end = now() + by;
  while (now() < end) {
    if (heal_at_ && now() >= *heal_at_) {
      cluster_.heal();
      heal_at_.reset();
    }
    cluster_.advance(std::min(piece, end - now()));
    piece_has_passed();
  }
}

void stage::piece_has_passed() {
  if (auto seen = views(); seen != views_) {
    views_ = std::move(seen);
    moving_until_ = now() + at_rest_after;
  }
  if (rows_move()) moved_ = now();
  passing_();
}

std::vector<std::pair<std::size_t, view_number>> stage::views() const {
  std::vector<std::pair<std::size_t, view_number>> all;
  for (const auto m : living()) {
    const auto v = cluster_.view_of(m);
    all.emplace_back(m, v ? v->name.number : view_number{});
  }
  return all;
}

bool stage::rest(const std::function<bool()>& until) {
  cluster_.heal();
  heal_at_.reset();
  const auto began = now();
  for (;;) {
    const auto is_settled = cluster_.settle(milliseconds{0});
    piece_has_passed();
    const auto is_quiet = moving_until_ <= now() - at_rest_after && (!is_disturbed_ || now() - began >= what_is_lost_is_asked_again);
    if (is_settled && is_quiet && until()) break;
    if (now() - began > rest_comes_within) return false;
  }
  is_disturbed_ = false;
  return true;
}

std::string stage::describe() const {
  std::ostringstream out;
  const auto names = [](const member_set& set) {
    std::string list;
    for (const auto m : set) list += ' ' + std::to_string(m.value());
    return list.empty() ? " nobody" : list;
  };
  view_ptr newest;
  for (const auto m : living()) {
    const auto v = cluster_.view_of(m);
    out << "  member " << m << ": ";
    if (!v) {
      out << "no view\n";
      continue;
    }
    out << "view " << v->name.number.value() << " of";
    for (const auto& x : v->members) out << ' ' << x.number.value() << " (" << x.address.port << (x.leaving ? ", leaves)" : ")");
    out << '\n';
    if (!newest || v->name.number > newest->name.number) newest = v;
  }
  if (!newest) return out.str();
  for (const auto& table : newest->tables) {
    for (std::uint32_t i = 0; i < table.rows.size(); ++i) {
      const auto& r = table.rows[i];
      const auto missing = protocol::shortfall_of(*newest, table.id_of(i));
      if (missing.backups_missing + missing.async_backups_missing == 0 && !missing.catching_up) continue;
      out << "  row " << to_string(table.id_of(i)) << ", status " << int{static_cast<std::uint8_t>(r.status)} << ": primary "
          << r.primary.value() << ", in sync" << names(r.in_sync) << ", learners" << names(r.learners) << ", async"
          << names(r.async_backups) << ", unsealed" << names(r.unsealed) << ", successor " << r.successor.value() << '\n';
    }
  }
  return out.str();
}

std::vector<std::size_t> stage::living() const {
  std::vector<std::size_t> all;
  for (std::size_t m = 0; m < cluster_.size(); ++m) {
    if (cluster_.is_alive(m)) all.push_back(m);
  }
  return all;
}

std::size_t stage::members() const {
  const auto all = living();
  return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [this](std::size_t m) { return cluster_.view_of(m) != nullptr; }));
}

bool stage::has_map(const std::string& name) const {
  const auto v = cluster_.view_of(living().front());
  return v && v->find_map(name) != nullptr;
}

std::size_t stage::fewest_copies_in_sync() const {
  auto fewest = living().size();
  const auto v = cluster_.view_of(living().front());
  if (!v) return 0;
  for (const auto& table : v->tables) {
    for (const auto& r : table.rows) fewest = std::min(fewest, r.in_sync.size());
  }
  return fewest;
}

std::size_t stage::start() {
  disturb();
  return cluster_.start();
}
void stage::kill(std::size_t member) {
  disturb();
  cluster_.kill(member);
}
void stage::leave(std::size_t member) {
  disturb();
  cluster_.leave(member);
}
void stage::cut(std::size_t a, std::size_t b, milliseconds how_long) {
  disturb();
  cluster_.cut(a, b);
  heal_at_ = now() + how_long;
}
void stage::isolate(std::size_t member, milliseconds how_long) {
  for (const auto m : living()) {
    if (m != member) cut(member, m, how_long);
  }
}

const texts& stage::map(const std::string& name, std::size_t member) {
  const auto known = handles_.find({name, member});
  if (known != handles_.end()) return known->second;
  return handles_.emplace(std::pair{name, member}, cluster_.map<std::string, std::string>(name, member)).first->second;
}

void stage::end(question& q, answer got) {
  q.ended = now();
  q.is_calm = moved_ < q.called && !rows_move();
  std::sort(got.pairs.begin(), got.pairs.end());
  q.got = std::move(got);
}

template <class T, class Fill>
void stage::make(const std::shared_ptr<question>& q, call<T> what, duration within, Fill fill) {
  auto made = std::move(what).within(within);
  if (q->what.who.number != 0) made = std::move(made).as(owner_of(q->what.who));
  made.async([this, q, fill](result<T> r) {
    answer a;
    if (r)
      fill(a, *std::move(r));
    else
      a = failed(r.error());
    end(*q, std::move(a));
  });
}

void stage::page(const std::shared_ptr<question>& q, duration within, const std::string& from, answer so_far) {
  map(q->map, q->member)
      .entries(from, q->what.page_bytes)
      .within(within)
      .async([this, q, within, so_far](result<entry_page<std::string, std::string>> r) mutable {
        if (!r) return end(*q, failed(r.error()));
        for (auto& e : r->entries) so_far.pairs.push_back(std::move(e));
        if (r->next.empty()) return end(*q, std::move(so_far));
        page(q, within, r->next, std::move(so_far));
      });
}

std::shared_ptr<question> stage::ask(const std::string& name, std::size_t member, request what, duration within, std::uint64_t copies) {
  auto q = std::make_shared<question>(question{name, member, std::move(what), now(), {}, false, copies});
  const auto& m = map(name, member);
  const auto& r = q->what;
  const auto value = [](answer& a, std::optional<std::string> v) { a.value = std::move(v); };
  const auto viewed = [](answer& a, const std::optional<entry_view<std::string>>& v) {
    if (v) a.value = view_text(v->value, v->ttl.value_or(milliseconds{}), v->max_idle.value_or(milliseconds{}));
  };
  const auto flag = [](answer& a, bool is_so) { a.flag = is_so; };
  const auto number = [](answer& a, std::uint64_t n) { a.number = n; };
  const auto pairs = [](answer& a, std::vector<std::pair<std::string, std::string>> list) { a.pairs = std::move(list); };
  switch (r.what) {
    case kind::get: make(q, m.get(r.key), within, value); break;
    case kind::get_entry_view: make(q, m.get_entry_view(r.key), within, viewed); break;
    case kind::contains_key: make(q, m.contains_key(r.key), within, flag); break;
    case kind::put: make(q, m.put(r.key, r.value, r.life), within, value); break;
    case kind::set: make(q, m.set(r.key, r.value, r.life), within, [](answer& a, const receipt& x) { a.number = x.members.size(); }); break;
    case kind::put_if_absent: make(q, m.put_if_absent(r.key, r.value, r.life), within, value); break;
    case kind::replace: make(q, m.replace(r.key, r.value), within, value); break;
    case kind::replace_if_equal: make(q, m.replace(r.key, r.expected, r.value), within, flag); break;
    case kind::remove: make(q, m.remove(r.key), within, value); break;
    case kind::remove_if_equal: make(q, m.remove(r.key, r.expected), within, flag); break;
    case kind::erase: make(q, m.erase(r.key), within, [](answer& a, const receipt& x) { a.flag = x.seq != 0; }); break;
    case kind::try_put: make(q, m.try_put(r.key, r.value, r.wait), within, flag); break;
    case kind::try_remove: make(q, m.try_remove(r.key, r.wait), within, flag); break;
    case kind::set_ttl: make(q, m.set_ttl(r.key, milliseconds{r.life.ttl_ms}), within, flag); break;
    case kind::execute_on_key: make(q, m.execute_on_key(r.key, r.processor), within, value); break;
    case kind::lock: make(q, m.lock(r.key, owner_of(r.who), r.lease), within, [](answer& a, const lock_fence& f) { a.fence = f; }); break;
    case kind::try_lock:
      make(q, m.try_lock(r.key, owner_of(r.who), r.wait, r.lease), within,
           [](answer& a, const std::optional<lock_fence>& f) { a.fence = f; });
      break;
    case kind::unlock: make(q, m.unlock(r.key, owner_of(r.who)), within, number); break;
    case kind::is_locked: make(q, m.is_locked(r.key), within, flag); break;
    case kind::force_unlock: make(q, m.force_unlock(r.key), within, flag); break;
    case kind::get_all: make(q, m.get_all(r.keys), within, pairs); break;
    case kind::put_all: make(q, m.put_all(r.pairs), within, number); break;
    case kind::execute_on_keys: make(q, m.execute_on_keys(r.keys, r.processor), within, pairs); break;
    case kind::execute_on_entries: make(q, m.execute_on_entries(r.processor), within, pairs); break;
    case kind::size: make(q, m.size(), within, number); break;
    case kind::is_empty: make(q, m.is_empty(), within, flag); break;
    case kind::entries: page(q, within, {}, {}); break;
    case kind::clear: make(q, m.clear(), within, number); break;
  }
  cluster_.run();
  return q;
}

std::shared_ptr<stage::command> stage::destroy(const std::string& name, std::size_t member) {
  auto c = std::make_shared<command>();
  disturb();
  system_.spawn([c, handle = map(name, member).handle()](caf::event_based_actor* self) {
    compat::request(self, handle, std::nullopt, destroy_atom_v)
        .then([c](bool was) { c->done = was; }, [c](const caf::error& e) { c->error = troupe::describe(e); });
  });
  return c;
}

std::shared_ptr<stage::command> stage::set_backups(const std::string& name, std::size_t member, durability to) {
  auto c = std::make_shared<command>();
  disturb();
  system_.spawn([c, to, handle = map(name, member).handle()](caf::event_based_actor* self) {
    compat::request(self, handle, std::nullopt, set_backups_atom_v, std::uint32_t{to.backups}, std::uint32_t{to.async_backups})
        .then([c](bool was) { c->done = was; }, [c](const caf::error& e) { c->error = troupe::describe(e); });
  });
  return c;
}

std::shared_ptr<ear> stage::listen(const std::string& name, std::size_t member) {
  auto e = std::make_shared<ear>(map(name, member));
  e->member = member;
  const auto listener = system_.spawn([e](caf::event_based_actor*) -> caf::behavior {
    return {[e](const entry_events& batch) {
      for (auto& event : e->map.read(batch)) {
        if (event.what == entry_event_kind::ended) {
          e->has_ended = true;
          e->end = event.text;
        } else {
          e->heard_up_to[event.partition] = std::max(e->heard_up_to[event.partition], event.at);
          e->events.push_back(std::move(event));
        }
      }
    }};
  });
  system_.spawn([e, listener](caf::event_based_actor* self) {
    e->map.add_entry_listener(listener, listener_options{.old_values = true})
        .request(self)
        .then([e](const caf::actor&) { e->is_confirmed = true; },
              [e](const caf::error& why) {
                e->has_ended = true;
                e->end = troupe::describe(why);
              });
  });
  cluster_.run();
  return e;
}

}  // namespace troupe::test::model
