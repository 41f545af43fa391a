#include <troupe/actors/administration_actor.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <troupe/actors/map_api.hpp>

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
    for (const auto& m : r.maps) {
      auto at = maps.find(m.map);
      if (at == maps.end()) continue;  // Destroyed since.
      auto& s = at->second;
      s.reads += m.reads;
      s.writes += m.writes;
      s.backup_reads += m.backup_reads;
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

namespace {

constexpr auto ask_again_after = milliseconds{100};
constexpr std::size_t map_name_bytes_max = 255;

/// A wish that stands until a view shows it.
struct standing_wish {
  std::function<std::vector<membership_message::wish>(const view&)> still;  ///< what to wish for now; empty: the view shows it
  std::function<void()> done;
};

struct administration_state {
  std::shared_ptr<administration_environment> environment;
  view_ptr view;
  std::vector<standing_wish> standing;
  std::set<std::string> creating;  ///< for the router, which repeats itself
  bool ticking = false;

  static inline const char* name = "troupe.administration";
};

using administration_self = caf::stateful_actor<administration_state>;

void pursue(administration_self* self, administration_state& state) {
  if (state.view) {
    std::vector<membership_message::wish> now;
    std::vector<std::function<void()>> done;
    std::erase_if(state.standing, [&](standing_wish& s) {
      auto wishes = s.still(*state.view);
      if (wishes.empty()) done.push_back(std::move(s.done));
      const auto fulfilled = wishes.empty();
      std::move(wishes.begin(), wishes.end(), std::back_inserter(now));
      return fulfilled;
    });
    if (!now.empty()) state.environment->wish(std::move(now));
    for (auto& d : done) d();
  }
  if (!state.standing.empty() && !state.ticking) {
    state.ticking = true;
    compat::send_to_self_after(self, ask_again_after, local::tick{});
  }
}

void stand(administration_self* self, administration_state& state, standing_wish wish) {
  state.standing.push_back(std::move(wish));
  pursue(self, state);
}

/// Why no map of this name can be made; none when it can, or exists.
failure creation_obstacle(const administration_state& state, const std::string& name) {
  if (name.empty() || name.size() > map_name_bytes_max) return failure::bad_name;
  if (!state.view || state.view->find_map(name) != nullptr) return failure::none;
  return state.view->maps.size() >= state.view->settings.limits.maps_max ? failure::too_many_maps : failure::none;
}

void create_map(administration_self* self, administration_state& state, const std::string& name, std::function<void(failure)> done) {
  if (const auto why = creation_obstacle(state, name); why != failure::none) return done(why);
  auto still = [name](const view& v) -> std::vector<membership_message::wish> {
    if (v.find_map(name) != nullptr || v.maps.size() >= v.settings.limits.maps_max) return {};
    return {{membership_message::wish::create_map{name}}};
  };
  auto finish = [&state, name, done = std::move(done)] { done(creation_obstacle(state, name)); };
  stand(self, state, {std::move(still), std::move(finish)});
}

void destroy_map(administration_self* self, administration_state& state, const std::string& name, std::function<void(bool)> done) {
  const auto* present = state.view ? state.view->find_map(name) : nullptr;
  if (present == nullptr) return done(false);
  auto still = [id = present->id](const view& v) -> std::vector<membership_message::wish> {
    if (v.find(id) == nullptr) return {};
    return {{membership_message::wish::destroy_map{id}}};
  };
  stand(self, state, {std::move(still), [done = std::move(done)] { done(true); }});
}

bool has_lost_rows(const view& v) {
  return std::any_of(v.tables.begin(), v.tables.end(), [](const row_table& t) {
    return std::any_of(t.rows.begin(), t.rows.end(), [](const row& r) { return r.status == row_status::lost; });
  });
}

/// One command of a client: carried out by the overload for its kind, answered through `answer`.
struct command_runner {
  administration_self* self;
  administration_state& state;
  std::function<void(client_message::command_result)> answer;
  client_message::command_result result;

  void operator()(const client_message::command::create_map& c) {
    create_map(self, state, c.name, [answer = answer, result = result](failure why) mutable {
      if (why != failure::none) result.error = to_string(why);
      answer(std::move(result));
    });
  }
  void operator()(const client_message::command::destroy_map& c) {
    destroy_map(self, state, c.name, [answer = answer, result = result, name = c.name](bool existed) mutable {
      if (!existed) result.error = "there is no map '" + name + "'";
      answer(std::move(result));
    });
  }
  void operator()(const client_message::command::stats&) {
    state.environment->take_census([answer = answer, result = result, view = state.view, self_no = state.environment->self()](auto rows) mutable {
      if (view) result.stats = summarize(rows, *view, self_no);
      answer(std::move(result));
    });
  }
  void operator()(const client_message::command::reset_lost&) {
    auto still = [](const view& v) -> std::vector<membership_message::wish> {
      if (!has_lost_rows(v)) return {};
      return {{membership_message::wish::reset_lost{}}};
    };
    stand(self, state, {std::move(still), [answer = answer, result = result] { answer(result); }});
  }
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
  state.environment = std::move(environment);
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
        auto answer = [environment = state.environment, to = c.from](client_message::command_result r) { environment->answer(to, std::move(r)); };
        client_message::command_result result;
        result.request = c.what.request;
        std::visit(command_runner{self, state, std::move(answer), std::move(result)}, c.what.what);
      },
      [self, &state](const local::create_map& c) {
        if (!state.creating.insert(c.name).second) return;
        create_map(self, state, c.name, [&state, name = c.name](failure why) {
          state.creating.erase(name);
          if (why != failure::none) state.environment->map_refused(name, why);
        });
      },
      [self, &state](const local::destroy_map& c) {
        auto promise = self->make_response_promise();
        destroy_map(self, state, c.name, [promise](bool existed) mutable { promise.deliver(existed); });
        return promise;
      },
  };
}

}  // namespace

caf::actor spawn_administration(caf::actor_system& system, std::shared_ptr<administration_environment> environment) {
  return system.spawn(administration, std::move(environment));
}

}  // namespace troupe
