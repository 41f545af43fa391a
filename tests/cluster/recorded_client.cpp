#include "tests/cluster/recorded_client.hpp"

#include <array>

#include "tests/sim/checkers/linearizability.hpp"

namespace troupe::cluster {

namespace {

constexpr std::size_t value_bytes_max = 200;
constexpr std::size_t in_flight_max = 4;
constexpr int think_microseconds_max = 4000;

operation_kind draw_kind(sim::dice& rng) {
  using k = operation_kind;
  static constexpr std::array mix{k::get, k::get,     k::get,     k::get,           k::contains,         k::put,    k::put,             k::put,
                                  k::set, k::replace, k::put_if_absent, k::replace_if_equal, k::replace_if_equal, k::remove, k::remove_if_equal, k::erase};
  return mix[rng.index(mix.size())];
}

}  // namespace

record_book::record_book(const sim::keyspace_options& keys) : keys_{keys} {
  for (const auto& m : keys.maps) maps_.push_back(m.pattern);
}

record_book::question record_book::draw(sim::dice& rng) {
  std::lock_guard guard{mutex_};
  return ask(keys_.pick(rng), draw_kind(rng));
}

std::vector<record_book::question> record_book::draw_last_reads() {
  std::lock_guard guard{mutex_};
  std::vector<question> all;
  for (const auto& map : maps_) {
    for (const auto key : keys_.keys_of(map)) all.push_back(ask(key, operation_kind::get));
  }
  return all;
}

record_book::question record_book::ask(std::size_t key, operation_kind kind) {
  const auto& k = keys_.at(key);
  question q;
  q.map = k.map;
  q.what.operation = kind;
  q.what.key = k.name;
  sim::key_operation op;
  op.kind = kind;
  if (takes_value(kind)) {
    op.argument = keys_.fresh_value();
    q.what.value = sim::encode_value(op.argument, value_bytes_max);
  }
  if (takes_expected(kind)) {
    op.expected = k.last_seen == sim::absent ? keys_.fresh_value() : k.last_seen;
    q.what.expected = sim::encode_value(op.expected, value_bytes_max);
  }
  q.number = keys_.called(key, op);
  return q;
}

void record_book::answered(const question& asked, const map_result& told) {
  std::lock_guard guard{mutex_};
  switch (told.result) {
    case outcome::ok: {
      ++counts_.ok;
      const bool has_value = told.found && tells_value(asked.what.operation);
      return keys_.returned(asked.number, told.found, has_value ? sim::decode_value(told.value) : sim::absent);
    }
    case outcome::not_applied: ++counts_.not_applied; return keys_.was_not_applied(asked.number);
    case outcome::indeterminate:
    case outcome::retry: ++counts_.indeterminate; return keys_.indeterminate(asked.number);
  }
}

record_book::totals record_book::counts() const {
  std::lock_guard guard{mutex_};
  return counts_;
}

record_book::judgement record_book::judge() const {
  judgement all;
  for (std::size_t key = 0; key < keys_.all().size(); ++key) {
    const auto history = keys_.history_of(key);
    const auto found = sim::check_key(history);
    ++all.keys;
    all.undecided += found.what == sim::verdict::kind::undecided;
    if (found.what != sim::verdict::kind::violated) continue;
    const auto& k = keys_.at(key);
    all.violations.push_back("key " + std::string{k.name.view()} + " of map " + k.map + ":\n" + describe(history, found));
  }
  return all;
}

recorded_client::recorded_client(record_book& book, const std::string& cluster, std::vector<address> members, std::uint64_t seed)
    : book_(book), wire_{std::make_unique<connection>(cluster, std::move(members))}, thread_{[this, seed] { run(seed); }} {}

recorded_client::~recorded_client() {
  stopped_ = true;
  thread_.join();
  wire_.reset();  // Ends what is in flight.
  std::unique_lock lock{mutex_};
  ended_.wait(lock, [this] { return in_flight_ == 0; });
}

void recorded_client::run(std::uint64_t seed) {
  auto rng = sim::dice::of(seed, "recorded client");
  while (!stopped_) {
    {
      std::unique_lock lock{mutex_};
      if (!ended_.wait_for(lock, milliseconds{50}, [this] { return in_flight_ < in_flight_max; })) continue;
      ++in_flight_;
    }
    const auto asked = book_.draw(rng);
    wire_->submit(asked.map, asked.what, [this, asked](map_result&& told) {
      book_.answered(asked, told);
      // Under the lock to the last: whoever sees that nothing is in flight may destroy this.
      std::lock_guard guard{mutex_};
      --in_flight_;
      ended_.notify_all();
    });
    std::this_thread::sleep_for(std::chrono::microseconds{rng.between(1, think_microseconds_max)});
  }
}

}  // namespace troupe::cluster
