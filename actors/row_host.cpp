#include <troupe/actors/row_host.hpp>

#include <algorithm>
#include <utility>

#include <troupe/messages/types/partitioning.hpp>

namespace troupe {

namespace {

/// Splits a batch by row, keeping the order within each; hands each part on.
template <class T, class RowOf, class Deliver>
void by_row(std::vector<T> batch, RowOf row_of, Deliver deliver) {
  if (batch.empty()) return;
  const auto& first = row_of(batch.front());
  if (std::all_of(batch.begin(), batch.end(), [&](const T& x) { return row_of(x) == first; })) {
    const auto row = first;
    deliver(row, std::move(batch));
    return;
  }
  struct part {
    row_id row;
    std::size_t size = 0;
    std::vector<T> list{};
  };
  protocol::flat_map<row_id, std::size_t, std::hash<row_id>, std::equal_to<row_id>> place;
  std::vector<part> parts;
  std::vector<std::size_t> part_of;
  part_of.reserve(batch.size());
  for (const auto& x : batch) {
    const auto [at, fresh] = place.try_emplace(row_of(x), parts.size());
    if (fresh) parts.push_back({row_of(x)});
    ++parts[at->second].size;
    part_of.push_back(at->second);
  }
  for (auto& p : parts) p.list.reserve(p.size);
  for (std::size_t i = 0; i < batch.size(); ++i) parts[part_of[i]].list.push_back(std::move(batch[i]));
  for (auto& p : parts) deliver(p.row, std::move(p.list));
}

/// What is wrong with the place that an operation names, whatever the view.
failure failure_of_place(const operation& o, std::uint32_t partition_count) {
  if (!o.row.kind.is_valid() || o.row.partition.value() >= partition_count) return failure::wrong_partition;
  if (has_key(o.kind) && partition_of(o.key.view(), partition_count) != o.row.partition) return failure::wrong_partition;
  return failure::none;
}

}  // namespace

row_host::row_host(caf::actor_system& system, row_host_settings settings, std::unique_ptr<row_host_ports> ports)
    : system_{system}, settings_{std::move(settings)}, ports_{std::move(ports)} {}

row_host::~row_host() = default;

const caf::actor& row_host::partition(const row_id& row) {
  auto at = partitions_.find(row);
  if (at != partitions_.end()) return at->second;
  auto limits = settings_.limits;
  if (view_) {  // What the cluster has, whatever this member was told.
    limits.sizes = view_->settings.limits;
    limits.lock_patience = lock_patience_of(view_->settings.times);
  }
  auto fresh = spawn_partition(system_, {row, self_, limits, settings_.processors}, shared_from_this());
  at = partitions_.emplace(row, std::move(fresh)).first;
  if (view_) ports_->deliver(at->second, compat::make_letter(local::view_installed{view_}));
  return at->second;
}

bool row_host::has_role(const row& r) const {
  return r.primary == self_ || r.in_sync.contains(self_) || r.learners.contains(self_) || r.async_backups.contains(self_);
}

void row_host::install(const view_ptr& v, member_no self) {
  if (stopped_) return;
  self_ = self;
  view_ = v;
  for (const auto& [row, actor] : partitions_) ports_->deliver(actor, compat::make_letter(local::view_installed{v}));
  for (const auto& table : v->tables) {
    for (std::uint32_t p = settings_.shard; p < table.rows.size(); p += settings_.shards) {
      if (has_role(table.rows[p])) std::ignore = partition(table.id_of(p));
    }
  }
  drop_those_gone();
  serve_early();
  step_done();
}

/// Rows of a group whose last map is gone. They have been told.
void row_host::drop_those_gone() {
  std::vector<row_id> gone;
  for (const auto& [row, actor] : partitions_) {
    if (view_->find(row) == nullptr) gone.push_back(row);
  }
  for (const auto& row : gone) {
    const auto at = partitions_.find(row);
    ports_->deliver(at->second, compat::make_letter(caf::exit_msg{caf::actor_addr{}, caf::exit_reason::user_shutdown}));
    partitions_.erase(at);
    ticking_.erase(row);
  }
}

/// Can there be such a row here, in this view or a later one?
bool row_host::may_exist(const row_id& row) const {
  return row.kind.is_valid() && row.partition.value() < view_->settings.partition_count && hosts(row);
}

void row_host::receive(member_no from, std::vector<any_replication_message> batch) {
  if (stopped_ || self_ == nobody) return;
  by_row(
      std::move(batch), [](const any_replication_message& m) -> const row_id& { return row_of(m); },
      [&](const row_id& row, auto part) {
        if (hosts(row) && view_->find(row) != nullptr) {
          ports_->deliver(partition(row), compat::make_letter(local::replication{from, std::move(part)}));
        } else if (may_exist(row)) {
          for (const auto& m : part) {
            const auto* seal = std::get_if<replication_message::seal>(&m);
            if (seal != nullptr && early_seals_.size() < view_->settings.partition_count) early_seals_.emplace_back(from, *seal);
          }
        }
      });
}

void row_host::operate(protocol::origin_id from, std::vector<operation> batch) {
  if (stopped_ || self_ == nobody) {
    for (const auto& o : batch) refuse(from, o, outcome::retry, failure::not_primary);
    step_done();
    return;
  }
  std::erase_if(batch, [&](const operation& o) {
    const auto why = failure_of_place(o, view_->settings.partition_count);
    if (why != failure::none) refuse(from, o, outcome::not_applied, why);
    return why != failure::none;
  });
  by_row(
      std::move(batch), [](const operation& o) -> const row_id& { return o.row; },
      [&](const row_id& row, auto part) { operate_on(row, from, std::move(part)); });
  step_done();
}

void row_host::operate_on(const row_id& row, protocol::origin_id from, std::vector<operation> batch) {
  if (auto at = partitions_.find(row); at != partitions_.end()) {
    ports_->deliver(at->second, compat::make_letter(local::operations{from, std::move(batch)}));
    return;
  }
  for (auto& o : batch) {
    if (is_early(o))
      wait_for_view(from, std::move(o));
    else
      refuse(from, o, outcome::retry, failure::not_primary);
  }
}

bool row_host::is_early(const operation& o) const { return o.routed_by > view_->name.number; }

void row_host::wait_for_view(protocol::origin_id from, operation what) {
  protocol::waiting_operation w{from, std::move(what)};
  if (!early_.admit(w, settings_.limits.waiting_operations_max, settings_.limits.pending_bytes_max))
    refuse(from, w.what, outcome::retry, failure::not_primary);
}

void row_host::serve_early() {
  for (auto& [from, seal] : std::exchange(early_seals_, {})) receive(from, {any_replication_message{seal}});
  for (auto& w : early_.take_all()) operate_on(w.what.row, w.from, {std::move(w.what)});
}

void row_host::refuse(protocol::origin_id from, const operation& what, outcome result, failure why) {
  reply r;
  r.request = what.request;
  r.result = result;
  r.why = why;
  answer(from, std::move(r));
}

bool row_host::read_backup(protocol::origin_id from, operation get) {
  const auto* r = view_ ? view_->find(get.row) : nullptr;
  if (stopped_ || r == nullptr || r->primary == self_) return false;
  if (!r->in_sync.contains(self_) && !r->async_backups.contains(self_)) return false;
  ports_->deliver(partition(get.row), compat::make_letter(local::backup_read{from, std::move(get)}));
  return true;
}

void row_host::forget(protocol::origin_id from) {
  answers_.erase(from);
  early_.forget(from);
  for (const auto& [row, actor] : partitions_) ports_->deliver(actor, compat::make_letter(local::origin_gone{from}));
}

void row_host::tick() {
  tick_those_due();
  check_next();
}

void row_host::tick_those_due() {
  const auto now = ports_->now().now;
  std::vector<row_id> due;
  for (const auto& [row, from] : ticking_) {
    if (from <= now) due.push_back(row);
  }
  for (const auto& row : due) {
    if (auto at = partitions_.find(row); at != partitions_.end()) ports_->deliver(at->second, compat::make_letter(local::tick{}));
  }
}

/// One at a time: all rows at once would be a burst on every link.
void row_host::check_next() {
  if (unchecked_.empty()) {
    for (const auto& [row, actor] : partitions_) unchecked_.push_back(row);
  }
  if (unchecked_.empty()) return;
  if (auto at = partitions_.find(unchecked_.back()); at != partitions_.end()) ports_->deliver(at->second, compat::make_letter(local::check{}));
  unchecked_.pop_back();
}

template <class Answer, class Question>
void row_host::ask_all(std::function<void(std::vector<Answer>)> done, Question question) {
  if (stopped_) return;
  if (partitions_.empty()) return done({});
  struct collection {
    std::vector<Answer> answers;
    std::size_t missing;
    std::function<void(std::vector<Answer>)> done;
  };
  auto shared = std::make_shared<collection>(collection{{}, partitions_.size(), std::move(done)});
  for (const auto& [row, actor] : partitions_) {
    ports_->deliver(actor, compat::make_letter(question([shared](Answer a) {
                      shared->answers.push_back(std::move(a));
                      if (--shared->missing == 0) shared->done(std::move(shared->answers));
                    })));
  }
}

void row_host::take_census(std::function<void(std::vector<local::row_census>)> done) {
  ask_all<local::row_census>(std::move(done), [](auto into) { return local::take_census{std::move(into)}; });
}

void row_host::take_discarded(view_number after, std::function<void(std::vector<local::row_discarded>)> done) {
  ask_all<local::row_discarded>(std::move(done), [after](auto into) { return local::take_discarded{after, std::move(into)}; });
}

void row_host::flush() {
  for (auto& [to, batch] : outgoing_) {
    if (!batch.empty()) ports_->send(to, std::exchange(batch, {}));
  }
  // Who had no answer since the last time may have gone.
  std::erase_if(answers_, [](const auto& waiting) { return waiting.second.empty(); });
  for (auto& [to, batch] : answers_) ports_->answer(to, std::exchange(batch, {}));
  if (!wishes_.empty()) ports_->wish(std::exchange(wishes_, {}));
}

void row_host::stop() {
  if (std::exchange(stopped_, true)) return;
  for (auto& [row, actor] : partitions_) {
    ports_->deliver(actor, compat::make_letter(caf::exit_msg{caf::actor_addr{}, caf::exit_reason::user_shutdown}));
  }
  partitions_.clear();
  early_ = {};
  early_seals_.clear();
  ticking_.clear();
  unchecked_.clear();
}

void row_host::send(member_no to, any_replication_message what) { outgoing_[to].push_back(std::move(what)); }

void row_host::answer(protocol::origin_id to, reply what) { answers_[to].push_back(std::move(what)); }

void row_host::wish(membership_message::wish what) { wishes_.push_back(std::move(what)); }

void row_host::tell_neighbour(protocol::neighbour_message what) {
  const auto at = partitions_.find(what.to);
  if (at != partitions_.end()) ports_->deliver(at->second, compat::make_letter(local::neighbour{std::move(what)}));
}

void row_host::want_ticks(const row_id& row, std::optional<instant> from) {
  if (from)
    ticking_[row] = *from;
  else
    ticking_.erase(row);
}

void row_host::step_done() { ports_->flush_wanted(); }

}  // namespace troupe
