#include <troupe/node/testing/world.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include <troupe/actors/protocol/planner/planner.hpp>
#include <troupe/node/testing/client_place.hpp>

namespace troupe::test {

namespace {

/// Between two ticks of all processes, where nothing arrives; and at least.
constexpr auto step = milliseconds{5};
constexpr auto step_min = milliseconds{1};

}  // namespace

world::world(caf::actor_system& system, cluster_settings settings, std::shared_ptr<const processor_registry> processors, const network_settings& network)
    : system_{system}, scheduler_{system}, settings_{std::move(settings)}, processors_{std::move(processors)}, network_{network} {}

place& world::at(std::size_t index) const {
  if (index < places_.size()) return *places_[index];
  throw std::out_of_range("there is no member or client " + std::to_string(index) + " in the test cluster: it has " + std::to_string(places_.size()) + ", from 0 on");
}

member_place* world::member(std::size_t index) const {
  return index < places_.size() ? dynamic_cast<member_place*>(places_[index].get()) : nullptr;
}

std::vector<member_place*> world::members() const {
  std::vector<member_place*> all;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    if (auto* m = member(i)) all.push_back(m);
  }
  return all;
}

member_place* world::find(const incarnation& id) const {
  const auto all = members();
  const auto at = std::find_if(all.begin(), all.end(), [&](const auto* m) { return m->id == id; });
  return at == all.end() || !(*at)->is_alive() ? nullptr : *at;
}

member_place* world::find(member_no number) const {
  if (number == nobody) return nullptr;
  const auto all = members();
  const auto at = std::find_if(all.begin(), all.end(), [&](const auto* m) { return m->number() == number; });
  return at == all.end() || !(*at)->is_alive() ? nullptr : *at;
}

std::size_t world::start() {
  std::vector<std::size_t> seeds;
  for (const auto* m : members()) seeds.push_back(m->index);
  const auto fresh = std::make_shared<member_place>(*this, places_.size());
  places_.push_back(fresh);
  fresh->start(settings_, processors_, seeds);
  return fresh->index;
}

std::size_t world::connect() {
  const auto fresh = std::make_shared<client_place>(*this, places_.size());
  places_.push_back(fresh);
  fresh->start();
  return fresh->index;
}

void world::kill(place& which) {
  if (!which.kill()) return;
  for (const auto& p : places_) {
    p->happen([other = p.get(), &which] { other->lost_sight_of(which); });
  }
}

void world::pause(place& which) {
  run();
  which.pause();
}

void world::stop_all() {
  for (const auto& p : places_) kill(*p);
  run();
  for (const auto& p : places_) p->end_router();
  run();
}

void world::carry(const place& from, const place& to, std::function<void()> arrival) {
  network_.send({from.index, to.index, std::move(arrival)}, now_);
}

/// A connection never loses something and goes on: those that have are found broken, and are made anew.
void world::heal() {
  for (const auto& [a, b] : network_.heal()) {
    auto &one = *places_[a], &other = *places_[b];
    if (!one.is_alive() || !other.is_alive()) continue;
    one.happen([&one, &other] { one.reconnected(other); });
    other.happen([&one, &other] { other.reconnected(one); });
  }
}

void world::run() {
  for (bool again = true; again;) {
    scheduler_.run();
    again = false;
    for (const auto& p : places_) again = p->flush() || again;
    for (const auto& p : places_) again = again || p->do_what_waits();
  }
}

void world::deliver_arrived() {
  while (auto next = network_.take_arrived(now_)) {
    if (!places_[next->from]->is_alive()) continue;
    places_[next->to]->happen(std::move(next->arrival));
    run();
  }
}

void world::tick_all() {
  ticked_at_ = now_;
  for (const auto& p : places_) {
    if (p->runs()) p->tick();
  }
}

void world::advance(duration by) {
  const auto end = now_ + by;
  run();
  while (now_ < end) {
    const auto before = std::exchange(now_, std::min({end, now_ + step, std::max(network_.next().value_or(end), now_)}));
    if (now_ > before) scheduler_.advance_time(now_ - before);
    deliver_arrived();
    if (now_ - ticked_at_ >= step_min || now_ == end) tick_all();
    run();
  }
}

/// They are the members, by the view of each of them, and every row of the newest one has its copies; one that is lost has none.
bool world::is_settled() const {
  auto running = members();
  std::erase_if(running, [](const member_place* m) { return !m->runs(); });
  view_ptr newest;
  for (const auto* m : running) {
    if (!m->view || m->view->members.size() != running.size()) return false;
    if (!newest || m->view->name.number > newest->name.number) newest = m->view;
  }
  if (!newest) return true;
  for (const auto& table : newest->tables) {
    for (std::uint32_t i = 0; i < table.rows.size(); ++i) {
      if (table.rows[i].status == row_status::lost) return false;  // Also where one member is left, which no copies are wanted beside.
      const auto missing = protocol::shortfall_of(*newest, table.id_of(i));
      if (missing.backups_missing + missing.async_backups_missing > 0 || missing.catching_up) return false;
    }
  }
  return true;
}

}  // namespace troupe::test
