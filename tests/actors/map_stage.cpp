#include "tests/actors/map_stage.hpp"

#include <algorithm>
#include <iterator>
#include <sstream>
#include <utility>

#include <troupe/actors/protocol/planner/planner.hpp>
#include <troupe/messages/types/partitioning.hpp>

namespace troupe::test::model {

namespace {

constexpr milliseconds at_rest_after{1000};
constexpr milliseconds rest_comes_within{60'000};
/// A router asks again after half a second of silence.
constexpr milliseconds what_is_lost_is_asked_again{2000};

std::shared_ptr<const processor_registry> with_rewrite() {
  auto processors = std::make_shared<processor_registry>();
  processors->add<rewrite>();
  processors->add_predicate<sieve>();
  return processors;
}

}  // namespace

stage::stage(std::size_t members, cluster_settings settings, const network_settings& network)
    : began_{system_.clock().now()},
      settings_{std::move(settings)},
      cluster_{system_, members, settings_, with_rewrite(), network},
      views_{views()},
      moving_until_{now() + at_rest_after} {}

milliseconds stage::now() const {
  return std::chrono::duration_cast<milliseconds>(const_cast<caf::actor_system&>(system_).clock().now() - began_);
}

void stage::advance(milliseconds by, milliseconds piece) {
  const auto end = now() + by;
  while (now() < end) {
    if (heal_at_ && now() >= *heal_at_) {
      cluster_.heal();
      heal_at_.reset();
    }
    std::erase_if(wake_at_, [this](const auto& w) {
      if (now() < w.second) return false;
      if (cluster_.is_alive(w.first)) cluster_.resume(w.first);
      return true;
    });
    cluster_.advance(std::min(piece, end - now()));
    piece_has_passed();
  }
}

void stage::piece_has_passed() {
  if (auto seen = views(); seen != views_) {
    views_ = std::move(seen);
    moving_until_ = now() + at_rest_after;
  }
  if (rows_move()) moved_ = now();
  passing_();
}

std::vector<std::pair<std::size_t, view_number>> stage::views() const {
  std::vector<std::pair<std::size_t, view_number>> all;
  for (const auto m : living()) {
    const auto v = cluster_.view_of(m);
    all.emplace_back(m, v ? v->name.number : view_number{});
  }
  return all;
}

bool stage::rest(const std::function<bool()>& until) {
  cluster_.heal();
  heal_at_.reset();
  for (const auto& [m, when] : std::exchange(wake_at_, {})) {
    if (cluster_.is_alive(m)) cluster_.resume(m);
  }
  const auto began = now();
  for (;;) {
    const auto is_settled = cluster_.settle(milliseconds{0});
    piece_has_passed();
    const auto is_quiet = moving_until_ <= now() - at_rest_after && (!is_disturbed_ || now() - began >= what_is_lost_is_asked_again);
    if (is_settled && is_quiet && until()) break;
    if (now() - began > rest_comes_within) return false;
  }
  is_disturbed_ = false;
  return true;
}

std::string stage::describe() const {
  std::ostringstream out;
  const auto names = [](const member_set& set) {
    std::string list;
    for (const auto m : set) list += ' ' + std::to_string(m.value());
    return list.empty() ? " nobody" : list;
  };
  view_ptr newest;
  for (const auto m : living()) {
    const auto v = cluster_.view_of(m);
    out << "  member " << m << ": ";
    if (!v) {
      out << "no view\n";
      continue;
    }
    out << "view " << v->name.number.value() << " of";
    for (const auto& x : v->members) out << ' ' << x.number.value() << " (" << x.address.port << (x.leaving ? ", leaves)" : ")");
    out << '\n';
    if (!newest || v->name.number > newest->name.number) newest = v;
  }
  if (!newest) return out.str();
  for (const auto& table : newest->tables) {
    for (std::uint32_t i = 0; i < table.rows.size(); ++i) {
      const auto& r = table.rows[i];
      const auto missing = protocol::shortfall_of(*newest, table.id_of(i));
      if (missing.backups_missing + missing.async_backups_missing == 0 && !missing.catching_up) continue;
      out << "  row " << to_string(table.id_of(i)) << ", status " << int{static_cast<std::uint8_t>(r.status)} << ": primary "
          << r.primary.value() << ", in sync" << names(r.in_sync) << ", learners" << names(r.learners) << ", async"
          << names(r.async_backups) << ", unsealed" << names(r.unsealed) << ", successor " << r.successor.value() << '\n';
    }
  }
  return out.str();
}

std::vector<std::size_t> stage::living() const {
  std::vector<std::size_t> all;
  for (std::size_t m = 0; m < cluster_.size(); ++m) {
    if (cluster_.is_alive(m) && !clients_.contains(m)) all.push_back(m);
  }
  return all;
}

std::vector<std::size_t> stage::askers() const {
  auto all = living();
  std::copy_if(clients_.begin(), clients_.end(), std::back_inserter(all), [this](std::size_t c) { return cluster_.is_alive(c); });
  return all;
}

std::size_t stage::members() const {
  const auto all = living();
  return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [this](std::size_t m) { return cluster_.view_of(m) != nullptr; }));
}

bool stage::has_map(const std::string& name) const {
  const auto v = cluster_.view_of(living().front());
  return v && v->find_map(name) != nullptr;
}

std::size_t stage::fewest_copies_in_sync() const {
  auto fewest = living().size();
  const auto v = cluster_.view_of(living().front());
  if (!v) return 0;
  for (const auto& table : v->tables) {
    for (const auto& r : table.rows) fewest = std::min(fewest, r.in_sync.size());
  }
  return fewest;
}

std::size_t stage::start() {
  disturb();
  return cluster_.start();
}
void stage::kill(std::size_t member) {
  disturb();
  cluster_.kill(member);
}
void stage::leave(std::size_t member) {
  disturb();
  cluster_.leave(member);
}
std::size_t stage::connect() {
  disturb();
  const auto client = cluster_.connect();
  clients_.insert(client);
  return client;
}
void stage::cut(std::size_t a, std::size_t b, direction which, milliseconds how_long) {
  disturb();
  if (which != direction::to) cluster_.cut_one_way(a, b);
  if (which != direction::from) cluster_.cut_one_way(b, a);
  heal_at_ = now() + how_long;
}
void stage::isolate(std::size_t member, direction which, milliseconds how_long) {
  for (const auto m : askers()) {
    if (m != member) cut(member, m, which, how_long);
  }
}
void stage::pause(std::size_t member, milliseconds how_long) {
  disturb();
  cluster_.pause(member);
  wake_at_.insert_or_assign(member, now() + how_long);
}

// ---- Copies and losses ----

view_ptr stage::newest_view() const {
  view_ptr newest;
  for (const auto m : living()) {
    const auto v = cluster_.view_of(m);
    if (v && (!newest || v->name.number > newest->name.number)) newest = v;
  }
  return newest;
}

/// The test cluster's members have their index for a port.
member_no stage::number_of(std::size_t member) const {
  const auto v = newest_view();
  if (!v) return nobody;
  const auto at = std::find_if(v->members.begin(), v->members.end(), [member](const auto& m) { return m.address.port == member; });
  return at == v->members.end() ? nobody : at->number;
}

std::size_t stage::data_members() const {
  const auto v = newest_view();
  return v ? v->members.size() : living().size();
}

bool stage::agree_on(std::size_t members) const {
  const auto newest = newest_view();
  const auto all = askers();
  return newest && newest->members.size() == members &&
         std::all_of(all.begin(), all.end(), [&](std::size_t m) { return cluster_.view_of(m) && cluster_.view_of(m)->name == newest->name; });
}

bool stage::has_copy(const std::string& name, std::size_t member, const std::string& key) const {
  const auto self = number_of(member);
  const auto where = partition_of(key, settings_.partition_count);
  return partitions_where(name, [self](const row& r) { return r.primary != self && (r.in_sync.contains(self) || r.async_backups.contains(self)); })
      .contains(where);
}

stage::census stage::count(const std::string& name) {
  census sum;
  for (const auto m : living()) {
    const auto stats = cluster_.stats(m);
    if (!stats) continue;
    for (const auto& s : stats->maps) {
      if (s.name != name) continue;
      sum.entries += s.owned_entries, sum.bytes += s.owned_bytes;
      sum.backup_entries += s.backup_entries, sum.backup_bytes += s.backup_bytes;
      sum.async_entries += s.async_backup_entries, sum.async_bytes += s.async_backup_bytes;
    }
  }
  return sum;
}

std::shared_ptr<std::vector<cluster_event>> stage::watch(std::size_t member) {
  auto heard = std::make_shared<std::vector<cluster_event>>();
  const auto listener = system_.spawn([heard](caf::event_based_actor*) -> caf::behavior {
    return {[heard](const cluster_events& batch) { heard->insert(heard->end(), batch.events.begin(), batch.events.end()); }};
  });
  cluster_.add_cluster_listener(listener, member);
  cluster_.run();
  return heard;
}

}  // namespace troupe::test::model
