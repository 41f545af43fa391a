#include <troupe/node/testing/cluster.hpp>

#include <stdexcept>
#include <string>
#include <utility>

#include <troupe/actors/announcer_actor.hpp>
#include <troupe/actors/map_actor.hpp>
#include <troupe/node/testing/world.hpp>

namespace troupe::test {

namespace {

place& living(world& in, std::size_t member) {
  auto& here = in.at(member);
  if (here.is_alive()) return here;
  throw std::logic_error("member " + std::to_string(member) + " of the test cluster is not alive");
}

member_place& member_at(world& in, std::size_t index) {
  static_cast<void>(in.at(index));
  if (auto* here = in.member(index)) return *here;
  throw std::logic_error(std::to_string(index) + " is a client of the test cluster, and no member");
}
member_place& living_member(world& in, std::size_t index) {
  static_cast<void>(living(in, index));
  return member_at(in, index);
}

/// Between which two something shall be cut.
std::pair<place&, place&> ends_of_cut(world& in, std::size_t a, std::size_t b) {
  auto &one = in.at(a), &other = in.at(b);
  if (a == b) throw std::invalid_argument("member " + std::to_string(a) + " of a test cluster can't be cut off from itself");
  return {one, other};
}

}  // namespace

system_config::system_config() {
  compat::set_option(*this, "scheduler.policy", "testing");
  compat::silence(*this);
}

cluster::cluster(caf::actor_system& system, std::size_t members, cluster_settings settings, std::shared_ptr<const processor_registry> processors,
                 const network_settings& network)
    : world_{std::make_shared<world>(system, std::move(settings), std::move(processors), network)} {
  if (members == 0) throw std::invalid_argument("a test cluster has one member at least");
  for (std::size_t i = 0; i < members; ++i) world_->start();
  if (!settle()) throw std::runtime_error("the members of the test cluster did not form one view");
}

cluster::~cluster() { world_->stop_all(); }

std::size_t cluster::size() const { return world_->size(); }

bool cluster::is_alive(std::size_t member) const { return world_->at(member).is_alive(); }

map_actor cluster::map(const std::string& name, std::size_t member) {
  auto& here = world_->at(member);
  map_settings settings;
  settings.name = name;
  return spawn_map(world_->system(), std::move(settings), here.router, here.door);
}

caf::actor cluster::add_cluster_listener(const caf::actor& listener, std::size_t member) {
  return spawn_cluster_subscription(world_->system(), world_->at(member).announcer, listener);
}
void cluster::remove_cluster_listener(const caf::actor& subscription) { compat::anonymous_send(subscription, local::end_listening{}); }

view_ptr cluster::view_of(std::size_t member) const { return world_->at(member).view; }
std::optional<member_stats> cluster::stats(std::size_t member) { return member_at(*world_, member).stats(); }

void cluster::run() { world_->run(); }
void cluster::advance(duration by) { world_->advance(by); }
bool cluster::settle(duration limit) {
  const auto end = world_->now() + limit;
  do {
    world_->advance(milliseconds{50});
    if (world_->is_settled()) return true;
  } while (world_->now() < end);
  return false;
}

std::size_t cluster::start() { return world_->start(); }
std::size_t cluster::connect() { return world_->connect(); }
void cluster::kill(std::size_t member) { world_->kill(world_->at(member)); }
void cluster::leave(std::size_t member) { living_member(*world_, member).leave(); }
void cluster::force_view(std::size_t member) { living_member(*world_, member).force_view(); }
void cluster::reset_lost(std::size_t member) { living_member(*world_, member).reset_lost(); }

void cluster::pause(std::size_t member) { world_->pause(living(*world_, member)); }
void cluster::resume(std::size_t member) { living(*world_, member).resume(); }
bool cluster::is_paused(std::size_t member) const { return world_->at(member).is_paused(); }

void cluster::cut(std::size_t a, std::size_t b) {
  const auto& [one, other] = ends_of_cut(*world_, a, b);
  world_->cut(one, other);
  world_->cut(other, one);
}
void cluster::cut_one_way(std::size_t from, std::size_t to) {
  const auto& [sender, receiver] = ends_of_cut(*world_, from, to);
  world_->cut(sender, receiver);
}
void cluster::heal() { world_->heal(); }

}  // namespace troupe::test
