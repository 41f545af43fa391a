#include <troupe/node/member/member_composition.hpp>

#include <algorithm>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <spdlog/spdlog.h>

#include <troupe/actors/map_actor.hpp>
#include <troupe/actors/once.hpp>
#include <troupe/actors/protocol/membership/agenda.hpp>
#include <troupe/node/client/own_log.hpp>
#include <troupe/node/client/shard_carrier.hpp>
#include <troupe/node/member/discard_report.hpp>
#include <troupe/node/member/physical_memory.hpp>
#include <troupe/node/random_ids.hpp>
#include <troupe/node/transport/own_address.hpp>

namespace troupe {

namespace {

/// For threads of the application: an operation on a row of this process takes a few microseconds, to be woken for it more.
constexpr auto linger_time = microseconds{20};

/// How long a member that left still answers `retry`, so that nothing that was under way to it ends in doubt.
constexpr auto farewell_time = seconds{1};

class member_router_environment final : public router_environment {
 public:
  explicit member_router_environment(std::weak_ptr<member_composition> member) : member_{std::move(member)} {}
  instant now() const override { return shard::now(); }
  void send(std::vector<protocol::router_effects::send> list) override {
    if (auto m = member_.lock()) m->send(std::move(list));
  }
  void tick_after(duration delay, const caf::actor&) override {
    if (auto m = member_.lock()) m->tick_router_after(delay);
  }
  void create_map(const std::string& name) override {
    if (auto m = member_.lock()) m->create_map(name);
  }
  bool read_backup(operation get) override {
    auto m = member_.lock();
    return m && m->read_backup(std::move(get));
  }

 private:
  std::weak_ptr<member_composition> member_;
};

class member_administration_environment final : public administration_environment {
 public:
  explicit member_administration_environment(std::weak_ptr<member_composition> member) : member_{std::move(member)} {}
  void wish(std::vector<membership_message::wish> list) override {
    if (auto m = member_.lock()) m->wish(std::move(list));
  }
  void force_view() override {
    if (auto m = member_.lock()) m->force_view();
  }
  void shut_down(bool without_moving) override {
    if (auto m = member_.lock()) m->shut_down(without_moving);
  }
  void take_census(std::function<void(std::vector<local::row_census>)> done) override {
    if (auto m = member_.lock()) m->take_census(std::move(done));
  }
  void answer(protocol::origin_id to, client_message::command_result what) override {
    if (auto m = member_.lock()) m->answer(to, std::move(what));
  }
  void map_refused(const std::string& name, failure why) override {
    if (auto m = member_.lock()) m->map_refused(name, why);
  }
  member_no self() const override {
    auto m = member_.lock();
    return m ? m->number() : nobody;
  }
  std::uint64_t memory_limit() const override {
    auto m = member_.lock();
    return m ? m->memory_limit() : 0;
  }

 private:
  std::weak_ptr<member_composition> member_;
};

void throw_if_invalid(const member_config& config) {
  std::string text;
  for (const auto& p : validate(config)) {
    if (p.severity != severity::error) continue;
    text += (text.empty() ? "" : "\n") + p.where + ": " + p.text;
  }
  if (!text.empty()) throw std::invalid_argument(text);
}

dial_settings dialling_of(const member_config& config) {
  auto settings = dial_settings{}.scaled(config.timing_scale);
  settings.limits = stream_limits::of(config.settings.limits);
  return settings;
}

hello hello_of(const member_config& config) {
  hello h;
  h.cluster = config.cluster_name;
  h.role = connection_role::member_data;
  h.who = fresh_id<incarnation>();
  h.address = {config.host, config.port};
  return h;
}

std::uint32_t shard_count(const member_config& config) {
  // One I/O thread serves two cores best: the others are for the control thread and the application.
  return config.shards != 0 ? config.shards : std::clamp(std::thread::hardware_concurrency() / 2, 1u, shards_max);
}

std::string_view name_of(protocol::membership_event::kind what) {
  using kind = protocol::membership_event::kind;
  switch (what) {
    case kind::founded: return "founded";
    case kind::joined: return "joined";
    case kind::view_installed: return "view_installed";
    case kind::rows_moved: return "rows_moved";
    case kind::suspected: return "suspected";
    case kind::trusted_again: return "trusted_again";
    case kind::row_lost: return "row_lost";
    case kind::row_lost_data: return "row_lost_data";
    case kind::row_served_again: return "row_served_again";
    case kind::halted: return "halted";
    case kind::going_on: return "going_on";
    case kind::leave_overdue: return "leave_overdue";
    case kind::foreign_cluster: return "foreign_cluster";
    case kind::join_refused: return "join_refused";
    case kind::clock_jump: return "clock_jump";
    case kind::forced: return "forced";
    case kind::waiting: return "waiting";
    case kind::objection: return "objection";
  }
  return "membership";
}

spdlog::level::level_enum level_of(protocol::membership_event::kind what) {
  using kind = protocol::membership_event::kind;
  switch (what) {
    case kind::suspected:
    case kind::halted:
    case kind::going_on:
    case kind::leave_overdue:
    case kind::join_refused:
    case kind::clock_jump:
    case kind::forced: return spdlog::level::warn;
    case kind::row_lost:
    case kind::row_lost_data:
    case kind::objection:
    case kind::foreign_cluster: return spdlog::level::err;
    case kind::rows_moved: return spdlog::level::debug;  // A change of members may bring hundreds.
    default: return spdlog::level::info;
  }
}

}  // namespace

member_composition::member_composition(caf::actor_system& system, member_config config)
    : system_{system},
      config_{(throw_if_invalid(config), std::move(config))},
      settings_{scaled_settings(config_)},
      self_{hello_of(config_)},
      dialling_{dialling_of(config_)},
      log_{make_own_log("troupe", config_.log_level)},
      memory_{std::make_shared<memory_meter>(bytes_of(config_.memory, physical_memory_bytes()))},
      control_{system, self_, dialling_, log_, *this} {
  const auto count = shard_count(config_);
  for (std::uint32_t i = 0; i < count; ++i) {
    data_shard_settings shard{i, count, self_, protocol::limits_of(settings_), dialling_, config_.timing_scale, log_, config_.processors};
    data_.push_back(std::make_unique<data_shard>(system, std::move(shard), lease_, memory_, static_cast<member_ports&>(*this)));
  }
}

member_composition::~member_composition() = default;

void member_composition::listen() {
  listen_settings l;
  l.at = {config_.host, config_.port};
  l.port_count = config_.port_auto_increment ? config_.port_count : std::uint16_t{1};
  l.insecure = config_.insecure;
  l.limits = dialling_.limits;
  auto opened = listener::open(data_.front()->home(), l, *this);
  if (auto* error = std::get_if<listen_error>(&opened)) throw std::system_error(error->code, error->text);
  listener_ = std::move(std::get<std::unique_ptr<listener>>(opened));
  self_.address = listener_->bound();
}

void member_composition::start() {
  listen();
  router_ = spawn_router(system_, client_id{self_.who}, {}, std::make_shared<member_router_environment>(weak_from_this()),
                         carrier_to_shard(weak_from_this(), &member_composition::router_home));
  administration_ = spawn_administration(system_, std::make_shared<member_administration_environment>(weak_from_this()));
  announcer_ = spawn_announcer(system_);
  auto as_client = self_;
  as_client.address = {};
  links_ = std::make_unique<member_links>(router_home(), std::move(as_client), dialling_, router_.actor, member_links_callbacks{});
  log_->info("starting member={} address={} cluster={} memory_limit_bytes={}", to_string(self_.who), to_string(self_.address), self_.cluster,
             memory_limit());
  // The data shards accept, and what they accept may have something for the control plane at once.
  control_.start(membership_options());
  if (std::thread::hardware_concurrency() > 1) router_home().linger_for(linger_time);
  for (auto& d : data_) d->start(self_.address);
  started_ = true;
}

protocol::membership_options member_composition::membership_options() const {
  protocol::membership_options o;
  o.self.id = self_.who;
  o.self.address = self_.address;
  o.self.host = config_.host_label.empty() ? config_.host : config_.host_label;
  o.self.zone = config_.zone;
  o.self.kind = config_.witness ? member_kind::witness : config_.lite ? member_kind::lite : member_kind::data;
  o.settings = settings_;
  o.seeds = addresses_of(config_.join, config_.port == 0 ? self_.address.port : config_.port);
  const auto is_own = [this](const address& seed) { return is_own_address(seed, self_.address); };
  const auto is_first = o.seeds.empty() || is_own(o.seeds.front());
  std::erase_if(o.seeds, is_own);
  o.may_found = o.self.kind == member_kind::data && (config_.bootstrap || is_first);
  o.founding_id = fresh_id<cluster_id>();
  return o;
}

void member_composition::stop() {
  {
    std::lock_guard guard{mutex_};
    if (std::exchange(stopped_, true)) return;
    if (!end_) end_ = member_end::stopped;
    changed_.notify_all();
  }
  if (!started_) return;
  compat::anonymous_send(announcer_, local::views_ended{std::string{to_string(how_ended())}});
  router_.tell(local::close_router{});
  router_home().post([this] {
    listener_.reset();
    links_.reset();
    router_tick_.cancel();
  });
  control_.home().post([this] { farewell_.cancel(); });
  control_.stop();
  for (auto& d : data_) d->stop();
  caf::anon_send_exit(router_.actor, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(administration_, caf::exit_reason::user_shutdown);
}

void member_composition::leave() {
  leaving_ = true;
  control_.tell(local::start_leaving{});
}

void member_composition::lease_changed(const protocol::lease& held) {
  lease_->publish(held);
  const auto before = std::exchange(lease_held_, held);
  const auto now = shard::now();
  if (before.covers(held.view, now) || !held.covers(held.view, now)) return;
  for (auto& d : data_) {
    d->home().post([&shard = *d] { shard.lease_gained(); });
  }
}

void member_composition::passed(const view_ptr& v) { compat::anonymous_send(announcer_, local::view_installed{v}); }

void member_composition::installed(const view_ptr& v, member_no self) {
  std::lock_guard guard{mutex_};  // Whoever learns by an operation that there is a new view, finds it in current_view().
  number_ = self.value();
  for (auto& d : data_) {
    d->home().post([&shard = *d, v, self] { shard.install(v, self); });
  }
  router_home().post([this, v] {
    if (links_) links_->install(v, false);
  });
  router_.tell(local::view_installed{v});
  compat::anonymous_send(administration_, local::view_installed{v});
  compat::anonymous_send(announcer_, local::view_installed{v});
  view_ = v;
  refusals_.clear();
  changed_.notify_all();
}

void member_composition::ended(protocol::ending how, std::optional<view_number> gave_up_after) {
  switch (how) {
    case protocol::ending::none: return;
    case protocol::ending::expelled:
      if (leaving_) count_rows_left_behind();
      return gave_up_after ? end_branch(*gave_up_after) : end(member_end::expelled);
    case protocol::ending::refused: return end(member_end::refused);
    case protocol::ending::left:
      count_rows_left_behind();
      farewell_ = control_.home().after(farewell_time, [this] { end(member_end::left); });
      return;
  }
}

/// Rows of the last view in which this member had a part, although there was somebody to take them over: it went at its deadline, or the
/// others removed it before it was done.
void member_composition::count_rows_left_behind() {
  std::lock_guard guard{mutex_};
  if (!view_) return;
  const auto stays = [&](const troupe::member& m) { return m.kind == member_kind::data && !m.leaving && m.number != number(); };
  if (std::none_of(view_->members.begin(), view_->members.end(), stays)) return;
  rows_left_behind_ = protocol::rows_with(*view_, number());
  if (rows_left_behind_ > 0) log_->error("left_behind rows={} view={}", rows_left_behind_, view_->name.number.value());
}

void member_composition::end(member_end how) {
  std::function<void(member_end)> callback;
  {
    std::lock_guard guard{mutex_};
    if (end_) return;
    end_ = how;
    callback = on_ended_;
    changed_.notify_all();
  }
  compat::anonymous_send(announcer_, local::views_ended{std::string{to_string(how)}});
  if (callback) callback(how);
}

void member_composition::reported(const protocol::membership_event& what) {
  log_->log(level_of(what.what), "{} {}", name_of(what.what), what.text);
  const auto names_only_itself = !config_.bootstrap && !config_.join.empty() && addresses_of(config_.join, self_.address.port) == std::vector{self_.address};
  if (what.what == protocol::membership_event::kind::founded && names_only_itself) {
    log_->warn("founded_alone note=\"the only address to join is this member's own. If the cluster lives elsewhere, this one is another, and empty: name several members to join\"");
  }
  std::lock_guard guard{mutex_};
  if (what.what == protocol::membership_event::kind::waiting) waits_ = what.text;
  if (what.what == protocol::membership_event::kind::join_refused) end_text_ = what.text;
}

void member_composition::unreachable(const address& where, const link_end& why) {
  std::lock_guard guard{mutex_};
  if (view_) return;
  if (why.reason == end_reason::refused) {
    refusals_.insert_or_assign(to_string(where), why.detail);
  } else {
    refusals_.erase(to_string(where));
  }
}

std::string member_composition::join_problem() const {
  std::lock_guard guard{mutex_};
  if (view_ || end_) return {};
  auto text = waits_.empty() ? "it has just begun" : "waits " + waits_;
  for (const auto& [where, why] : refusals_) text += "; " + where + " refuses: " + why;
  return text;
}

void member_composition::send(std::vector<protocol::router_effects::send> list) {
  if (router_home().runs_here()) return send_here(std::move(list));
  router_home().post([this, list = std::move(list)]() mutable { send_here(std::move(list)); });
}

void member_composition::tick_router_after(duration delay) {
  router_home().post([this, delay] {
    if (links_) router_tick_ = router_home().after(delay, [this] { router_.tell(local::tick{}); });
  });
}

void member_composition::send_here(std::vector<protocol::router_effects::send> list) {
  if (!links_) return;
  std::unordered_map<member_no, std::vector<operation>> by_member;
  for (auto& s : list) by_member[s.to].push_back(std::move(s.what));
  for (auto& [to, batch] : by_member) {
    if (to != number()) {
      links_->send(to, std::move(batch));
      continue;
    }
    std::unordered_map<data_shard*, std::vector<operation>> by_home;
    for (auto& o : batch) by_home[&shard_of(o.row)].push_back(std::move(o));
    for (auto& [home, part] : by_home) {
      if (home->home().runs_here())
        home->operate(origins::own_router, std::move(part));
      else
        home->home().post([home = home, part = std::move(part)]() mutable { home->operate(origins::own_router, std::move(part)); });
    }
  }
}

bool member_composition::read_backup(operation get) {
  const auto v = view();
  const auto* r = v ? v->find(get.row) : nullptr;
  const auto self = number();
  if (r == nullptr || r->primary == self || (!r->in_sync.contains(self) && !r->async_backups.contains(self))) return false;
  auto& home = shard_of(get.row);
  if (home.home().runs_here()) return home.read_backup(origins::own_backup_reads, std::move(get));
  return home.home().post([this, &home, get = std::move(get)]() mutable {
    const auto request = get.request;
    if (home.read_backup(origins::own_backup_reads, std::move(get))) return;
    reply again;
    again.request = request;
    again.result = outcome::retry;
    answer_own_backup_reads({again});
  });
}

void member_composition::create_map(const std::string& name) { compat::anonymous_send(administration_, local::create_map{name}); }
void member_composition::wish(std::vector<membership_message::wish> list) { control_.tell(local::wanted{std::move(list)}); }
void member_composition::force_view() { control_.tell(local::force_a_view{}); }

void member_composition::shut_down(bool without_moving) {
  if (!without_moving) return leave();
  control_.home().post([this] {
    farewell_ = control_.home().after(milliseconds{100}, [this] { end(member_end::left); });  // The answer to the command leaves first.
  });
}

template <class Answer, class Ask>
void member_composition::ask_shards(std::function<void(std::vector<Answer>)> done, Ask ask) {
  struct collection {
    std::mutex mutex;
    std::vector<Answer> answers;
    std::size_t missing;
    std::function<void(std::vector<Answer>)> done;
  };
  auto shared = std::make_shared<collection>();
  shared->missing = data_.size();
  shared->done = std::move(done);
  for (auto& d : data_) {
    d->home().post([&shard = *d, ask, shared] {
      ask(shard, [shared](std::vector<Answer> some) {
        {
          std::lock_guard guard{shared->mutex};
          shared->answers.insert(shared->answers.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
          if (--shared->missing > 0) return;
        }
        shared->done(std::move(shared->answers));
      });
    });
  }
}

void member_composition::take_census(std::function<void(std::vector<local::row_census>)> done) {
  ask_shards<local::row_census>(std::move(done), [](data_shard& shard, auto into) { shard.take_census(std::move(into)); });
}

void member_composition::take_stats(std::function<void(std::optional<member_stats>)> done) {
  const auto answer = std::make_shared<once<std::optional<member_stats>>>(std::move(done), std::nullopt);
  if (wait_ended(duration{})) return;
  take_census([answer, v = view(), self = number(), limit = memory_limit()](const std::vector<local::row_census>& rows) {
    auto stats = v ? summarize(rows, *v, self) : member_stats{};
    stats.memory_limit = limit;
    answer->end(std::move(stats));
  });
}

/// Another branch of the cluster goes on without what was written here: it is said before the copies go, row by row.
void member_composition::end_branch(view_number after) {
  ask_shards<local::row_discarded>(
      [this](std::vector<local::row_discarded> rows) {
        const auto v = view();
        std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.row < b.row; });
        std::uint64_t positions = 0;
        for (const auto& r : rows) {
          if (!r.writes || r.writes->after == r.writes->up_to) continue;
          positions += r.writes->up_to.value() - r.writes->after.value();
          for (const auto& line : lines_of(r.row, *r.writes, *v)) log_->error("discarded {}", line);
        }
        log_->error("branch_given_up rows={} positions={}", rows.size(), positions);
        end(member_end::expelled);
      },
      [after](data_shard& shard, auto into) { shard.take_discarded(after, std::move(into)); });
}

void member_composition::answer(protocol::origin_id to, client_message::command_result what) {
  auto& home = *data_[origins::shard_of(to)];
  home.home().post([&home, to, what = std::move(what)]() mutable { home.answer(to, std::move(what)); });
}

void member_composition::map_refused(const std::string& name, failure why) {
  router_.tell(local::map_refused{name, why});
}

void member_composition::answer_own_router(std::vector<reply> list) {
  router_.tell(local::replies{number(), std::move(list)});
}
void member_composition::answer_own_backup_reads(std::vector<reply> list) {
  router_.tell(local::backup_replies{std::move(list)});
}
void member_composition::command(protocol::origin_id from, client_message::command what) {
  compat::anonymous_send(administration_, local::client_command{from, std::move(what)});
}

void member_composition::answer_elsewhere(std::uint32_t index, protocol::origin_id to, std::vector<reply> list) {
  if (index >= data_.size()) return;
  auto& home = *data_[index];
  home.home().post([&home, to, list = std::move(list)]() mutable { home.answer(to, std::move(list)); });
}
void member_composition::operate_elsewhere(std::uint32_t index, protocol::origin_id from, std::vector<operation> list,
                                           elsewhere_load::part load) {
  auto& home = *data_[index];
  home.home().post([&home, from, list = std::move(list), load = std::move(load)]() mutable { home.operate(from, std::move(list)); });
}
void member_composition::receive_elsewhere(std::uint32_t index, member_no from, std::vector<any_replication_message> list,
                                           elsewhere_load::part load) {
  auto& home = *data_[index];
  home.home().post([&home, from, list = std::move(list), load = std::move(load)]() mutable { home.receive(from, std::move(list)); });
}
void member_composition::forget_elsewhere(protocol::origin_id gone) {
  for (auto& d : data_) {
    if (d->home().runs_here()) continue;
    d->home().post([&home = *d, gone] { home.forget(gone); });
  }
  compat::anonymous_send(administration_, local::origin_gone{gone});
}

std::string member_composition::refusal(const hello& peer) {
  if (peer.who == self_.who && peer.role != connection_role::client) return "this is your own address";
  return {};
}

shard& member_composition::home_of(const hello& peer) {
  if (peer.role == connection_role::member_control) return control_.home();
  return data_[next_home_++ % data_.size()]->home();
}

void member_composition::accepted(std::unique_ptr<accepted_link> link) {
  if (link->peer().role == connection_role::member_control) return control_.accept(std::move(link));
  for (auto& d : data_) {
    if (d->home().runs_here()) return d->accept(std::move(link));
  }
}

map_actor member_composition::map(const std::string& name) {
  map_settings settings;
  settings.name = name;
  return spawn_map(system_, std::move(settings), router_, administration_);
}

caf::actor member_composition::add_cluster_listener(const caf::actor& listener) { return spawn_cluster_subscription(system_, announcer_, listener); }

bool member_composition::wait_ready(duration timeout) {
  std::unique_lock lock{mutex_};
  changed_.wait_for(lock, timeout, [this] { return view_ != nullptr || end_; });
  return view_ != nullptr && !end_;
}

bool member_composition::wait_ended(duration timeout) {
  std::unique_lock lock{mutex_};
  return changed_.wait_for(lock, timeout, [this] { return end_.has_value(); });
}

void member_composition::on_ended(std::function<void(member_end)> callback) {
  std::lock_guard guard{mutex_};
  on_ended_ = std::move(callback);
}

member_end member_composition::how_ended() const {
  std::lock_guard guard{mutex_};
  return end_.value_or(member_end::stopped);
}

std::size_t member_composition::rows_left_behind() const {
  std::lock_guard guard{mutex_};
  return rows_left_behind_;
}

std::string member_composition::end_text() const {
  std::lock_guard guard{mutex_};
  return end_text_;
}

view_ptr member_composition::view() const {
  std::lock_guard guard{mutex_};
  return view_;
}

}  // namespace troupe
