// What the guide and the README show and no example has, word for word: project.snippets looks for it here. And it runs, on members in this process. What stands
// between the lines that are shown, and behind them, is what the test wants to know.
#include <iostream>

#include "tests/project/shown_on.hpp"

#include <troupe/node/testing/cluster.hpp>
#include <troupe/troupe.hpp>

using namespace std::chrono_literals;

namespace {

struct order {
  std::string item;
  std::uint32_t count = 0;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, order& o) {
  return f(o.item, o.count);
}
using order_map = troupe::map<std::uint64_t, order>;
using stock_map = troupe::map<std::string, std::int64_t>;

int fail(const std::string& text) {
  std::cerr << text << '\n';
  return 1;
}
std::size_t looked_at = 0;
void look_at(std::uint64_t, const order&) { ++looked_at; }

// README, Embed.
int a_member(caf::actor_system_config& config) {
  caf::actor_system system{config};
  troupe::member_config settings;
  settings.join = {{"127.0.0.1", 5701}, {"127.0.0.1", 5702}};
  troupe::local_member member{system, settings};
  if (!member.wait_ready(std::chrono::seconds(30))) return 1;
  auto orders = member.map<std::uint64_t, order>("orders");
  return orders.set(4711, {"apples", 2}).wait() ? 0 : 1;
}
caf::behavior in_an_actor(caf::event_based_actor* self, order_map orders) {
  orders.put(4711, {"apples", 2}).request(self)
      .then([](std::optional<order> old_value) { /* on the primary and on every sync backup */ },
            [](const caf::error& e) { /* troupe::outcome_of(e): not applied, or indeterminate */ });
  return {[](caf::unit_t) {}};
}
troupe::task<> other_ways(order_map orders) {
  auto old_value = orders.put(4711, {"apples", 2}).within(5s).wait();
  auto value = co_await orders.get(4711);
  CHECK(old_value);
  CHECK(value.value().value().item == "apples");
}

// README, Test your actors.
void a_cluster() {
  troupe::test::system_config config;
  caf::actor_system system{config};
  troupe::test::cluster cluster{system, 3};
  auto visits = cluster.map("visits", 2);
  cluster.kill(0);
  cluster.advance(std::chrono::seconds(5));
  CHECK(cluster.settle());
}

// The guide: Start.
int start(caf::actor_system_config& system_config) {
  caf::actor_system system{system_config};
  troupe::member_config settings;
  settings.join = {{"127.0.0.1", 5701}, {"127.0.0.1", 5702}};
  troupe::local_member member{system, settings};
  if (!member.wait_ready(30s)) return 1;
  const auto orders = member.map<std::uint64_t, order>("orders");
  return orders.set(4711, {"apples", 2}).wait() ? 0 : 1;
}

// Maps.
int all_entries(const order_map& orders) {
  troupe::entry_page<std::uint64_t, order> page;
  do {
    auto next = orders.entries(page.next).wait();
    if (!next) return fail(next.text());
    page = *std::move(next);
    for (const auto& [key, value] : page.entries) look_at(key, value);
  } while (!page.next.empty());
  return 0;
}

// Lifetimes.
void lifetimes(const troupe::map<std::string, std::string>& sessions, const std::string& alice) {
  const auto old = sessions.put("4711", alice, troupe::entry_options::living_for(1h)).wait();
  const auto was_there = sessions.set_ttl("4711", 2h).wait();
  CHECK(old.value() == std::nullopt);
  CHECK(was_there.value());
}

// Entry processors.
struct deposit {
  static constexpr std::string_view processor_name = "deposit";
  using entry = troupe::processed_entry<std::string, std::int64_t>;
  std::int64_t cents = 0;
  std::int64_t operator()(entry& account) const {
    account.set(account.value().value_or(0) + cents);
    return *account.value();
  }
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, deposit& d) {
  return f(d.cents);
}

void processors_at_work(const stock_map& accounts, const std::vector<std::string>& names) {
  const auto balance = accounts.execute_on_key("alice", deposit{5}).wait();
  const auto balances = accounts.execute_on_keys(names, deposit{5}).wait();
  const auto all = accounts.execute_on_entries(deposit{5}).within(10min).wait();
  CHECK(balance.value() == 5);
  CHECK(balances.value().size() == names.size());
  CHECK(all.value().size() == names.size() + 1);
}

// Locks.
void locks(const order_map& orders, const order& changed) {
  const auto me = orders.new_owner();

  const auto fence = orders.lock(4711, me).wait();
  const auto stored = orders.set(4711, changed).as(me).wait();
  const auto left = orders.unlock(4711, me).wait();

  const auto tried = orders.try_lock(4711, me, 200ms, 10s).wait();
  const auto stored_now = orders.try_put(4711, changed).wait();
  const bool any = orders.is_locked(4711).wait().value_or(false);
  const auto freed = orders.force_unlock(4711).wait();
  CHECK(fence);
  CHECK(stored);
  CHECK(left.value() == 0);
  CHECK(tried.value());
  CHECK_FALSE(stored_now.value());
  CHECK(any);
  CHECK(freed.value());
}

// Maps: what is taken back. (A lock keeps the call from ending before.)
void taken_back(const order_map& orders, const order& changed) {
  const auto somebody = orders.new_owner();
  CHECK(orders.lock(4711, somebody).wait());
  std::stop_source source;
  auto stored = orders.put(4711, changed).cancelled_by(source.get_token()).future();

  source.request_stop();
  CHECK(stored.get().failure() == troupe::failure::cancelled);
  CHECK(orders.unlock(4711, somebody).wait());
}

// Entry listeners.
struct at_most {
  static constexpr std::string_view predicate_name = "at_most";
  using event = stock_map::event;
  std::int64_t limit = 0;
  bool operator()(const event& e) const { return e.value && *e.value <= limit; }
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, at_most& x) {
  return f(x.limit);
}

caf::behavior clerk(caf::event_based_actor*, troupe::map<std::string, std::int64_t> stock) {
  return {[stock](const troupe::entry_events& batch) {
    for (const auto& e : stock.read(batch)) std::cout << to_string(e.what) << ' ' << e.key.value_or("") << '\n';
  }};
}

void listeners(caf::actor_system& system, const stock_map& stock) {
  const auto listener = system.spawn(clerk, stock);
  const auto all = stock.add_entry_listener(listener).wait();
  const auto one = stock.add_entry_listener(listener, "pears").wait();
  const auto few = stock.add_entry_listener(listener, at_most{3}, {.old_values = true}).wait();
  const bool ended = all && stock.remove_entry_listener(*all).wait();
  CHECK(one);
  CHECK(few);
  CHECK(ended);
}

// Cluster listeners.
caf::behavior doorkeeper(caf::event_based_actor*) {
  return {[](const troupe::cluster_events& batch) {
    for (const auto& e : batch.events) std::cout << to_string(e.what) << (e.who.number == troupe::nobody ? std::string{} : ' ' + to_string(e.who.address)) << '\n';
  }};
}

void cluster_listeners(caf::actor_system& system, troupe::local_member& member) {
  const auto subscription = member.add_cluster_listener(system.spawn(doorkeeper));
  member.remove_cluster_listener(subscription);
  CHECK(subscription);
}

// Consistency.
bool copies(const troupe::map<int, int>& payments, int id, int payment) {
  const auto stored = payments.set(id, payment).with_copies(2).wait();
  if (stored) std::cout << int{stored->copies} << " copies\n";
  return stored && stored->copies == 2;
}

// Testing your actors.
void virtual_time() {
  troupe::test::system_config config;
  caf::actor_system system{config};
  troupe::test::cluster cluster{system, 3};
  const auto visits = cluster.map<std::string, int>("visits", 2);
  auto count = visits.get("ada").future();
  cluster.kill(0);
  cluster.advance(10s);
  CHECK(count.get().value() == std::nullopt);
  CHECK(cluster.settle());
}

}  // namespace

TEST_CASE("what the README and the guide show of members runs where they show it") {
  if (!shown::default_ports_are_free()) return;
  caf::actor_system_config config, another;
  CHECK(a_member(config) == 0);
  CHECK(start(another) == 0);
}

TEST_CASE("what the README and the guide show of maps runs") {
  auto processors = std::make_shared<troupe::processor_registry>();
  processors->add<deposit>().add_predicate<at_most>();
  shown::host host{processors};
  const auto orders = host.member.map<std::uint64_t, order>("orders");
  const auto stock = host.member.map<std::string, std::int64_t>("stock");
  const auto accounts = host.member.map<std::string, std::int64_t>("accounts");
  SECTION("in each way of asking") {
    const auto asking = host.system.spawn(in_an_actor, orders);
    CHECK(shown::eventually([&] { return orders.contains_key(4711).wait().value_or(false); }));
    caf::anon_send_exit(asking, caf::exit_reason::user_shutdown);
    troupe::sync_wait(other_ways(orders));
  }
  SECTION("pages") {
    for (std::uint64_t i = 0; i < 10; ++i) REQUIRE(orders.set(i, {"apples", 2}).wait());
    CHECK(all_entries(orders) == 0);
    CHECK(looked_at == 10);
  }
  SECTION("lifetimes") { lifetimes(host.member.map<std::string, std::string>("sessions"), "alice"); }
  SECTION("processors") { processors_at_work(accounts, {"bob", "carol"}); }
  SECTION("what is taken back") { taken_back(orders, {"pears", 3}); }
  SECTION("locks") { locks(orders, {"pears", 3}); }
  SECTION("listeners") {
    listeners(host.system, stock);
    cluster_listeners(host.system, host.member);
  }
  SECTION("copies: as soon as there are two") {
    shown::host other{nullptr, &host};
    const auto payments = other.member.map<int, int>("payments");
    CHECK(shown::eventually([&] { return copies(payments, 1, 700); }));
  }
}

TEST_CASE("what the README and the guide show of tests runs") {
  a_cluster();
  virtual_time();
}
