#include <troupe/actors/protocol/row/sessions.hpp>

#include <algorithm>

#include <troupe/actors/protocol/assert.hpp>
#include <troupe/actors/protocol/mutation.hpp>
#include <troupe/actors/protocol/row/checksum.hpp>
#include <troupe/actors/protocol/row/log.hpp>

namespace troupe::protocol {

namespace {

// About what they take here. Part of what decides when something is forgotten: equal at all members.
constexpr std::size_t session_bytes = 192;
constexpr std::size_t result_bytes = 64;

bool tells_a_value(const record_cause& cause) { return cause.found && tells_value(cause.kind); }

}  // namespace

reply reply_of(const write_result& done, request_number request) {
  reply r;
  r.request = request;
  r.found = done.found;
  r.value = done.value;
  r.number = done.count;
  r.epoch = done.epoch;
  r.seq = done.seq;
  return r;
}

const write_result* row_sessions::session::find(write_number number) const {
  for (auto i = results.size(); i-- > 0;) {  // From the latest on: that is what is asked for.
    if (results[i].number == number) return &results[i];
  }
  return nullptr;
}

const row_sessions::session* row_sessions::find(const client_id& client) const {
  const auto at = sessions_.find(client);
  return at == sessions_.end() ? nullptr : &at->second;
}

row_sessions::session& row_sessions::session_of(const client_id& client) {
  const auto [at, is_new] = sessions_.try_emplace(client);
  auto& s = at->second;
  if (is_new) {
    s.complete_since = forgotten_through_;
    s.place = order_.insert(order_.end(), client);
    s.bytes = session_bytes;
    bytes_ += session_bytes;
  } else {
    order_.splice(order_.end(), order_, s.place);
  }
  return s;
}

bool row_sessions::note(const record& r, const row_store& before) {
  const auto& cause = r.cause;
  if (cause.stamp.number == write_number{} || TROUPE_MUTATED(results_not_remembered)) return false;
  auto& s = session_of(cause.stamp.client);
  s.last = r.seq;
  s.highest = std::max(s.highest, cause.stamp.number);
  s.open_from = std::max(s.open_from, cause.stamp.open_from);
  while (!s.results.empty() && s.results.front().number < s.open_from) drop_oldest_result(s);

  auto& result = s.results.take_back_slot();
  result = {cause.stamp.number, r.epoch, r.seq, cause.found, true, cause.kind == operation_kind::clear ? cause.told : 0, 0, {}};
  if (tells_a_value(cause)) {
    const auto* key = key_of(r.body);
    const auto* present = key == nullptr ? nullptr : before.find(map_of(r.body), key->view());
    result.is_whole = present != nullptr;
    if (present != nullptr) result.value = present->value;
  }
  const auto is_missing = !result.is_whole;
  // By what the record says, not by what is here: a copy that still lacks the value must forget when all others do.
  const auto bytes = result_bytes + (tells_a_value(cause) ? cause.told : 0);
  result.bytes = bytes;
  s.bytes += bytes;
  bytes_ += bytes;
  stay_in_bounds(cause.stamp.client);
  return is_missing;
}

void row_sessions::supply(const write_stamp& which, const blob& value) {
  const auto at = sessions_.find(which.client);
  if (at == sessions_.end()) return;
  auto& results = at->second.results;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (results[i].number != which.number) continue;
    results[i].value = value;
    results[i].is_whole = true;
  }
}

void row_sessions::drop_oldest_result(session& s) {
  auto& oldest = s.results.front();
  s.bytes -= oldest.bytes;
  bytes_ -= oldest.bytes;
  oldest = {};  // The slot is kept; its value is not.
  s.results.pop_front();
}

void row_sessions::forget(const client_id& client) {
  const auto at = sessions_.find(client);
  TROUPE_INVARIANT(19, at != sessions_.end());
  if (!TROUPE_MUTATED(forgotten_silently)) forgotten_through_ = std::max(forgotten_through_, at->second.last);
  bytes_ -= at->second.bytes;
  order_.erase(at->second.place);
  sessions_.erase(at);
}

void row_sessions::stay_in_bounds(const client_id& writer) {
  while (bytes_ > bytes_max_ && order_.front() != writer) forget(client_id{order_.front()});
  auto& s = sessions_.at(writer);
  while (bytes_ > bytes_max_ && !s.results.empty()) {
    if (!TROUPE_MUTATED(forgotten_silently)) s.complete_since = std::max(s.complete_since, s.results.front().seq);
    drop_oldest_result(s);
  }
}

void row_sessions::clear() {
  sessions_.clear();
  order_.clear();
  bytes_ = 0;
  forgotten_through_ = {};
}

sessions_image row_sessions::image() const {
  sessions_image all{forgotten_through_, {}};
  all.list.reserve(sessions_.size());
  for (const auto& client : order_) {
    const auto& s = sessions_.at(client);
    session_image one{client, s.open_from, s.highest, s.complete_since, s.last, {}};
    one.results.reserve(s.results.size());
    for (std::size_t i = 0; i < s.results.size(); ++i) one.results.push_back(s.results[i]);
    all.list.push_back(std::move(one));
  }
  return all;
}

void row_sessions::restore(const sessions_image& image) {
  clear();
  if (TROUPE_MUTATED(snapshot_without_sessions)) return;
  for (const auto& from : image.list) {
    auto& s = session_of(from.client);
    s.open_from = from.open_from;
    s.highest = from.highest;
    s.complete_since = from.complete_since;
    s.last = from.last;
    for (const auto& r : from.results) {
      s.results.push_back(r);
      s.bytes += r.bytes;
      bytes_ += r.bytes;
    }
  }
  forgotten_through_ = image.forgotten_through;
}

std::uint64_t row_sessions::checksum() const {
  std::uint64_t sum = mix(forgotten_through_.value());
  std::uint64_t rank = 0;
  for (const auto& client : order_) {
    const auto& s = sessions_.at(client);
    auto h = mix(digest_of({reinterpret_cast<const char*>(client.bytes.data()), client.bytes.size()}) + ++rank);
    for (const auto n : {s.open_from.value(), s.highest.value(), s.complete_since.value(), s.last.value()}) h = mix(h + n);
    for (std::size_t i = 0; i < s.results.size(); ++i) {
      const auto& r = s.results[i];
      for (const auto n : {r.number.value(), r.epoch.value(), r.seq.value(), r.count, std::uint64_t{r.found}}) h = mix(h + n);
      h = mix(h + digest_of(r.value.view()));
    }
    sum += h;
  }
  return sum;
}

}  // namespace troupe::protocol
