#include <troupe/node/testing/place.hpp>

#include <utility>

#include <troupe/actors/administration_actor.hpp>
#include <troupe/actors/announcer_actor.hpp>
#include <troupe/node/testing/world.hpp>

namespace troupe::test {

namespace {

incarnation nth_incarnation(std::size_t index) {
  incarnation id;
  id.bytes[14] = static_cast<std::uint8_t>((index + 1) >> 8);
  id.bytes[15] = static_cast<std::uint8_t>(index + 1);
  return id;
}

/// Lesser ones are a member's own.
constexpr std::uint64_t first_origin = 16;

/// What map actors ask the administration waits here while the process is paused.
caf::behavior stand_at_door(caf::event_based_actor* self, const std::weak_ptr<place>& process, const caf::actor& administration) {
  const auto pass_on = [=](auto& what) {
    auto letter = compat::delegated_letter(self, std::move(what));
    if (const auto here = process.lock()) here->feed(administration, std::move(letter));
    return caf::delegated<bool>{};
  };
  return {
      [pass_on](local::destroy_map& d) { return pass_on(d); },
      [pass_on](local::set_counts& c) { return pass_on(c); },
  };
}

}  // namespace

place::place(world& in, std::size_t nth) : around{in}, index{nth}, id{nth_incarnation(nth)} {}

protocol::origin_id place::origin() const { return protocol::origin_id{first_origin + index}; }
std::size_t place::index_of(protocol::origin_id other) { return other.value() - first_origin; }

void place::begin(const std::shared_ptr<router_environment>& environment, const caf::actor& administration) {
  door = around.system().spawn(stand_at_door, weak_from_this(), administration);
  announcer = spawn_announcer(around.system());
  // A handle of the router may outlive this.
  router = spawn_router(around.system(), client_id{id}, {}, environment, [here = weak_from_this()](const caf::actor& to, compat::letter what) {
    if (const auto p = here.lock()) return p->feed(to, std::move(what));
    compat::put(to, std::move(what));
  });
}

void place::happen(std::function<void()> what) {
  if (!alive_) return;
  if (paused_ || !waiting_.empty()) {
    waiting_.push_back({std::move(what), {}, {}});
  } else {
    what();
  }
}

void place::feed(const caf::actor& to, compat::letter what) {
  if (paused_ || !waiting_.empty()) {
    waiting_.push_back({{}, to, std::move(what)});
  } else {
    compat::put(to, std::move(what));
  }
}

bool place::do_what_waits() {
  if (paused_ || waiting_.empty()) return false;
  auto next = std::move(waiting_.front());
  waiting_.pop_front();
  if (next.what) {
    next.what();
  } else {
    compat::put(next.to, std::move(next.letter));
  }
  return true;
}

bool place::kill() {
  if (!std::exchange(alive_, false)) return false;
  paused_ = false;
  auto left = std::exchange(waiting_, {});
  tell(router.actor, local::close_router{});
  tell(announcer, local::views_ended{"stopped"});
  caf::anon_send_exit(door, caf::exit_reason::kill);
  end_actors();
  for (auto& w : left) {
    if (!w.what) compat::put(w.to, std::move(w.letter));
  }
  return true;
}

void place::end_router() { caf::anon_send_exit(router.actor, caf::exit_reason::kill); }

void place::tick() {
  if (!router_ticks_at_ || *router_ticks_at_ > around.now()) return;
  router_ticks_at_.reset();
  tell(router.actor, local::tick{});
}

void place::tick_router_after(duration delay) { router_ticks_at_ = around.now() + delay; }

instant place_router::now() const { return here_.around.now(); }

}  // namespace troupe::test
