#include <troupe/node/testing/cluster.hpp>

#include <algorithm>
#include <deque>
#include <functional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <troupe/actors/administration_actor.hpp>
#include <troupe/actors/announcer_actor.hpp>
#include <troupe/actors/lease_cell.hpp>
#include <troupe/actors/map_actor.hpp>
#include <troupe/actors/membership_actor.hpp>
#include <troupe/actors/protocol/planner/planner.hpp>
#include <troupe/actors/router_actor.hpp>
#include <troupe/actors/row_host.hpp>

namespace troupe::test {

namespace {

constexpr auto step = milliseconds{5};
constexpr auto transit = milliseconds{1};
/// The router of a member answers to this origin, its backup reads to the next; other members' routers follow.
constexpr protocol::origin_id own_router{1};
constexpr protocol::origin_id own_backup_reads{2};
constexpr std::uint64_t first_peer_origin = 16;

incarnation nth_incarnation(std::size_t index) {
  incarnation id;
  id.bytes[14] = static_cast<std::uint8_t>((index + 1) >> 8);
  id.bytes[15] = static_cast<std::uint8_t>(index + 1);
  return id;
}

}  // namespace

system_config::system_config() {
  compat::set_option(*this, "scheduler.policy", "testing");
  compat::silence(*this);
}

/// The members and what is between them.
class [[gnu::visibility("hidden")]] cluster::world {
 public:
  world(caf::actor_system& system, cluster_settings settings, std::shared_ptr<const processor_registry> processors)
      : system_{system},
        scheduler_{system},
        settings_{std::move(settings)},
        processors_{std::move(processors)} {}

  struct member_place;

  std::size_t start();
  void stop_all();
  void kill(std::size_t member);
  void run();
  void advance(duration by);
  void cut(std::size_t a, std::size_t b) { cuts_.insert(std::minmax(a, b)); }
  void heal();
  [[nodiscard]] bool joined_all() const;
  [[nodiscard]] bool settled() const;

  [[nodiscard]] instant now() const { return now_; }
  /// Runs `arrival` at the other end, unless one of the two has died or the link is cut by then.
  void carry(std::size_t from, std::size_t to, std::function<void(member_place&)> arrival) {
    in_transit_.push_back({now_ + transit, from, to, std::move(arrival)});
  }
  /// Of a member that was started. Throws std::out_of_range where there is none.
  [[nodiscard]] member_place& place(std::size_t member) const;
  /// Of one that is alive. Throws std::logic_error where it is not.
  [[nodiscard]] member_place& living(std::size_t member) const;
  [[nodiscard]] member_place* place_of(const incarnation& id);
  [[nodiscard]] member_place* place_of(member_no number);
  [[nodiscard]] caf::actor_system& system() { return system_; }

  std::vector<std::unique_ptr<member_place>> places;

 private:
  struct parcel {
    instant due;
    std::size_t from, to;
    std::function<void(member_place&)> arrival;
  };
  void deliver_due();
  void tick_all();

  caf::actor_system& system_;
  compat::test_scheduler scheduler_;
  cluster_settings settings_;
  std::shared_ptr<const processor_registry> processors_;
  instant now_{seconds{1000}};
  std::deque<parcel> in_transit_;
  std::set<std::pair<std::size_t, std::size_t>> cuts_;
  std::set<std::pair<std::size_t, std::size_t>> broken_;  ///< of those that are or were cut: over which something was lost
};

/// One member: its actors, and the environments that tie them to the world.
struct cluster::world::member_place {
  world* around = nullptr;
  std::size_t index = 0;
  bool alive = true;
  incarnation id;
  member_no number;
  view_ptr view;
  lease_cell lease;
  caf::actor membership;
  caf::actor administration;
  caf::actor announcer;
  router_handle router;
  std::shared_ptr<row_host> rows;
  bool flush_wanted = false;

  void send_replication(member_no to, std::vector<any_replication_message> batch);
  void send_operation(member_no to, operation what);
  void answer(protocol::origin_id to, std::vector<reply> batch);
  void install(const view_ptr& v, member_no self);
};

namespace {

}  // namespace

void cluster::world::member_place::send_replication(member_no to, std::vector<any_replication_message> batch) {
  if (auto* other = around->place_of(to)) {
    around->carry(index, other->index, [from = number, batch = std::move(batch)](member_place& there) mutable {
      there.rows->receive(from, std::move(batch));
    });
  }
}

void cluster::world::member_place::send_operation(member_no to, operation what) {
  auto* other = around->place_of(to);
  if (other == nullptr) {
    compat::anonymous_send(router.actor, local::not_sent{to, {what.request}});
    return;
  }
  const auto origin = other == this ? own_router : protocol::origin_id{first_peer_origin + index};
  around->carry(index, other->index, [origin, what = std::move(what)](member_place& there) mutable {
    std::vector<operation> batch;
    batch.push_back(std::move(what));
    there.rows->operate(origin, std::move(batch));
  });
}

void cluster::world::member_place::answer(protocol::origin_id to, std::vector<reply> batch) {
  if (to == own_backup_reads) {
    compat::anonymous_send(router.actor, local::backup_replies{std::move(batch)});
    return;
  }
  const auto receiver = to == own_router ? index : to.value() - first_peer_origin;
  around->carry(index, receiver, [from = number, batch = std::move(batch)](member_place& there) mutable {
    compat::anonymous_send(there.router.actor, local::replies{from, std::move(batch)});
  });
}

void cluster::world::member_place::install(const view_ptr& v, member_no self) {
  number = self;
  view = v;
  rows->install(v, self);
  compat::anonymous_send(router.actor, local::view_installed{v});
  compat::anonymous_send(administration, local::view_installed{v});
  compat::anonymous_send(announcer, local::view_installed{v});
}

namespace {

/// As a member of an application says it.
std::string text_of(protocol::ending how) {
  switch (how) {
    case protocol::ending::left: return "left";
    case protocol::ending::expelled: return "expelled";
    case protocol::ending::refused: return "refused";
    case protocol::ending::none: break;
  }
  return "stopped";
}

template <class Place>
class test_rows final : public row_host_ports {
 public:
  explicit test_rows(Place& here) : here_{here} {}
  protocol::moment now() const override { return {here_.around->now(), here_.lease.read()}; }
  void deliver(const caf::actor& to, compat::letter what) override { compat::put(to, std::move(what)); }
  void send(member_no to, std::vector<any_replication_message> batch) override { here_.send_replication(to, std::move(batch)); }
  void answer(protocol::origin_id to, std::vector<reply> batch) override { here_.answer(to, std::move(batch)); }
  void wish(std::vector<membership_message::wish> batch) override { compat::anonymous_send(here_.membership, local::wanted{std::move(batch)}); }
  void report(const row_id&, const protocol::replica_event&) override {}
  void memory_changed(std::int64_t) override {}  // There is no limit here.
  void flush_wanted() override { here_.flush_wanted = true; }

 private:
  Place& here_;
};

template <class Place>
class test_membership final : public membership_environment {
 public:
  explicit test_membership(Place& here) : here_{here} {}
  instant now() const override { return here_.around->now(); }
  void send(const incarnation& to, any_membership_message what) override {
    auto* other = here_.around->place_of(to);
    if (other == nullptr) return;
    here_.around->carry(here_.index, other->index, [from = here_.id, what = std::move(what)](Place& there) {
      compat::anonymous_send(there.membership, local::membership_frame{from, what});
    });
  }
  void probe(const address& where) override {
    const auto index = std::size_t{where.port};
    auto& places = here_.around->places;
    if (index < places.size() && places[index]->alive) {
      compat::anonymous_send(here_.membership, local::peer_reached{places[index]->id, where});
    } else {
      compat::anonymous_send(here_.membership, local::peer_unreachable{where, true});
    }
  }
  void lease_changed(const protocol::lease& held) override { here_.lease.publish(held); }
  void installed(const view_ptr& v, member_no self) override { here_.install(v, self); }
  void passed(const view_ptr& v) override { compat::anonymous_send(here_.announcer, local::view_installed{v}); }
  void ended(protocol::ending how, std::optional<view_number>) override {
    compat::anonymous_send(here_.announcer, local::views_ended{text_of(how)});
    here_.around->kill(here_.index);
  }
  void report(const protocol::membership_event&) override {}

 private:
  Place& here_;
};

template <class Place>
class test_router final : public router_environment {
 public:
  explicit test_router(Place& here) : here_{here} {}
  instant now() const override { return here_.around->now(); }
  void send(std::vector<protocol::router_effects::send> list) override {
    for (auto& s : list) here_.send_operation(s.to, std::move(s.what));
  }
  void create_map(const std::string& name) override { compat::anonymous_send(here_.administration, local::create_map{name}); }
  bool read_backup(operation get) override { return here_.rows->read_backup(own_backup_reads, std::move(get)); }

 private:
  Place& here_;
};

template <class Place>
class test_administration final : public administration_environment {
 public:
  explicit test_administration(Place& here) : here_{here} {}
  void wish(std::vector<membership_message::wish> list) override { compat::anonymous_send(here_.membership, local::wanted{std::move(list)}); }
  void force_view() override { compat::anonymous_send(here_.membership, local::force_a_view{}); }
  void shut_down(bool) override { compat::anonymous_send(here_.membership, local::start_leaving{}); }
  void take_census(std::function<void(std::vector<local::row_census>)> done) override { here_.rows->take_census(std::move(done)); }
  void answer(protocol::origin_id, client_message::command_result) override {}
  void map_refused(const std::string& name, failure why) override { compat::anonymous_send(here_.router.actor, local::map_refused{name, why}); }
  member_no self() const override { return here_.number; }
  std::uint64_t memory_limit() const override { return 0; }

 private:
  Place& here_;
};

}  // namespace

std::size_t cluster::world::start() {
  const auto index = places.size();
  auto& here = *places.emplace_back(std::make_unique<member_place>());
  here.around = this;
  here.index = index;
  here.id = nth_incarnation(index);
  protocol::membership_options options;
  options.self.id = here.id;
  options.self.address = {"test", static_cast<std::uint16_t>(index)};
  options.self.host = "host-" + std::to_string(index);
  options.settings = settings_;
  for (std::size_t i = 0; i < index; ++i) options.seeds.push_back({"test", static_cast<std::uint16_t>(i)});
  options.may_found = index == 0;
  options.founding_id.bytes[15] = 1;
  here.rows = std::make_shared<row_host>(system_, row_host_settings{.limits = protocol::limits_of(settings_), .processors = processors_}, std::make_unique<test_rows<member_place>>(here));
  here.membership = spawn_membership(system_, std::move(options), std::make_shared<test_membership<member_place>>(here));
  here.announcer = spawn_announcer(system_);
  here.administration = spawn_administration(system_, std::make_shared<test_administration<member_place>>(here));
  here.router = spawn_router(system_, client_id{here.id}, {}, std::make_shared<test_router<member_place>>(here));
  compat::anonymous_send(here.membership, local::start_membership{});
  return index;
}

cluster::world::member_place& cluster::world::place(std::size_t member) const {
  if (member < places.size()) return *places[member];
  throw std::out_of_range("there is no member " + std::to_string(member) + " in the test cluster: it has " + std::to_string(places.size()) + ", from 0 on");
}

cluster::world::member_place& cluster::world::living(std::size_t member) const {
  auto& here = place(member);
  if (here.alive) return here;
  throw std::logic_error("member " + std::to_string(member) + " of the test cluster is not alive");
}

void cluster::world::kill(std::size_t member) {
  auto& here = place(member);
  if (!std::exchange(here.alive, false)) return;
  compat::anonymous_send(here.router.actor, local::close_router{});
  compat::anonymous_send(here.announcer, local::views_ended{"stopped"});
  here.rows->stop();
  caf::anon_send_exit(here.membership, caf::exit_reason::kill);
  caf::anon_send_exit(here.administration, caf::exit_reason::kill);
  for (auto& other : places) {
    if (!other->alive) continue;
    compat::anonymous_send(other->membership, local::peer_disconnected{here.id});
    compat::anonymous_send(other->router.actor, local::link_lost{here.number});
  }
}

/// A connection never loses something and goes on: those that have are found broken, and are made anew.
void cluster::world::heal() {
  cuts_.clear();
  for (const auto& [a, b] : std::exchange(broken_, {})) {
    auto &one = *places[a], &other = *places[b];
    if (!one.alive || !other.alive) continue;
    compat::anonymous_send(one.router.actor, local::link_lost{other.number});
    compat::anonymous_send(other.router.actor, local::link_lost{one.number});
  }
}

void cluster::world::stop_all() {
  for (std::size_t i = 0; i < places.size(); ++i) kill(i);
  run();
  for (auto& p : places) caf::anon_send_exit(p->router.actor, caf::exit_reason::kill);
  run();
}

void cluster::world::run() {
  for (bool again = true; again;) {
    scheduler_.run();
    again = false;
    for (auto& p : places) {
      if (!std::exchange(p->flush_wanted, false)) continue;
      p->rows->flush();
      again = true;
    }
  }
}

void cluster::world::deliver_due() {
  while (!in_transit_.empty() && in_transit_.front().due <= now_) {
    auto next = std::move(in_transit_.front());
    in_transit_.pop_front();
    const auto link = std::minmax(next.from, next.to);
    const auto is_cut = cuts_.contains(link);
    if (is_cut) broken_.insert(link);
    if (is_cut || !places[next.from]->alive || !places[next.to]->alive) continue;
    next.arrival(*places[next.to]);
    run();
  }
}

void cluster::world::tick_all() {
  for (auto& p : places) {
    if (!p->alive) continue;
    compat::anonymous_send(p->membership, local::tick{});
    p->rows->tick();
  }
}

void cluster::world::advance(duration by) {
  const auto end = now_ + by;
  run();
  while (now_ < end) {
    const auto next = std::min<instant>({end, now_ + step, in_transit_.empty() ? end : std::max(in_transit_.front().due, now_)});
    const auto passed = next - now_;
    now_ = next;
    if (passed > duration{}) scheduler_.advance_time(passed);
    deliver_due();
    if (in_transit_.empty() || passed > duration{}) tick_all();
    run();
  }
}

cluster::world::member_place* cluster::world::place_of(const incarnation& id) {
  const auto at = std::find_if(places.begin(), places.end(), [&](const auto& p) { return p->id == id; });
  return at == places.end() || !(*at)->alive ? nullptr : at->get();
}

cluster::world::member_place* cluster::world::place_of(member_no number) {
  const auto at = std::find_if(places.begin(), places.end(), [&](const auto& p) { return p->number == number && number != nobody; });
  return at == places.end() || !(*at)->alive ? nullptr : at->get();
}

bool cluster::world::joined_all() const {
  const auto living = std::count_if(places.begin(), places.end(), [](const auto& p) { return p->alive; });
  return std::all_of(places.begin(), places.end(), [&](const auto& p) {
    return !p->alive || (p->view && p->view->members.size() == static_cast<std::size_t>(living));
  });
}

bool cluster::world::settled() const {
  if (!joined_all()) return false;
  view_ptr newest;
  for (const auto& p : places) {
    if (p->alive && (!newest || p->view->name.number > newest->name.number)) newest = p->view;
  }
  if (!newest) return true;
  for (const auto& table : newest->tables) {
    for (std::uint32_t i = 0; i < table.rows.size(); ++i) {
      const auto missing = protocol::shortfall_of(*newest, table.id_of(i));
      if (missing.backups_missing + missing.async_backups_missing > 0 || missing.catching_up) return false;
    }
  }
  return true;
}

cluster::cluster(caf::actor_system& system, std::size_t members, cluster_settings settings, std::shared_ptr<const processor_registry> processors)
    : world_{std::make_shared<world>(system, std::move(settings), std::move(processors))} {
  if (members == 0) throw std::invalid_argument("a test cluster has one member at least");
  for (std::size_t i = 0; i < members; ++i) world_->start();
  if (!settle()) throw std::runtime_error("the members of the test cluster did not form one view");
}

cluster::~cluster() { world_->stop_all(); }

std::size_t cluster::size() const { return world_->places.size(); }

bool cluster::is_alive(std::size_t member) const { return world_->place(member).alive; }

map_actor cluster::map(const std::string& name, std::size_t member) {
  auto& here = world_->place(member);
  map_settings settings;
  settings.name = name;
  return spawn_map(world_->system(), std::move(settings), here.router, here.administration);
}

caf::actor cluster::add_cluster_listener(const caf::actor& listener, std::size_t member) {
  return spawn_cluster_subscription(world_->system(), world_->place(member).announcer, listener);
}
void cluster::remove_cluster_listener(const caf::actor& subscription) { compat::anonymous_send(subscription, local::end_listening{}); }

view_ptr cluster::view_of(std::size_t member) const { return world_->place(member).view; }
std::optional<member_stats> cluster::stats(std::size_t member) {
  auto& here = world_->place(member);
  if (!here.alive || !here.view) return std::nullopt;
  const auto taken = std::make_shared<std::optional<member_stats>>();
  here.rows->take_census([taken, v = here.view, self = here.number](const std::vector<local::row_census>& rows) { *taken = summarize(rows, *v, self); });
  world_->run();
  return *taken;
}
void cluster::advance(duration by) { world_->advance(by); }
void cluster::run() { world_->run(); }

bool cluster::settle(duration limit) {
  const auto end = world_->now() + limit;
  do {
    world_->advance(milliseconds{50});
    if (world_->settled()) return true;
  } while (world_->now() < end);
  return false;
}

std::size_t cluster::start() { return world_->start(); }
void cluster::kill(std::size_t member) { world_->kill(member); }
void cluster::leave(std::size_t member) { compat::anonymous_send(world_->living(member).membership, local::start_leaving{}); }
void cluster::force_view(std::size_t member) { compat::anonymous_send(world_->living(member).membership, local::force_a_view{}); }
void cluster::cut(std::size_t a, std::size_t b) {
  static_cast<void>(world_->place(a));
  static_cast<void>(world_->place(b));
  if (a == b) throw std::invalid_argument("member " + std::to_string(a) + " of a test cluster can't be cut off from itself");
  world_->cut(a, b);
}
void cluster::heal() { world_->heal(); }

}  // namespace troupe::test
