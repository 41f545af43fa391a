#include <troupe/node/client/client_composition.hpp>

#include <utility>

#include <troupe/actors/administration_actor.hpp>
#include <troupe/actors/map_actor.hpp>
#include <troupe/node/random_ids.hpp>

namespace troupe {

namespace {

constexpr auto ask_for_map_again_after = milliseconds{300};

class client_router_environment final : public router_environment {
 public:
  explicit client_router_environment(std::weak_ptr<client_composition> client) : client_{std::move(client)} {}
  instant now() const override { return shard::now(); }
  void send(std::vector<protocol::router_effects::send> list) override {
    if (auto c = client_.lock()) c->send(std::move(list));
  }
  void create_map(const std::string& name) override {
    if (auto c = client_.lock()) c->create_map(name);
  }
  bool read_backup(operation) override { return false; }  // A client holds no copies.

 private:
  std::weak_ptr<client_composition> client_;
};

/// The outcome of a command, on its way back to the actor that waits for it.
struct command_done {
  std::uint64_t ticket = 0;
  bool succeeded = false;
};

struct administration_state {
  std::uint64_t last_ticket = 0;
  std::unordered_map<std::uint64_t, caf::response_promise> waiting;

  static inline const char* name = "troupe.client-administration";
};

/// Destroys maps for the map actors of a client, by asking a member to.
caf::behavior client_administration(caf::stateful_actor<administration_state>* self, std::weak_ptr<client_composition> client) {
  return {
      [self, client](const local::destroy_map& d) {
        auto promise = self->make_response_promise();
        const auto c = client.lock();
        if (!c) {
          promise.deliver(make_map_error(outcome::not_applied, failure::closed));
          return promise;
        }
        auto& state = compat::state_of(self);
        const auto ticket = ++state.last_ticket;
        state.waiting.emplace(ticket, promise);
        client_message::command command;
        command.what = client_message::command::destroy_map{d.name};
        c->command(nobody, std::move(command), [to = caf::actor_cast<caf::actor>(self), ticket](const client_message::command_result& r) {
          compat::anonymous_send(to, command_done{ticket, r.error.empty()});
        });
        return promise;
      },
      [self](const command_done& done) {
        auto& waiting = compat::state_of(self).waiting;
        if (auto at = waiting.find(done.ticket); at != waiting.end()) {
          at->second.deliver(done.succeeded);
          waiting.erase(at);
        }
      },
  };
}

}  // namespace

}  // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::command_done)

namespace troupe {

client_composition::client_composition(caf::actor_system& system, client_config config)
    : system_{system}, config_{std::move(config)}, shard_{system, "troupe.client"} {
  self_.cluster = config_.cluster_name;
  self_.role = connection_role::client;
  self_.who = fresh_id<incarnation>();
}

void client_composition::start() {
  router_ = spawn_router(system_, config_.limits, std::make_shared<client_router_environment>(weak_from_this()));
  administration_ = system_.spawn(client_administration, weak_from_this());
  member_links_callbacks callbacks;
  callbacks.view = [this](view_ptr v) { on_view(std::move(v)); };
  callbacks.command_result = [this](member_no, client_message::command_result r) { on_command_result(std::move(r)); };
  callbacks.lost = [this](member_no peer) { on_lost(peer); };
  links_ = std::make_unique<member_links>(shard_, self_, dial_settings{}, router_.actor, std::move(callbacks));
  dial_seeds();
  shard_.start();
}

void client_composition::stop() {
  compat::anonymous_send(router_.actor, local::close_router{});
  shard_.post([this] {
    links_.reset();
    seeds_.clear();
  });
  shard_.stop();
  caf::anon_send_exit(router_.actor, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(administration_, caf::exit_reason::user_shutdown);
}

void client_composition::dial_seeds() {
  for (const auto& where : config_.connect) {
    dialled_link_callbacks callbacks;
    const auto index = seeds_.size();
    callbacks.up = [this, index](const incarnation&, const address&) {
      seeds_[index]->send(any_frame{any_client_message{client_message::follow_view{}}});
    };
    callbacks.down = [this, where](const link_end& why) { on_seed_down(where, why); };
    callbacks.frame = [this](any_frame frame) {
      auto* message = std::get_if<any_client_message>(&frame);
      if (message == nullptr) return;
      if (auto* v = std::get_if<client_message::view_update>(message)) {
        if (v->view) on_view(v->view);
      } else if (auto* r = std::get_if<client_message::command_result>(message)) {
        on_command_result(std::move(*r));
      }
    };
    seeds_.push_back(std::make_unique<dialled_link>(shard_, link_target{where, std::nullopt}, self_, dial_settings{}, std::move(callbacks)));
  }
}

void client_composition::on_seed_down(const address& where, const link_end& why) {
  set_problem(to_string(where) + ": " + (why.detail.empty() ? std::string{to_string(why.reason)} : why.detail));
}

void client_composition::on_view(view_ptr v) {
  {
    std::lock_guard guard{mutex_};
    if (view_ && view_->cluster == v->cluster && view_->name.number >= v->name.number) return;
    view_ = v;
    changed_.notify_all();
  }
  links_->install(v, true);
  for (const auto& m : v->maps) maps_asked_for_.erase(m.name);
  compat::anonymous_send(router_.actor, local::view_installed{std::move(v)});
}

void client_composition::on_command_result(client_message::command_result r) {
  auto at = commands_.find(r.request);
  if (at == commands_.end()) return;
  auto done = std::move(at->second.done);
  commands_.erase(at);
  done(std::move(r));
}

void client_composition::on_lost(member_no peer) {
  std::vector<request_number> gone;
  for (const auto& [request, c] : commands_) {
    if (c.to == peer) gone.push_back(request);
  }
  for (const auto request : gone) {
    client_message::command_result r;
    r.request = request;
    r.error = "the connection to member " + std::to_string(peer.value()) + " was lost";
    on_command_result(std::move(r));
  }
}

bool client_composition::send_over_any_link(member_no to, const client_message::command& what) {
  if (links_->send(to, what)) return true;
  if (to != nobody) return false;
  for (auto& s : seeds_) {
    if (s->is_up() && s->send(any_frame{any_client_message{what}})) return true;
  }
  return false;
}

void client_composition::dispatch(member_no to, client_message::command what, std::function<void(client_message::command_result)> done) {
  what.request = request_number{++last_command_};
  const auto request = what.request;
  if (!send_over_any_link(to, what)) {
    client_message::command_result r;
    r.request = request;
    r.error = to == nobody ? problem() : "no connection to member " + std::to_string(to.value());
    done(std::move(r));
    return;
  }
  commands_.emplace(request, waiting_command{to, std::move(done)});
}

void client_composition::command(member_no to, client_message::command what, std::function<void(client_message::command_result)> done) {
  shard_.post([this, to, what = std::move(what), done = std::move(done)]() mutable { dispatch(to, std::move(what), std::move(done)); });
}

void client_composition::send(std::vector<protocol::router_effects::send> list) {
  shard_.post([this, list = std::move(list)]() mutable {
    if (!links_) return;
    std::unordered_map<member_no, std::vector<operation>> by_member;
    for (auto& s : list) by_member[s.to].push_back(std::move(s.what));
    for (auto& [to, batch] : by_member) links_->send(to, std::move(batch));
  });
}

void client_composition::create_map(const std::string& name) {
  shard_.post([this, name] {
    const auto now = shard::now();
    auto& asked = maps_asked_for_[name];
    if (asked != instant{} && now < asked + ask_for_map_again_after) return;
    asked = now;
    client_message::command c;
    c.what = client_message::command::create_map{name};
    dispatch(nobody, std::move(c), [this, name](const client_message::command_result& r) {
      if (r.error == to_string(failure::too_many_maps)) compat::anonymous_send(router_.actor, local::map_refused{name, failure::too_many_maps});
      if (r.error == to_string(failure::bad_name)) compat::anonymous_send(router_.actor, local::map_refused{name, failure::bad_name});
    });
  });
}

map_actor client_composition::map(const std::string& name) {
  map_settings settings;
  settings.name = name;
  return spawn_map(system_, std::move(settings), router_.actor, administration_);
}

bool client_composition::wait_ready(duration timeout) {
  std::unique_lock lock{mutex_};
  return changed_.wait_for(lock, timeout, [this] { return view_ != nullptr; });
}

std::string client_composition::problem() const {
  std::lock_guard guard{mutex_};
  return problem_;
}

void client_composition::set_problem(std::string text) {
  std::lock_guard guard{mutex_};
  problem_ = std::move(text);
}

view_ptr client_composition::view() const {
  std::lock_guard guard{mutex_};
  return view_;
}

}  // namespace troupe
