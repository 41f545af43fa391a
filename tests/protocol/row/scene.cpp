#include "scene.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace troupe::protocol::scene {

view_ptr view_with(const row& r, std::uint64_t number, const std::vector<map_id>& maps, const std::vector<durability_rules>& rules,
                   read_mode reads) {
  auto v = std::make_shared<troupe::view>();
  v->settings.durabilities = rules;
  v->settings.reads = reads;
  v->name = {view_number{number}, number * 7919};
  for (std::uint32_t n = 1; n <= 9; ++n) {
    troupe::member m;
    m.number = member_no{n};
    v->members.push_back(m);
  }
  v->next_member = member_no{10};
  for (const auto id : maps) v->maps.push_back({id, "map-" + std::to_string(id.value()), kind, false});
  v->next_map = map_id{3};
  row_table table;
  table.kind = kind;
  table.rows.resize(the_row.partition.value() + 1);
  table.rows[the_row.partition.value()] = r;
  v->tables.push_back(std::move(table));
  return v;
}

operation ask(operation_kind what, std::string_view key, std::string_view value, std::string_view expected) {
  operation o;
  o.row = the_row;
  o.map = the_map;
  o.kind = what;
  o.key = blob{key};
  o.value = blob{value};
  o.expected = blob{expected};
  return o;
}

const replica_effects::answer& turn::answer_to(std::uint64_t request) const& {
  const auto is_it = [request](const answer& a) { return a.what.request == request_number{request}; };
  if (std::count_if(answers.begin(), answers.end(), is_it) != 1) throw std::logic_error("not exactly one answer to " + std::to_string(request));
  return *std::find_if(answers.begin(), answers.end(), is_it);
}

bool turn::answers_to(std::uint64_t request) const {
  return std::any_of(answers.begin(), answers.end(), [request](const answer& a) { return a.what.request == request_number{request}; });
}

bool turn::reports(std::string_view event) const {
  return std::any_of(events.begin(), events.end(), [event](const replica_event& e) { return e.text.starts_with(event); });
}

moment stage::at() const {
  return {now_, has_lease_ && view_ ? lease{view_->name, now_ + seconds{1}} : lease{}, is_full_};
}

template <class Step>
turn stage::take(Step step) {
  turn t;
  step(t);
  replica_.flush(at(), t);
  return t;
}

turn stage::install(const row& r, const std::vector<map_id>& maps) {
  auto next = std::make_shared<troupe::view>(*view_with(r, view_ ? view_->name.number.value() + 1 : 1, maps, rules_, reads_));
  next->lone = lone_;
  for (auto& map : next->maps) {
    map.eviction = eviction_;
    map.entry_statistics = entry_statistics_;
  }
  view_ = std::move(next);
  epoch_ = r.epoch;
  return take([&](turn& t) { replica_.install(view_, at(), t); });
}

turn stage::operate(operation what) {
  what.request = request_number{++requests_};
  if (what.routed_by == view_number{} && view_) what.routed_by = view_->name.number;
  return take([&](turn& t) { replica_.operate(origin_id{1}, std::move(what), at(), t); });
}

turn stage::receive(std::uint32_t from, any_replication_message what) {
  return take([&](turn& t) { replica_.receive(member_no{from}, std::move(what), at(), t); });
}

turn stage::tick_after(duration d) {
  now_ += d;
  return take([&](turn& t) { replica_.tick(at(), t); });
}

turn stage::check() {
  return take([&](turn& t) { replica_.check(at(), t); });
}

turn stage::acked(std::uint32_t from, std::uint64_t held, feed_number feed) {
  return receive(from, ack{the_row, epoch_, feed, seq(held), false, epoch_, {}, agreement::equal});
}

turn stage::confirmed(std::uint32_t from, std::uint64_t held, std::uint64_t question) {
  return receive(from, ack{the_row, epoch_, {}, seq(held), false, epoch_, {}, agreement::equal, false, confirmation_number{question}});
}

turn stage::sealed(std::uint32_t from, std::uint64_t length, epoch_number last, bool in_sync) {
  return receive(from, replication_message::sealed{the_row, epoch_, in_sync, seq(length), last});
}

stage primary_of(const row& r, const replica_limits& limits, std::vector<durability_rules> rules,
                 std::shared_ptr<const entry_processors> processors) {
  stage s{me, limits, std::move(processors)};
  s.set_rules(std::move(rules));
  s.install(r);
  for (const auto m : r.in_sync) {
    if (m != me) s.sealed(m.value(), 0);
  }
  for (const auto m : r.unsealed) {
    if (m != me && !r.in_sync.contains(m)) s.sealed(m.value(), 0, {}, false);
  }
  return s;
}

records records_of(epoch_number e, std::uint64_t first, const std::vector<std::string>& values, std::uint64_t commit, epoch_number before) {
  records m;
  m.row = the_row;
  m.epoch = e;
  m.first = seq(first);
  m.commit = seq(commit);
  m.before = before;
  for (const auto& v : values) m.list.push_back({e, seq(first++), put_entry{the_map, blob{"k"}, blob{v}}});
  return m;
}

std::string value_at(replica& r, std::string_view key) {
  const auto found = r.read_backup(get(key));
  if (!found) return "?";
  return found->found ? std::string{found->value.view()} : "-";
}

}  // namespace troupe::protocol::scene
