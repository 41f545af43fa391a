// How maps are asked, and listened to, as applications do it.
#include <algorithm>
#include <utility>

#include "tests/actors/map_stage.hpp"

namespace troupe::test::model {

namespace {

answer failed(const caf::error& why) {
  answer a;
  a.how = outcome_of(why);
  a.why = failure_of(why).value_or(failure::closed);  // An actor that is gone went with its member.
  return a;
}

owner owner_of(const holder& h) { return owner{owner_number{h.number}}; }

}  // namespace

const texts& stage::map(const std::string& name, std::size_t member) {
  const auto known = handles_.find({name, member});
  if (known != handles_.end()) return known->second;
  return handles_.emplace(std::pair{name, member}, cluster_.map<std::string, std::string>(name, member)).first->second;
}

void stage::end(question& q, answer got) {
  q.ended = now();
  q.is_calm = moved_ < q.called && !rows_move();
  const auto is_client = clients_.contains(q.member);
  const auto has_map = std::find_if(settings_.maps.begin(), settings_.maps.end(), [&](const map_definition& m) { return m.pattern == q.map; });
  q.may_be_copys = !is_client && has_map != settings_.maps.end() && has_map->read_backup_data && (q.may_be_copys || !q.is_calm);
  std::sort(got.pairs.begin(), got.pairs.end());
  q.got = std::move(got);
}

template <class T, class Fill>
void stage::make(const std::shared_ptr<question>& q, call<T> what, duration within, Fill fill) {
  auto made = std::move(what).within(within).cancelled_by(q->stop.get_token());
  if (q->what.copies != 0) made = std::move(made).with_copies(q->what.copies);
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
      .cancelled_by(q->stop.get_token())
      .async([this, q, within, so_far](result<entry_page<std::string, std::string>> r) mutable {
        if (!r) return end(*q, failed(r.error()));
        for (auto& e : r->entries) so_far.pairs.push_back(std::move(e));
        if (r->next.empty()) return end(*q, std::move(so_far));
        page(q, within, r->next, std::move(so_far));
      });
}

void stage::page_of_keys(const std::shared_ptr<question>& q, duration within, const std::string& from, answer so_far) {
  map(q->map, q->member)
      .keys(from, q->what.page_bytes)
      .within(within)
      .cancelled_by(q->stop.get_token())
      .async([this, q, within, so_far](result<key_page<std::string>> r) mutable {
        if (!r) return end(*q, failed(r.error()));
        for (auto& k : r->keys) so_far.pairs.emplace_back(std::move(k), "");
        if (r->next.empty()) return end(*q, std::move(so_far));
        page_of_keys(q, within, r->next, std::move(so_far));
      });
}

void stage::cancel(question& q) {
  q.is_cancelled = true;
  q.stop.request_stop();
  cluster_.run();
}

std::shared_ptr<question> stage::ask(const std::string& name, std::size_t member, request what, duration within, std::uint64_t copies) {
  auto q = std::make_shared<question>(question{name, member, std::move(what), now(), {}, false, copies});
  q->may_be_copys = q->what.what == kind::get && has_copy(name, member, q->what.key);
  const auto& m = map(name, member);
  const auto& r = q->what;
  const auto value = [](answer& a, std::optional<std::string> v) { a.value = std::move(v); };
  const auto viewed = [](answer& a, const std::optional<entry_view<std::string>>& v) {
    if (!v) return;
    a.value = view_text(v->value, v->ttl.value_or(milliseconds{}), v->max_idle.value_or(milliseconds{}));
    a.view = looked_at{v->version, v->ends_in};
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
    case kind::keys: page_of_keys(q, within, {}, {}); break;
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

std::shared_ptr<ear> stage::listen(const std::string& name, std::size_t member, wish_to_hear what) {
  auto e = std::make_shared<ear>(map(name, member), std::move(what));
  e->member = member;
  const auto listener = system_.spawn([e](caf::event_based_actor*) -> caf::behavior {
    return {[e](const entry_events& batch) {
      for (auto& event : e->map.read(batch)) {
        if (event.what == entry_event_kind::ended) {
          e->has_ended = true;
          e->end = event.text;
        } else {
          e->events.push_back(std::move(event));
        }
      }
    }};
  });
  system_.spawn([e, listener](caf::event_based_actor* self) {
    const listener_options options{e->wanted.values, e->wanted.old_values};
    auto adding = e->wanted.key       ? e->map.add_entry_listener(listener, *e->wanted.key, options)
                  : e->wanted.through ? e->map.add_entry_listener(listener, *e->wanted.through, options)
                                      : e->map.add_entry_listener(listener, options);
    std::move(adding).request(self).then(
        [e](const caf::actor& subscription) {
          e->subscription = subscription;
          e->is_confirmed = true;
        },
        [e](const caf::error& why) {
          e->has_ended = true;
          e->end = troupe::describe(why);
        });
  });
  cluster_.run();
  return e;
}

std::shared_ptr<stage::command> stage::stop_listening(const ear& e) {
  auto c = std::make_shared<command>();
  system_.spawn([c, map = e.map, subscription = e.subscription](caf::event_based_actor* self) {
    map.remove_entry_listener(subscription)
        .request(self)
        .then([c](bool was) { c->done = was; }, [c](const caf::error& why) { c->error = troupe::describe(why); });
  });
  cluster_.run();
  return c;
}

}  // namespace troupe::test::model
