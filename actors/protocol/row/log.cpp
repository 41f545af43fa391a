#include <troupe/actors/protocol/row/log.hpp>

namespace troupe::protocol {

namespace {

struct size_of_body {
  std::size_t operator()(const put_entry& p) const { return p.key.size() + p.value.size(); }
  std::size_t operator()(const erase_entry& e) const { return e.key.size(); }
  std::size_t operator()(const clear_map& c) const {
    std::size_t bytes = 0;
    for (const auto& key : c.spared) bytes += key.size() + sizeof(key);
    return bytes;
  }
  std::size_t operator()(const no_change& n) const { return n.key.size(); }
  std::size_t operator()(const take_lock& l) const { return l.key.size(); }
  std::size_t operator()(const free_lock& l) const { return l.key.size(); }
};

}  // namespace

bool changes_entries(const record_body& body) {
  return std::holds_alternative<put_entry>(body) || std::holds_alternative<erase_entry>(body) || std::holds_alternative<clear_map>(body);
}

map_id map_of(const record_body& body) {
  return std::visit([](const auto& b) { return b.map; }, body);
}

const blob* key_of(const record_body& body) {
  return std::visit(
      [](const auto& b) -> const blob* {
        if constexpr (requires { b.key; }) return &b.key;
        else return nullptr;
      },
      body);
}

std::size_t bytes_of(const record_body& body, const record_cause& cause) {
  return record_overhead_bytes + std::visit(size_of_body{}, body) + cause.result.size();
}

std::optional<epoch_number> row_log::epoch_at(seq_number position) const {
  if (!reaches(position)) return std::nullopt;
  return position == base_ ? base_epoch_ : at(position).epoch;
}

const record& row_log::at(seq_number position) const {
  TROUPE_INVARIANT(0, base_ < position && position <= end());
  return records_[position.value() - base_.value() - 1].what;
}

std::uint64_t row_log::bytes_through(seq_number position) const {
  TROUPE_INVARIANT(0, reaches(position));
  return position == base_ ? base_bytes_ : records_[position.value() - base_.value() - 1].bytes_through;
}

const displaced& row_log::displaced_at(seq_number position) const {
  TROUPE_INVARIANT(0, base_ < position && position <= end());
  return records_[position.value() - base_.value() - 1].before;
}

void row_log::note_displaced(seq_number position, displaced what) {
  TROUPE_INVARIANT(0, base_ < position && position <= end());
  displaced_bytes_ += what.value.size();
  records_[position.value() - base_.value() - 1].before = std::move(what);
}

void row_log::forget_displaced() {
  TROUPE_INVARIANT(0, displaced_base_ < end());
  displaced_base_ = displaced_base_.next();
  auto& its = records_[displaced_base_.value() - base_.value() - 1].before;
  displaced_bytes_ -= its.value.size();
  its.value = {};
  its.has_value = !its.was_there;
}

std::size_t row_log::bytes_between(seq_number from, seq_number to) const {
  return static_cast<std::size_t>(bytes_through(to) - bytes_through(from));
}

void row_log::append(record r) {
  TROUPE_INVARIANT(4, r.seq == end().next());
  const auto total = bytes_through(end()) + bytes_of(r.body, r.cause);
  auto& last = records_.take_back_slot();
  last.what = std::move(r);
  last.bytes_through = total;
  last.before = {};
}

void row_log::trim_front() {
  if (displaced_base_ == base_) forget_displaced();
  auto& oldest = records_.front();
  base_ = oldest.what.seq;
  base_epoch_ = oldest.what.epoch;
  base_bytes_ = oldest.bytes_through;
  oldest.what = {};  // The slot is kept; its blobs are not.
  oldest.before = {};
  records_.pop_front();
}

void row_log::cut_after(seq_number position) {
  TROUPE_INVARIANT(0, reaches(position));
  while (end() > position) {
    records_[records_.size() - 1].what = {};
    records_.pop_back();
  }
}

void row_log::restart(seq_number base, epoch_number base_epoch) {
  records_.clear();
  base_ = base;
  base_epoch_ = base_epoch;
  base_bytes_ = 0;
  displaced_base_ = base;
  displaced_bytes_ = 0;
}

std::vector<record> row_log::batch(seq_number from, seq_number to, std::size_t bytes_max) const {
  auto last = from.next();
  while (last < to && bytes_between(from, last.next()) <= bytes_max) last = last.next();
  std::vector<record> list;
  list.reserve(last.value() - from.value());
  for (auto s = from.next(); s <= last; s = s.next()) list.push_back(at(s));
  return list;
}

}  // namespace troupe::protocol
