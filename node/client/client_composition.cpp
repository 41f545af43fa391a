#include <troupe/node/client/client_composition.hpp>

#include <algorithm>
#include <thread>
#include <unordered_map>
#include <utility>

#include <troupe/actors/administration_actor.hpp>
#include <troupe/actors/announcer_actor.hpp>
#include <troupe/actors/crash_stop.hpp>
#include <troupe/actors/map_actor.hpp>
#include <troupe/node/client/own_log.hpp>
#include <troupe/node/client/shard_carrier.hpp>
#include <troupe/node/random_ids.hpp>

namespace troupe {

namespace {

/// The router repeats its wish for a map anyway.
constexpr auto create_map_timeout = seconds{10};
/// Longer than a write takes on a fast network.
constexpr auto linger_time = microseconds{150};

class client_router_environment final : public router_environment {
 public:
  client_router_environment(std::weak_ptr<client_composition> client, std::shared_ptr<spdlog::logger> log) : client_{std::move(client)}, log_{std::move(log)} {}
  instant now() const override { return shard::now(); }
  void send(std::vector<protocol::router_effects::send> list) override {
    if (auto c = client_.lock()) c->send(std::move(list));
  }
  void tick_after(duration delay, const caf::actor&) override {
    if (auto c = client_.lock()) c->tick_router_after(delay);
  }
  void create_map(const std::string& name) override {
    if (auto c = client_.lock()) c->create_map(name);
  }
  bool read_backup(operation) override { return false; }  // A client holds no copies.
  void callback_threw(const std::string& what) override { log_->error("callback_threw what=\"{}\"", what); }

 private:
  std::weak_ptr<client_composition> client_;
  std::shared_ptr<spdlog::logger> log_;  ///< Calls may end when the client has.
};

/// How a command of this actor ended.
struct command_ended {
  std::uint64_t ticket = 0;
  command_end how;
};

struct waiting_command {
  std::string map;
  caf::response_promise promise;
};

struct administration_state {
  std::uint64_t last_ticket = 0;
  std::unordered_map<std::uint64_t, waiting_command> waiting;

  static inline const char* name = "troupe.client-administration";
};

using administration_self = caf::stateful_actor<administration_state>;

/// The failure that a member's answer names; nothing where it says anything else.
std::optional<failure> failure_in(const client_message::command_result& answer) {
  for (const auto f : {failure::too_many_maps, failure::bad_name, failure::overloaded, failure::deadline, failure::closed, failure::no_cluster}) {
    if (answer.error == to_string(f)) return f;
  }
  return std::nullopt;
}

void deliver(waiting_command& to, const command_end& how) {
  const auto& error = how.answer.error;
  if (how.result != outcome::ok) {
    to.promise.deliver(make_map_error(how.result, how.why));
  } else if (error.empty() || error == no_such_map(to.map)) {
    to.promise.deliver(error.empty());
  } else {
    const auto why = failure_in(how.answer);
    const bool is_refused = !how.may_be_done && (why == failure::overloaded || why == failure::no_cluster);
    to.promise.deliver(make_map_error(is_refused ? outcome::not_applied : outcome::indeterminate, why.value_or(failure::none)));
  }
}

}  // namespace

}  // namespace troupe

CAF_BEGIN_TYPE_ID_BLOCK(troupe_client, caf::first_custom_type_id + 7390)
  TROUPE_LOCAL_MESSAGE(troupe_client, troupe::command_ended)
CAF_END_TYPE_ID_BLOCK(troupe_client)

namespace troupe {

namespace {

[[maybe_unused]] const compat::known_types<caf::id_block::troupe_client> client_types{};

command_end closed(outcome result) {
  command_end how;
  how.answer.error = to_string(failure::closed);
  how.result = result;
  how.why = failure::closed;
  return how;
}

/// Answers whether there was such a map, once it is done.
caf::response_promise ask_a_member(administration_self* self, const std::weak_ptr<client_composition>& client, const std::string& map,
                                   decltype(client_message::command::what) what, duration timeout) {
  auto promise = self->make_response_promise();
  const auto c = client.lock();
  if (!c) {
    promise.deliver(make_map_error(outcome::not_applied, failure::closed));
    return promise;
  }
  auto& state = compat::state_of(self);
  const auto ticket = ++state.last_ticket;
  state.waiting.emplace(ticket, waiting_command{map, promise});
  client_message::command command;
  command.what = std::move(what);
  c->command(nobody, std::move(command), timeout, [to = caf::actor_cast<caf::actor>(self), ticket](command_end how) {
    compat::anonymous_send(to, command_ended{ticket, std::move(how)});
  });
  return promise;
}

/// Destroys maps for the map actors of a client, and changes their backup counts, by asking a member to.
caf::behavior client_administration(administration_self* self, std::weak_ptr<client_composition> client) {
  stop_on_exception(self, self->name());
  compat::on_exit(self, [self](caf::exit_msg& end) {
    for (auto& [ticket, w] : compat::state_of(self).waiting) deliver(w, closed(outcome::indeterminate));
    self->quit(std::move(end.reason));
  });
  return {
      [self, client](const local::destroy_map& d) {
        return ask_a_member(self, client, d.name, client_message::command::destroy_map{d.name}, d.timeout);
      },
      [self, client](const local::set_counts& c) {
        return ask_a_member(self, client, c.map, client_message::command::set_counts{c.map, c.to}, c.timeout);
      },
      [self](const command_ended& ended) {
        auto& waiting = compat::state_of(self).waiting;
        const auto at = waiting.find(ended.ticket);
        if (at == waiting.end()) return;
        deliver(at->second, ended.how);
        waiting.erase(at);
      },
  };
}

/// The end of a command on its way to a shard that may stop before it gets there.
class undelivered_end {
 public:
  explicit undelivered_end(open_commands::done finished) : finished_{std::move(finished)} {}
  undelivered_end(undelivered_end&& other) noexcept : finished_{std::exchange(other.finished_, nullptr)} {}
  undelivered_end& operator=(undelivered_end&&) = delete;
  ~undelivered_end() {
    if (finished_) finished_(closed(outcome::not_applied));
  }
  [[nodiscard]] open_commands::done take() { return std::exchange(finished_, nullptr); }

 private:
  open_commands::done finished_;
};

}  // namespace

client_composition::client_composition(caf::actor_system& system, client_config config)
    : system_{system}, config_{std::move(config)}, log_{make_own_log("troupe.client", config_.log_level)}, shard_{system, "troupe.client", log_}, commands_{shard_, *this} {
  for (const auto& where : config_.connect) addresses_.push_back({where, false, std::nullopt});
  self_.cluster = config_.cluster_name;
  self_.role = connection_role::client;
  self_.who = fresh_id<incarnation>();
}

void client_composition::start() {
  router_ = spawn_router(system_, client_id{self_.who}, config_.limits, std::make_shared<client_router_environment>(weak_from_this(), log_),
                         carrier_to_shard(weak_from_this(), &client_composition::home));
  administration_ = system_.spawn(client_administration, weak_from_this());
  announcer_ = spawn_announcer(system_);
  dial_links();
  dial_seeds();
  // One thread that looks for what comes, and those that wait: if each can have a processor, nobody who waits is delayed by being woken twice.
  const auto processors = std::thread::hardware_concurrency();
  shard_.linger_for(linger_time, [queue = router_.queue, processors] {
    const auto waiting = queue->threads().count();
    return waiting > 0 && waiting < processors;
  });
  shard_.start();
}

void client_composition::stop() {
  router_.tell(local::close_router{});
  shard_.post([this] {
    commands_.close();
    links_.reset();
    router_tick_.cancel();
    seeds_.clear();
  });
  shard_.stop();
  caf::anon_send_exit(router_.actor, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(administration_, caf::exit_reason::user_shutdown);
  compat::anonymous_send(announcer_, local::views_ended{"stopped"});
}

void client_composition::dial_links() {
  member_links_callbacks callbacks;
  callbacks.up = [this](member_no) { commands_.ways_changed(); };
  callbacks.view = [this](view_ptr v) { on_view(std::move(v)); };
  callbacks.command_result = [this](member_no, client_message::command_result r) { commands_.answered(std::move(r)); };
  callbacks.lost = [this](member_no peer) {
    commands_.lost(peer);
    on_connection_lost();
  };
  links_ = std::make_unique<member_links>(shard_, self_, dial_settings{}, router_.actor, std::move(callbacks));
}

void client_composition::dial_seeds() {
  for (const auto& where : config_.connect) {
    const seed_index which{seeds_.size()};
    dialled_link_callbacks callbacks;
    callbacks.up = [this, which](const incarnation&, const address&) { on_seed_up(which); };
    callbacks.down = [this, which](const link_end& why) { on_seed_down(which, why); };
    callbacks.frame = [this, which](any_frame frame) { on_seed_frame(which, std::move(frame)); };
    auto link = std::make_unique<dialled_link>(shard_, link_target{where, std::nullopt}, self_, dial_settings{}, std::move(callbacks));
    seeds_.push_back({where, false, std::nullopt, std::move(link)});
  }
}

void client_composition::on_seed_up(seed_index which) {
  auto& s = seeds_[which.value()];
  s.tried = true;
  note(which, std::nullopt);
  s.link->send(any_frame{any_client_message{client_message::follow_view{}}});
  commands_.ways_changed();
}

void client_composition::on_seed_down(seed_index which, const link_end& why) {
  auto& s = seeds_[which.value()];
  s.tried = true;
  note(which, why);
  s.cluster.reset();
  commands_.lost(which);
  commands_.ways_changed();
  on_connection_lost();
}

void client_composition::on_seed_frame(seed_index which, any_frame frame) {
  auto* message = std::get_if<any_client_message>(&frame);
  if (message == nullptr) return;
  if (auto* v = std::get_if<client_message::view_update>(message)) {
    if (!v->view) return;
    seeds_[which.value()].cluster = v->view->cluster;
    on_view(v->view);
  } else if (auto* r = std::get_if<client_message::command_result>(message)) {
    commands_.answered(std::move(*r));
  }
}

/// A cluster that was begun from scratch has views with small numbers. It is followed once nobody of the one before is there any more:
/// where two of one name exist, the first stays this client's.
void client_composition::on_view(view_ptr v) {
  const auto present = view();
  if (present && present->cluster != v->cluster && is_connected_to(present->cluster)) {
    of_another_cluster_ = std::move(v);
  } else if (!present || present->cluster != v->cluster || present->name.number < v->name.number) {
    install(std::move(v));
  }
}

void client_composition::install(view_ptr v) {
  of_another_cluster_.reset();
  {
    std::lock_guard guard{mutex_};
    view_ = v;
    changed_.notify_all();
  }
  links_->install(v, true);  // Drops the links to another cluster: the router hears of that before it hears of the view.
  compat::anonymous_send(announcer_, local::view_installed{v});
  router_.tell(local::view_installed{std::move(v)});
}

bool client_composition::is_connected_to(const cluster_id& cluster) const {
  const auto shows_it = [&](const seed& s) { return s.link->is_up() && s.cluster == cluster; };
  return std::any_of(seeds_.begin(), seeds_.end(), shows_it) || links_->one_that_is_up() != nobody;
}

void client_composition::on_connection_lost() {
  // Later: whoever tells this is in the middle of something.
  if (!of_another_cluster_) return;
  shard_.post([this] {
    if (links_ && of_another_cluster_) on_view(of_another_cluster_);
  });
}

// ---- commands ----

choice_of_way client_composition::way_to(member_no to) const {
  if (!links_ || !links_->may_reach(to)) return {};
  return {to, false};
}

choice_of_way client_composition::way_to_first_seed() const {
  for (std::size_t i = 0; i < seeds_.size(); ++i) {
    if (seeds_[i].link->is_up()) return {seed_index{i}, false};
    if (!seeds_[i].tried) return {std::nullopt, true};  // It comes first, if it lives.
  }
  return {};
}

choice_of_way client_composition::way_to_any() const {
  for (std::size_t i = 0; i < seeds_.size(); ++i) {
    if (seeds_[i].link->is_up()) return {seed_index{i}, false};
  }
  const auto m = links_ ? links_->one_that_is_up() : nobody;
  return m == nobody ? choice_of_way{std::nullopt, true} : choice_of_way{m, false};
}

bool client_composition::send(const command_way& way, const client_message::command& what) {
  if (const auto* m = std::get_if<member_no>(&way)) return links_->send(*m, what);
  return seeds_[std::get<seed_index>(way).value()].link->send(any_frame{any_client_message{what}});
}

void client_composition::command(member_no to, client_message::command what, duration timeout, open_commands::done done) {
  shard_.post([this, to, what = std::move(what), deadline = shard::now() + timeout, end = undelivered_end{std::move(done)}]() mutable {
    commands_.begin(to, std::move(what), deadline, end.take());
  });
}

void client_composition::create_map(const std::string& name) {
  shard_.post([this, name] { ask_to_create(name); });
}

void client_composition::ask_to_create(const std::string& name) {
  if (!maps_asked_for_.insert(name).second) return;
  client_message::command c;
  c.what = client_message::command::create_map{name};
  commands_.begin(nobody, std::move(c), shard::now() + create_map_timeout, [this, name](const command_end& how) {
    maps_asked_for_.erase(name);
    const auto why = failure_in(how.answer);
    if (why == failure::too_many_maps || why == failure::bad_name) router_.tell(local::map_refused{name, *why});
  });
}

// ---- operations ----

void client_composition::send(std::vector<protocol::router_effects::send> list) {
  if (shard_.runs_here()) return send_here(std::move(list));
  shard_.post([this, list = std::move(list)]() mutable { send_here(std::move(list)); });
}

void client_composition::tick_router_after(duration delay) {
  shard_.post([this, delay] {
    if (links_) router_tick_ = shard_.after(delay, [this] { router_.tell(local::tick{}); });
  });
}

void client_composition::send_here(std::vector<protocol::router_effects::send> list) {
  if (!links_) return;
  const auto present = view();
  std::unordered_map<member_no, std::vector<operation>> by_member;
  for (auto& s : list) {
    if (present && s.cluster == present->cluster) {
      by_member[s.to].push_back(std::move(s.what));
    } else {  // The router has not heard yet that this is another cluster now.
      router_.tell(local::not_sent{s.to, {s.what.request}});
    }
  }
  for (auto& [to, batch] : by_member) links_->send(to, std::move(batch));
}

map_actor client_composition::map(const std::string& name) {
  map_settings settings;
  settings.name = name;
  return spawn_map(system_, std::move(settings), router_, administration_);
}

caf::actor client_composition::add_cluster_listener(const caf::actor& listener) { return spawn_cluster_subscription(system_, announcer_, listener); }

bool client_composition::wait_ready(duration timeout) {
  std::unique_lock lock{mutex_};
  changed_.wait_for(lock, timeout, [this] { return view_ != nullptr || is_refused_for_good(); });
  return view_ != nullptr;
}

/// Requires: the mutex is held.
bool client_composition::is_refused_for_good() const {
  const auto refuses = [](const dialled_address& a) { return a.failure && a.failure->is_final(); };
  return !addresses_.empty() && std::all_of(addresses_.begin(), addresses_.end(), refuses);
}

std::vector<dialled_address> client_composition::addresses() const {
  std::lock_guard guard{mutex_};
  return addresses_;
}

std::string client_composition::problem() const {
  std::string text;
  for (const auto& a : addresses()) text += (text.empty() ? "" : "; ") + to_string(a.where) + ": " + problem_of(a);
  return text.empty() ? "there is no address to connect to" : text;
}

void client_composition::note(seed_index which, std::optional<link_end> failure) {
  std::lock_guard guard{mutex_};
  auto& a = addresses_[which.value()];
  a.is_connected = !failure;
  a.failure = std::move(failure);
  changed_.notify_all();
}

view_ptr client_composition::view() const {
  std::lock_guard guard{mutex_};
  return view_;
}

}  // namespace troupe
