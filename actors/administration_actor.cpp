#include <troupe/actors/administration_actor.hpp>

#include <algorithm>
#include <map>
#include <utility>

#include <troupe/actors/crash_stop.hpp>
#include <troupe/actors/map_api.hpp>
#include <troupe/actors/protocol/planner/planner.hpp>

namespace troupe {

member_stats summarize(const std::vector<local::row_census>& rows, const view& v, member_no self) {
  using protocol::replica_role;
  member_stats sum;
  sum.who = self;
  std::map<map_id, map_stats> maps;
  for (const auto& m : v.maps) maps[m.id].name = m.name;
  for (const auto& r : rows) {
    sum.rows_primary += r.role == replica_role::primary ? 1 : 0;
    sum.rows_backup += r.role == replica_role::backup ? 1 : 0;
    sum.rows_async_backup += r.role == replica_role::async_backup ? 1 : 0;
    sum.rows_learning += r.role == replica_role::learner ? 1 : 0;
    sum.rows_not_serving += r.role == replica_role::primary && !r.serves ? 1 : 0;
    sum.uncommitted_records += r.uncommitted;
    sum.async_lag_records += r.async_lag;
    sum.async_behind += r.async_behind;
    sum.upkeep += r.upkeep;
    sum.memory_used += r.memory_bytes;
    for (const auto& m : r.maps) {
      auto at = maps.find(m.map);
      if (at == maps.end()) continue;  // Destroyed since.
      auto& s = at->second;
      s.reads += m.activity.reads;
      s.writes += m.activity.writes;
      s.hits += m.activity.hits;
      s.backup_reads += m.activity.backup_reads;
      s.expired += m.activity.expired;
      s.evicted += m.activity.evicted;
      s.read_wait += m.activity.read_wait;
      s.write_wait += m.activity.write_wait;
      s.locked_entries += m.locked_entries;
      switch (r.role) {
        case replica_role::primary: s.owned_entries += m.entries, s.owned_bytes += m.bytes; break;
        case replica_role::backup:
        case replica_role::learner: s.backup_entries += m.entries, s.backup_bytes += m.bytes; break;
        case replica_role::async_backup: s.async_backup_entries += m.entries, s.async_backup_bytes += m.bytes; break;
        case replica_role::none: break;
      }
    }
  }
  for (auto& [id, s] : maps) sum.maps.push_back(std::move(s));
  return sum;
}

std::string no_such_map(const std::string& name) { return "there is no map '" + name + "'"; }

namespace {

using membership_message::wish;

constexpr auto ask_again_after = milliseconds{100};
constexpr std::size_t map_name_bytes_max = 255;
/// This process's own actors. (Origins of clients are other ones.)
constexpr protocol::origin_id own_actors{0};

bool has_lost_rows(const view& v) {
  return std::any_of(v.tables.begin(), v.tables.end(), [](const row_table& t) {
    return std::any_of(t.rows.begin(), t.rows.end(), [](const row& r) { return r.status == row_status::lost; });
  });
}

/// The map has moved, if it had to, and its rows have the copies that there are members for.
bool has_counts(const view& v, const map_info& map, const durability& counts) {
  if (map.moves_from || v.counts_of(map) != counts) return false;
  for (std::uint32_t p = 0; p < v.settings.partition_count; ++p) {
    const auto missing = protocol::shortfall_of(v, v.home_of(map, partition_id{p}));
    if (missing.backups_missing + missing.async_backups_missing > 0) return false;
  }
  return true;
}

/// Whether there is nothing left to wish for.
struct fulfilled_by {
  const view& v;

  bool operator()(const wish::set_counts& w) const {
    const auto* map = v.find(w.what.map);
    return map == nullptr || has_counts(v, *map, w.what.to);
  }

  bool operator()(const wish::create_map& w) const { return v.find_map(w.name) != nullptr || v.maps.size() >= v.settings.limits.maps_max; }
  bool operator()(const wish::destroy_map& w) const { return v.find(w.id) == nullptr; }
  bool operator()(const wish::reset_lost&) const { return !has_lost_rows(v); }
  template <class Other>
  bool operator()(const Other&) const {  // Those are of rows and members, and none of this actor's.
    return true;
  }
};

/// None: the wish has come true.
using wish_end = std::function<void(failure)>;

struct waiting_for_wish {
  protocol::origin_id from;
  caf::actor_clock::time_point deadline;  ///< by CAF's clock, which also drives the ticks
  wish_end done;
};

/// What the cluster is asked for, until a view shows it. Invariant: somebody waits.
struct standing_wish {
  wish what;
  std::vector<waiting_for_wish> waiting;
  bool is_granted = false;  ///< a view has done what it asks for, which takes time: whoever asked for something else since shall not be contradicted
};

bool is_granted(const wish& w, const view& v) {
  const auto* s = std::get_if<wish::set_counts>(&w.what);
  const auto* map = s == nullptr ? nullptr : v.find(s->what.map);
  return map != nullptr && v.counts_of(*map) == s->what.to;
}

struct administration_state {
  std::shared_ptr<administration_environment> environment;
  view_ptr view;
  std::vector<standing_wish> standing;  ///< each wish once
  std::size_t waiting = 0;              ///< over all of them
  bool ticking = false;

  static inline const char* name = "troupe.administration";
};

using administration_self = caf::stateful_actor<administration_state>;

/// Takes away those who fit, and wishes for which nobody is left.
template <class Predicate>
std::vector<wish_end> take_waiting(administration_state& state, Predicate fits) {
  std::vector<wish_end> taken;
  for (auto& s : state.standing) {
    std::erase_if(s.waiting, [&](waiting_for_wish& w) {
      if (!fits(s, w)) return false;
      taken.push_back(std::move(w.done));
      return true;
    });
  }
  std::erase_if(state.standing, [](const standing_wish& s) { return s.waiting.empty(); });
  state.waiting -= taken.size();
  return taken;
}

void end_all(std::vector<wish_end> ends, failure how) {
  for (auto& e : ends) e(how);
}

void pursue(administration_self* self, administration_state& state) {
  const auto now = self->clock().now();
  if (state.view) {
    const auto is_fulfilled = [&](const standing_wish& s, const waiting_for_wish&) {
      return std::visit(fulfilled_by{*state.view}, s.what.what);
    };
    end_all(take_waiting(state, is_fulfilled), failure::none);
  }
  end_all(take_waiting(state, [&](const standing_wish&, const waiting_for_wish& w) { return w.deadline <= now; }), failure::deadline);
  if (state.standing.empty()) return;
  if (state.view) {
    std::vector<wish> list;
    for (auto& s : state.standing) {
      s.is_granted = s.is_granted || is_granted(s.what, *state.view);
      if (!s.is_granted) list.push_back(s.what);
    }
    if (!list.empty()) state.environment->wish(std::move(list));
  }
  if (std::exchange(state.ticking, true)) return;
  compat::send_to_self_after(self, ask_again_after, local::tick{});
}

void stand(administration_self* self, administration_state& state, wish what, waiting_for_wish who) {
  if (state.waiting >= waiting_for_wishes_max) return who.done(failure::overloaded);
  ++state.waiting;
  const auto same = std::find_if(state.standing.begin(), state.standing.end(), [&](const standing_wish& s) { return s.what == what; });
  if (same != state.standing.end()) return same->waiting.push_back(std::move(who));
  state.standing.push_back({std::move(what), {}});
  state.standing.back().waiting.push_back(std::move(who));
  pursue(self, state);
}

/// Why no map of this name can be made; none when it can, or exists.
failure creation_obstacle(const administration_state& state, const std::string& name) {
  if (name.empty() || name.size() > map_name_bytes_max) return failure::bad_name;
  if (!state.view || state.view->find_map(name) != nullptr) return failure::none;
  return state.view->maps.size() >= state.view->settings.limits.maps_max ? failure::too_many_maps : failure::none;
}

void create_map(administration_self* self, administration_state& state, const std::string& name, waiting_for_wish who) {
  if (const auto why = creation_obstacle(state, name); why != failure::none) return who.done(why);
  who.done = [&state, name, done = std::move(who.done)](failure how) { done(how == failure::none ? creation_obstacle(state, name) : how); };
  stand(self, state, {wish::create_map{name}}, std::move(who));
}

/// For the router, which repeats itself.
void create_map_for_router(administration_self* self, administration_state& state, const std::string& name) {
  const auto deadline = self->clock().now() + wish_stands_for;
  for (auto& s : state.standing) {
    const auto* same = std::get_if<wish::create_map>(&s.what.what);
    if (same == nullptr || same->name != name) continue;
    const auto own = std::find_if(s.waiting.begin(), s.waiting.end(), [](const waiting_for_wish& w) { return w.from == own_actors; });
    if (own == s.waiting.end()) break;
    own->deadline = deadline;
    return;
  }
  create_map(self, state, name, {own_actors, deadline, [&state, name](failure why) {
                                   const auto for_good = why == failure::too_many_maps || why == failure::bad_name;
                                   if (for_good) state.environment->map_refused(name, why);
                                 }});
}

/// `absent` is called instead when there is no such map.
void destroy_map(administration_self* self, administration_state& state, const std::string& name, waiting_for_wish who,
                 const std::function<void()>& absent) {
  const auto* present = state.view ? state.view->find_map(name) : nullptr;
  if (present == nullptr) return absent();
  stand(self, state, {wish::destroy_map{present->id}}, std::move(who));
}

/// `absent` as above.
void set_counts(administration_self* self, administration_state& state, const std::string& name, const durability& to, waiting_for_wish who,
                const std::function<void()>& absent) {
  const auto* present = state.view ? state.view->find_map(name) : nullptr;
  if (present == nullptr) return absent();
  stand(self, state, {wish::set_counts{{present->id, to}}}, std::move(who));
}

/// True when the wish has come true.
wish_end answer_into(const caf::response_promise& into) {
  return [promise = into](failure how) mutable {
    if (how == failure::none) return promise.deliver(true);
    promise.deliver(make_map_error(how == failure::overloaded ? outcome::not_applied : outcome::indeterminate, how));
  };
}

void destroy_map(administration_self* self, administration_state& state, const local::destroy_map& d, const caf::response_promise& promise) {
  destroy_map(self, state, d.name, {own_actors, self->clock().now() + d.timeout, answer_into(promise)},
              [absent = promise]() mutable { absent.deliver(false); });
}

void set_counts(administration_self* self, administration_state& state, const local::set_counts& c, const caf::response_promise& promise) {
  set_counts(self, state, c.map, c.to, {own_actors, self->clock().now() + c.timeout, answer_into(promise)},
             [absent = promise]() mutable { absent.deliver(false); });
}

/// What a map actor asks for is not even begun: its time is over, or nobody here knows which maps there are.
bool refused_at_once(const administration_state& state, duration timeout, caf::response_promise& promise) {
  if (timeout > duration{} && state.view) return false;
  promise.deliver(make_map_error(outcome::not_applied, state.view ? failure::deadline : failure::no_cluster));
  return true;
}

/// One command of a client: carried out by the overload for its kind, answered through `answer`.
struct command_runner {
  administration_self* self;
  administration_state& state;
  protocol::origin_id from;
  std::function<void(client_message::command_result)> answer;
  client_message::command_result result;

  void refuse(failure why) {
    result.error = to_string(why);
    answer(result);
  }
  /// Answers when the wish has ended.
  [[nodiscard]] waiting_for_wish waiting(duration for_how_long = wish_stands_for) const {
    return {from, self->clock().now() + for_how_long, [answer = answer, result = result](failure why) mutable {
              if (why != failure::none) result.error = to_string(why);
              answer(std::move(result));
            }};
  }

  void operator()(const client_message::command::create_map& c) { create_map(self, state, c.name, waiting()); }
  void operator()(const client_message::command::destroy_map& c) {
    if (!state.view) return refuse(failure::no_cluster);
    destroy_map(self, state, c.name, waiting(), [&] {
      result.error = no_such_map(c.name);
      answer(result);
    });
  }
  void operator()(const client_message::command::set_counts& c) {
    if (!state.view) return refuse(failure::no_cluster);
    set_counts(self, state, c.map, c.to, waiting(counts_stand_for), [&] {
      result.error = no_such_map(c.map);
      answer(result);
    });
  }
  void operator()(const client_message::command::stats&) {
    state.environment->take_census(
        [answer = answer, result = result, view = state.view, self_no = state.environment->self(),
         memory_limit = state.environment->memory_limit()](auto rows) mutable {
          if (view) result.stats = summarize(rows, *view, self_no);
          result.stats.memory_limit = memory_limit;
          answer(std::move(result));
        });
  }
  void operator()(const client_message::command::reset_lost&) { stand(self, state, {wish::reset_lost{}}, waiting()); }
  void operator()(const client_message::command::force_view&) {
    state.environment->force_view();
    answer(result);
  }
  void operator()(const client_message::command::shutdown& c) {
    answer(result);
    state.environment->shut_down(c.without_moving);
  }
};

caf::behavior administration(administration_self* self, std::shared_ptr<administration_environment> environment) {
  auto& state = compat::state_of(self);
  stop_on_exception(self, self->name());
  state.environment = std::move(environment);
  compat::on_exit(self, [self, &state](caf::exit_msg& end) {
    end_all(take_waiting(state, [](const standing_wish&, const waiting_for_wish&) { return true; }), failure::closed);
    self->quit(std::move(end.reason));
  });
  return {
      [self, &state](const local::view_installed& news) {
        state.view = news.view;
        pursue(self, state);
      },
      [self, &state](local::tick) {
        state.ticking = false;
        pursue(self, state);
      },
      [self, &state](const local::client_command& c) {
        auto answer = [environment = state.environment, to = c.from](client_message::command_result r) {
          environment->answer(to, std::move(r));
        };
        client_message::command_result result;
        result.request = c.what.request;
        std::visit(command_runner{self, state, c.from, std::move(answer), std::move(result)}, c.what.what);
      },
      [&state](const local::origin_gone& gone) {
        (void)take_waiting(state, [&](const standing_wish&, const waiting_for_wish& w) { return w.from == gone.which; });
      },
      [self, &state](const local::create_map& c) { create_map_for_router(self, state, c.name); },
      [self, &state](const local::destroy_map& d) {
        auto promise = self->make_response_promise();
        if (!refused_at_once(state, d.timeout, promise)) destroy_map(self, state, d, promise);
        return promise;
      },
      [self, &state](const local::set_counts& c) {
        auto promise = self->make_response_promise();
        if (!refused_at_once(state, c.timeout, promise)) set_counts(self, state, c, promise);
        return promise;
      },
  };
}

}  // namespace

caf::actor spawn_administration(caf::actor_system& system, std::shared_ptr<administration_environment> environment) {
  return system.spawn(administration, std::move(environment));
}

}  // namespace troupe
