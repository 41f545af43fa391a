#include <troupe/actors/protocol/row/sessions.hpp>

#include <algorithm>
#include <iterator>

#include <troupe/actors/protocol/assert.hpp>
#include <troupe/actors/protocol/mutation.hpp>
#include <troupe/actors/protocol/row/checksum.hpp>
#include <troupe/actors/protocol/row/log.hpp>

namespace troupe::protocol {

namespace {

// About what they take here. Part of what decides when something is forgotten: equal at all members.
constexpr std::size_t session_bytes = 192;
constexpr std::size_t result_bytes = 64;

bool counts(operation_kind k) { return k == operation_kind::clear || k == operation_kind::unlock; }

bool tells_a_value(const record_cause& cause) { return cause.found && tells_value(cause.kind); }

/// By what the record says, not by what is here: a copy that still lacks the value must forget when all others do.
std::size_t told_bytes(const record_cause& cause) { return tells_a_value(cause) ? cause.told : cause.result.size(); }

std::uint64_t digest_of_numbers(std::uint64_t h, std::initializer_list<std::uint64_t> numbers) {
  for (const auto n : numbers) h = absorb(h, n);
  return mix(h);
}

std::uint64_t digest_of_result(const write_result& r, std::uint64_t value_digest) {
  return digest_of_numbers(value_digest, {r.number.value(), r.epoch.value(), r.seq.value(), r.count, std::uint64_t{r.found}, static_cast<std::uint64_t>(r.why)});
}

std::uint64_t digest_of_id(const client_id& client) {
  return digest_of({reinterpret_cast<const char*>(client.bytes.data()), client.bytes.size()});
}

}  // namespace

reply reply_of(const write_result& done, request_number request) {
  reply r;
  r.request = request;
  r.epoch = done.epoch;
  r.seq = done.seq;
  if (done.why != failure::none) {
    r.result = outcome::not_applied;
    r.why = done.why;
    r.detail = done.value;
    r.found = done.found;
    return r;
  }
  r.found = done.found;
  r.value = done.value;
  r.number = done.count;
  return r;
}

const write_result* row_sessions::session::find(write_number number) const {
  for (auto i = results.size(); i-- > 0;) {  // From the latest on: that is what is asked for.
    if (results[i].what.number == number) return &results[i].what;
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
  } else if (s.place != std::prev(order_.end())) {
    order_.splice(order_.end(), order_, s.place);
  }
  return s;
}

bool row_sessions::note(const record& r, const std::optional<displaced_value>& before) {
  const auto& cause = r.cause;
  if (cause.stamp.number == write_number{} || TROUPE_MUTATED(results_not_remembered)) return false;
  auto& s = session_of(cause.stamp.client);
  s.last = r.seq;
  s.highest = std::max(s.highest, cause.stamp.number);
  s.open_from = std::max(s.open_from, cause.stamp.open_from);
  while (!s.results.empty() && s.results.front().what.number < s.open_from) drop_oldest_result(s);

  write_result result{cause.stamp.number, r.epoch, r.seq, cause.found, true, counts(cause.kind) ? cause.told : 0, 0, {}};
  auto value_digest = digest_of({});
  if (tells_a_value(cause)) {
    result.is_whole = before.has_value();
    if (before) {
      result.value = before->value;
      value_digest = before->digest;
    }
  } else if (is_about_locks(cause.kind) || (runs_processor(cause.kind) && !TROUPE_MUTATED(processor_result_forgotten))) {
    result.value = cause.result;
    result.why = cause.why;
    value_digest = digest_of(result.value.view());
  }
  const auto is_missing = !result.is_whole;
  result.bytes = result_bytes + told_bytes(cause);
  add_result(s, std::move(result), value_digest);
  stay_in_bounds(cause.stamp.client, s);
  renew_digest(cause.stamp.client, s);
  return is_missing;
}

void row_sessions::add_result(session& s, write_result what, std::uint64_t value_digest) {
  s.bytes += what.bytes;
  bytes_ += what.bytes;
  const auto digest = digest_of_result(what, value_digest);
  s.results_sum += digest;
  s.results.push_back({std::move(what), digest});
}

void row_sessions::renew_digest(const client_id& client, session& s) {
  sum_ -= s.digest;
  // Whose latest write is oldest follows from the positions of the latest writes.
  s.digest = digest_of_numbers(digest_of_id(client),
                               {s.open_from.value(), s.highest.value(), s.complete_since.value(), s.last.value(), s.results_sum});
  sum_ += s.digest;
}

void row_sessions::supply(const write_stamp& which, const blob& value) {
  const auto at = sessions_.find(which.client);
  if (at == sessions_.end()) return;
  auto& s = at->second;
  for (std::size_t i = 0; i < s.results.size(); ++i) {
    auto& r = s.results[i];
    if (r.what.number != which.number) continue;
    r.what.value = value;
    r.what.is_whole = true;
    s.results_sum -= r.digest;
    r.digest = digest_of_result(r.what, digest_of(value.view()));
    s.results_sum += r.digest;
  }
  renew_digest(which.client, s);
}

void row_sessions::drop_oldest_result(session& s) {
  auto& oldest = s.results.front();
  s.bytes -= oldest.what.bytes;
  bytes_ -= oldest.what.bytes;
  s.results_sum -= oldest.digest;
  oldest = {};  // The slot is kept; its value is not.
  s.results.pop_front();
}

void row_sessions::forget(const client_id& client) {
  const auto at = sessions_.find(client);
  TROUPE_INVARIANT(19, at != sessions_.end());
  if (!TROUPE_MUTATED(forgotten_silently)) forgotten_through_ = std::max(forgotten_through_, at->second.last);
  bytes_ -= at->second.bytes;
  sum_ -= at->second.digest;
  order_.erase(at->second.place);
  sessions_.erase(at);
}

void row_sessions::stay_in_bounds(const client_id& writer, session& s) {
  while (bytes_ > bytes_max_ && order_.front() != writer) forget(client_id{order_.front()});
  while (bytes_ > bytes_max_ && !s.results.empty()) {
    if (!TROUPE_MUTATED(forgotten_silently)) s.complete_since = std::max(s.complete_since, s.results.front().what.seq);
    drop_oldest_result(s);
  }
}

void row_sessions::clear() {
  sessions_.clear();
  order_.clear();
  bytes_ = 0;
  sum_ = 0;
  forgotten_through_ = {};
}

sessions_image row_sessions::image() const {
  sessions_image all{forgotten_through_, {}};
  all.list.reserve(sessions_.size());
  for (const auto& client : order_) {
    const auto& s = sessions_.at(client);
    session_image one{client, s.open_from, s.highest, s.complete_since, s.last, {}};
    one.results.reserve(s.results.size());
    for (std::size_t i = 0; i < s.results.size(); ++i) one.results.push_back(s.results[i].what);
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
    for (const auto& r : from.results) add_result(s, r, digest_of(r.value.view()));
    renew_digest(from.client, s);
  }
  forgotten_through_ = image.forgotten_through;
}

std::uint64_t row_sessions::recomputed_checksum() const {
  row_sessions fresh{bytes_max_};
  fresh.restore(image());
  return fresh.checksum();
}

std::uint64_t row_sessions::checksum() const { return sum_ + mix(forgotten_through_.value()); }

}  // namespace troupe::protocol
