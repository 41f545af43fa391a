#include <troupe/actors/map_actor.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include <troupe/actors/administration_actor.hpp>
#include <troupe/actors/subscription_actor.hpp>

namespace troupe {

namespace {

using protocol::map_call;
using protocol::map_result;

struct map_state {
  map_settings settings;
  router_handle router;
  caf::actor administration;

  static inline const char* name = "troupe.map";
};

using map_self = map_actor::stateful_pointer<map_state>;

// The forms in which results reach applications.
caf::message as_lookup(map_result&& r) { return caf::make_message(lookup{r.found, std::string{r.value.view()}}); }
caf::message as_found(map_result&& r) { return caf::make_message(r.found); }
caf::message as_receipt(map_result&& r) { return caf::make_message(receipt{r.epoch.value(), r.seq.value(), r.copies, r.held_by}); }
caf::message as_number(map_result&& r) { return caf::make_message(std::uint64_t{r.number}); }
caf::message as_emptiness(map_result&& r) { return caf::make_message(r.number == 0); }

entry_list entries_of(const map_result& r) {
  entry_list list;
  list.reserve(r.entries.size());
  for (const auto& e : r.entries) list.emplace_back(e.key.view(), e.value.view());
  return list;
}
caf::message as_entries(map_result&& r) { return caf::make_message(entries_of(r)); }
caf::message as_result(map_result&& r) { return caf::make_message(std::string{r.value.view()}); }
caf::message as_page(map_result&& r) { return caf::make_message(page{entries_of(r), std::move(r.cursor)}); }
caf::message as_it_is(map_result&& r) { return caf::make_message(std::move(r)); }

map_call bulk(map_call::kind what) {
  map_call c;
  c.what = what;
  return c;
}

map_call single(operation_kind kind, const std::string& key) {
  map_call c;
  c.operation = kind;
  c.key = blob{key};
  return c;
}

map_call single(operation_kind kind, const std::string& key, const std::string& value) {
  auto c = single(kind, key);
  c.value = blob::keyed(value, key);
  return c;
}

map_call single(operation_kind kind, const std::string& key, const std::string& value, const entry_options& options) {
  auto c = single(kind, key, value);
  c.life = options.choice();
  return c;
}

map_call executing(map_call c, const std::string& processor, const std::string& argument) {
  c.processor = blob{processor};
  c.value = blob{argument};
  return c;
}

/// Passes the call on; the router answers whoever asked this actor.
template <class Result>
auto ask(map_self self, map_call what, caf::message (*shape)(map_result&&), duration timeout, std::stop_token cancelled_by = {}) {
  auto& state = compat::state_of(self);
  state.router.deliver(compat::delegated_letter(self, local::shaped_call{state.settings.name, std::move(what), timeout, shape, std::move(cancelled_by)}));
  return caf::delegated<Result>{};
}
template <class Result>
auto ask(map_self self, map_call what, caf::message (*shape)(map_result&&)) {
  return ask<Result>(self, std::move(what), shape, compat::state_of(self).settings.call_timeout);
}

/// Calls in their general form come from other processes too, and may be anything.
bool is_call(const map_call& c) {
  if (c.what != map_call::kind::single) return c.what <= map_call::kind::execute_entries;
  using kind = operation_kind;
  if (is_about_locks(c.operation)) {
    return c.operation == kind::lock || c.operation == kind::unlock || c.operation == kind::force_unlock || c.operation == kind::is_locked;
  }
  return (c.operation <= kind::execute_if_present && has_key(c.operation)) || c.operation == kind::get_entry_view;
}

/// Backup counts that can be.
std::variant<durability, caf::error> counts_of(std::uint32_t backups, std::uint32_t async_backups) {
  if (backups > backup_count_max || async_backups > backup_count_max - backups) {
    return make_type_error(outcome::not_applied, "a map has at most " + std::to_string(backup_count_max) + " backups, async ones included (asked for: " +
                                                     std::to_string(backups) + " and " + std::to_string(async_backups) + " async)");
  }
  return durability{static_cast<std::uint8_t>(backups), static_cast<std::uint8_t>(async_backups)};
}

/// The administration's yes or no as the result of a call.
template <class Message>
caf::result<map_result> ask_administration(map_self self, Message what) {
  auto promise = self->make_response_promise<map_result>();
  compat::request(self, compat::state_of(self).administration, std::nullopt, std::move(what))
      .then(
          [promise](bool found) mutable {
            map_result answer;
            answer.found = found;
            promise.deliver(std::move(answer));
          },
          [promise](caf::error& e) mutable {
            if (compat::is_gone(e)) e = make_map_error(outcome::indeterminate, failure::closed);
            promise.deliver(std::move(e));
          });
  return promise;
}

caf::result<map_result> ask(map_self self, timed_call& c) {
  if (!c.problem.empty()) return make_type_error(outcome::not_applied, std::move(c.problem));
  const auto& name = compat::state_of(self).settings.name;
  const auto timeout = std::clamp<duration>(c.timeout, duration{}, call_timeout_max);
  switch (c.change.what) {
    case map_change::kind::none: break;
    case map_change::kind::destroy: return ask_administration(self, local::destroy_map{name, timeout});
    case map_change::kind::set_backups: {
      auto counts = counts_of(c.change.backups, c.change.async_backups);
      if (auto* wrong = std::get_if<caf::error>(&counts)) return std::move(*wrong);
      return ask_administration(self, local::set_counts{name, std::get<durability>(counts), timeout});
    }
  }
  if (c.change.what != map_change::kind::none || !is_call(c.what)) return make_type_error(outcome::not_applied, "there is no such operation on a map");
  return ask<map_result>(self, std::move(c.what), as_it_is, timeout, std::move(c.cancelled_by));
}

caf::result<caf::actor> listen(map_self self, listener_request& what) {
  if (!what.problem.empty()) return make_type_error(outcome::not_applied, std::move(what.problem));
  if (!what.listener) return make_type_error(outcome::not_applied, "there is no listener");
  auto& state = compat::state_of(self);
  auto fresh = spawn_subscription(self->home_system(), state.settings.name, std::move(what), state.router);
  compat::delegate(self, fresh, local::begin_listening{});
  return caf::delegated<caf::actor>{};
}

caf::result<bool> end_listening(map_self self, const listener_removal& what) {
  if (!what.subscription) return false;
  auto promise = self->make_response_promise<bool>();
  compat::request(self, what.subscription, std::nullopt, local::end_listening{})
      .then([promise](bool was_there) mutable { promise.deliver(was_there); },
            [promise](const caf::error&) mutable { promise.deliver(false); });  // It has ended by itself before.
  return promise;
}

caf::result<bool> set_backups(map_self self, std::uint32_t backups, std::uint32_t async_backups) {
  auto counts = counts_of(backups, async_backups);
  if (auto* wrong = std::get_if<caf::error>(&counts)) return std::move(*wrong);
  auto& state = compat::state_of(self);
  compat::delegate(self, state.administration, local::set_counts{state.settings.name, std::get<durability>(counts), state.settings.call_timeout});
  return caf::delegated<bool>{};
}

map_actor::behavior_type map_behavior(map_self self, map_settings settings, router_handle router, caf::actor administration) {
  auto& state = compat::state_of(self);
  state.settings = std::move(settings);
  state.router = std::move(router);
  state.administration = std::move(administration);
  using kind = operation_kind;
  return compat::behavior_of<map_actor>(
      [self](get_atom, const std::string& key) { return ask<lookup>(self, single(kind::get, key), as_lookup); },
      [self](contains_atom, const std::string& key) { return ask<bool>(self, single(kind::contains, key), as_found); },
      [self](put_atom, const std::string& key, const std::string& value) { return ask<lookup>(self, single(kind::put, key, value), as_lookup); },
      [self](set_atom, const std::string& key, const std::string& value) { return ask<receipt>(self, single(kind::set, key, value), as_receipt); },
      [self](put_atom, const std::string& key, const std::string& value, const entry_options& options) {
        return ask<lookup>(self, single(kind::put, key, value, options), as_lookup);
      },
      [self](set_atom, const std::string& key, const std::string& value, const entry_options& options) {
        return ask<receipt>(self, single(kind::set, key, value, options), as_receipt);
      },
      [self](set_ttl_atom, const std::string& key, std::int64_t ms) {
        auto c = single(kind::set_ttl, key);
        c.life.ttl = milliseconds{ms};
        return ask<bool>(self, std::move(c), as_found);
      },
      [self](put_if_absent_atom, const std::string& key, const std::string& value, const entry_options& options) {
        return ask<lookup>(self, single(kind::put_if_absent, key, value, options), as_lookup);
      },
      [self](put_if_absent_atom, const std::string& key, const std::string& value) {
        return ask<lookup>(self, single(kind::put_if_absent, key, value), as_lookup);
      },
      [self](replace_atom, const std::string& key, const std::string& value) {
        return ask<lookup>(self, single(kind::replace, key, value), as_lookup);
      },
      [self](replace_atom, const std::string& key, const std::string& expected, const std::string& value) {
        auto c = single(kind::replace_if_equal, key, value);
        c.expected = blob{expected};
        return ask<bool>(self, std::move(c), as_found);
      },
      [self](remove_atom, const std::string& key) { return ask<lookup>(self, single(kind::remove, key), as_lookup); },
      [self](remove_atom, const std::string& key, const std::string& expected) {
        auto c = single(kind::remove_if_equal, key);
        c.expected = blob{expected};
        return ask<bool>(self, std::move(c), as_found);
      },
      [self](erase_atom, const std::string& key) { return ask<receipt>(self, single(kind::erase, key), as_receipt); },
      [self](size_atom) { return ask<std::uint64_t>(self, bulk(map_call::kind::size), as_number); },
      [self](is_empty_atom) { return ask<bool>(self, bulk(map_call::kind::size), as_emptiness); },
      [self](clear_atom) { return ask<std::uint64_t>(self, bulk(map_call::kind::clear), as_number); },
      [self](destroy_atom) {
        auto& state_now = compat::state_of(self);
        compat::delegate(self, state_now.administration, local::destroy_map{state_now.settings.name, state_now.settings.call_timeout});
        return caf::delegated<bool>{};
      },
      [self](set_backups_atom, std::uint32_t backups, std::uint32_t async_backups) { return set_backups(self, backups, async_backups); },
      [self](get_all_atom, const key_list& keys) {
        auto c = bulk(map_call::kind::get_all);
        for (const auto& k : keys) c.keys.emplace_back(k);
        return ask<entry_list>(self, std::move(c), as_entries);
      },
      [self](put_all_atom, const entry_list& entries) {
        auto c = bulk(map_call::kind::put_all);
        for (const auto& [k, v] : entries) c.entries.push_back({blob{k}, blob::keyed(v, k)});
        return ask<std::uint64_t>(self, std::move(c), as_number);
      },
      [self](scan_atom, const std::string& cursor) {
        auto c = bulk(map_call::kind::scan);
        c.cursor = cursor;
        return ask<page>(self, std::move(c), as_page);
      },
      [self](execute_atom, const std::string& key, const std::string& processor, const std::string& argument) {
        return ask<std::string>(self, executing(single(kind::execute, key), processor, argument), as_result);
      },
      [self](execute_atom, const key_list& keys, const std::string& processor, const std::string& argument) {
        auto c = executing(bulk(map_call::kind::execute_keys), processor, argument);
        for (const auto& k : keys) c.keys.emplace_back(k);
        return ask<entry_list>(self, std::move(c), as_entries);
      },
      [self](execute_all_atom, const std::string& processor, const std::string& argument) {
        return ask<entry_list>(self, executing(bulk(map_call::kind::execute_entries), processor, argument), as_entries);
      },
      [self](timed_call& c) { return ask(self, c); },
      [self](listener_request& what) { return listen(self, what); },
      [self](const listener_removal& what) { return end_listening(self, what); });
}

}  // namespace

map_actor spawn_map(caf::actor_system& system, map_settings settings, router_handle router, caf::actor administration) {
  return system.spawn(map_behavior, std::move(settings), std::move(router), std::move(administration));
}

}  // namespace troupe
