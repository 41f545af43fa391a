#include "routed_cluster.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <utility>

namespace troupe::protocol::test {

namespace {

member named(member_no number) {
  member m;
  m.number = number;
  return m;
}

}  // namespace

cluster_view::cluster_view(std::uint32_t partition_count) {
  view_.settings.partition_count = partition_count;
  view_.members = {named(alice), named(bob), named(carol)};
  view_.tables.push_back({one_backup, std::vector<row>(partition_count)});
  with_map("plays").led_by(alice);
}

cluster_view& cluster_view::led_by(member_no who) {
  for (std::uint32_t p = 0; p < view_.settings.partition_count; ++p) led_by(who, partition_id{p});
  return *this;
}

cluster_view& cluster_view::led_by(member_no who, partition_id partition) {
  auto& r = view_.tables[0].rows[partition.value()];
  r.primary = who;
  r.in_sync.insert(who);
  r.epoch = r.epoch.next();
  r.status = row_status::served;
  return *this;
}

cluster_view& cluster_view::lost(partition_id partition) {
  auto& r = view_.tables[0].rows[partition.value()];
  r.primary = nobody;
  r.in_sync.clear();
  r.status = row_status::lost;
  return *this;
}

cluster_view& cluster_view::without(member_no who) {
  std::erase_if(view_.members, [&](const member& m) { return m.number == who; });
  return *this;
}

cluster_view& cluster_view::with_map(const std::string& name) {
  view_.maps.push_back({view_.next_map, name, one_backup, false});
  view_.next_map = view_.next_map.next();
  return *this;
}

cluster_view& cluster_view::with_copy_reads(const std::string& name) {
  for (auto& m : view_.maps) m.read_backup_data |= m.name == name;
  return *this;
}

cluster_view& cluster_view::emptied(partition_id partition, epoch_number since) {
  auto& r = view_.tables[0].rows[partition.value()];
  r.epoch = r.empty_since = since;
  return *this;
}

cluster_view& cluster_view::moving(const std::string& name, row_status there) {
  const row_group target{{2, 0}, group_number{1}};
  auto& map = *std::find_if(view_.maps.begin(), view_.maps.end(), [&](const map_info& m) { return m.name == name; });
  map.kind = target.began;
  map.number = target.number;
  map.moves_from = row_group{one_backup};
  if (view_.find(target) == nullptr) view_.tables.push_back({target.began, view_.tables[0].rows, target.number});
  for (auto& r : view_.tables.back().rows) r.status = there;
  if (there == row_status::served) map.moves_from.reset();
  return *this;
}

cluster_view& cluster_view::without_map(const std::string& name) {
  std::erase_if(view_.maps, [&](const map_info& m) { return m.name == name; });
  return *this;
}

cluster_view& cluster_view::with_limits(const size_limits& limits) {
  view_.settings.limits = limits;
  return *this;
}

cluster_view& cluster_view::founded_anew(std::uint32_t partition_count) {
  auto id = view_.cluster;
  ++id.bytes[0];
  view_ = cluster_view{partition_count}.view_;
  view_.cluster = id;
  return *this;
}

view_ptr cluster_view::publish() {
  view_.name.number = view_.name.number.next();
  return std::make_shared<const view>(view_);
}

void routed_cluster::shows(const view_ptr& v) {
  router_.install(v, now_, effects_);
  take_effects();
}

call_id routed_cluster::calls(map_call what, duration wait, std::string_view map) {
  const call_id id{++last_call_};
  router_.call(id, map, std::move(what), now_ + wait, now_, effects_);
  take_effects();
  return id;
}

call_id routed_cluster::calls(operation_kind kind, const std::string& key, const std::string& value) {
  map_call c;
  c.operation = kind;
  c.key = blob{key};
  c.value = blob{value};
  return calls(std::move(c));
}

void routed_cluster::passes(duration time) {
  now_ += time;
  router_.tick(now_, effects_);
  take_effects();
}

void routed_cluster::breaks_connection_to(member_no who, const std::vector<router_effects::send>& never_left) {
  std::vector<request_number> requests;
  for (const auto& s : never_left) requests.push_back(s.what.request);
  router_.disconnected(who, now_, effects_, requests);
  take_effects();
}

void routed_cluster::cancels(const std::unordered_set<call_id>& which) {
  router_.cancel(which, now_, effects_);
  take_effects();
}

void routed_cluster::could_not_send(const router_effects::send& what) {
  router_.not_sent(what.to, what.what.request, now_, effects_);
  take_effects();
}

void routed_cluster::refuses_map(const std::string& name, failure why) {
  router_.map_refused(name, why, now_, effects_);
  take_effects();
}

void routed_cluster::closes() {
  router_.close(effects_);
  take_effects();
}

void routed_cluster::answers(const router_effects::send& to, reply what) {
  what.request = to.what.request;
  router_.receive(to.to, what, now_, effects_);
  take_effects();
}

void routed_cluster::copy_answers(const reply& what) {
  router_.copy_answered(what, now_, effects_);
  take_effects();
}

std::vector<operation> routed_cluster::copy_reads() { return std::exchange(copy_reads_, {}); }

void routed_cluster::refuses(const router_effects::send& to) { fails(to, outcome::retry, failure::not_primary); }

void routed_cluster::fails(const router_effects::send& to, outcome result, failure why) {
  reply r;
  r.result = result;
  r.why = why;
  answers(to, r);
}

std::vector<router_effects::send> routed_cluster::sent() { return std::exchange(sent_, {}); }

router_effects::send routed_cluster::only_sent() {
  auto all = sent();
  REQUIRE(all.size() == 1);
  return all.front();
}

std::vector<std::string> routed_cluster::wanted_maps() { return std::exchange(wanted_, {}); }

std::optional<map_result> routed_cluster::result_of(call_id call) const {
  const auto at = results_.find(call);
  if (at == results_.end()) return std::nullopt;
  return at->second;
}

void routed_cluster::take_effects() {
  sent_.insert(sent_.end(), effects_.sends.begin(), effects_.sends.end());
  copy_reads_.insert(copy_reads_.end(), effects_.copy_reads.begin(), effects_.copy_reads.end());
  wanted_.insert(wanted_.end(), effects_.wanted_maps.begin(), effects_.wanted_maps.end());
  for (auto& f : effects_.finished) {
    INFO("call " << f.call.value());
    REQUIRE(results_.emplace(f.call, std::move(f.what)).second);  // Exactly once.
  }
  effects_.clear();
}

void check_finished(const routed_cluster& c, call_id call, outcome result, failure why) {
  const auto what = c.result_of(call);
  REQUIRE(what);
  CHECK(to_string(what->result) == to_string(result));
  CHECK(to_string(what->why) == to_string(why));
}

map_call bulk(map_call::kind what) {
  map_call c;
  c.what = what;
  return c;
}

map_call get_all(const std::vector<std::string>& keys) {
  auto c = bulk(map_call::kind::get_all);
  for (const auto& k : keys) c.keys.emplace_back(k);
  return c;
}

map_call put_all(const std::vector<std::pair<std::string, std::string>>& entries) {
  auto c = bulk(map_call::kind::put_all);
  for (const auto& [k, v] : entries) c.entries.push_back({blob{k}, blob{v}});
  return c;
}

map_call scan(const std::string& cursor, std::uint32_t page_bytes) {
  auto c = bulk(map_call::kind::scan);
  c.cursor = cursor;
  c.page_bytes = page_bytes;
  return c;
}

}  // namespace troupe::protocol::test
