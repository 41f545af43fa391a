// What docs/from-hazelcast.md shows of C++, word for word: project.snippets looks for it here. And it runs, as snippets.cpp does.
#include <atomic>
#include <fstream>
#include <iostream>

#include "tests/project/shown_on.hpp"

using namespace std::chrono_literals;

namespace {

// Keys and values.
struct order {
  std::string item;
  std::uint32_t count = 0;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, order& o) {
  return f(o.item, o.count);
}
using order_map = troupe::map<std::uint64_t, order>;

// A client.
int a_client(caf::actor_system& system) {
  troupe::client_config config;
  config.cluster_name = "prod";
  config.connect = {{"127.0.0.1", 5701}};
  troupe::client client{system, config};
  if (!client.wait_ready(30s)) return 1;
  return client.map<std::string, std::string>("capitals").set("France", "Paris").wait() ? 0 : 1;
}

// A member in your process.
int a_member() {
  caf::actor_system_config system_config;
  caf::actor_system system{system_config};
  troupe::member_config config;
  config.cluster_name = "prod";
  config.join = {{"127.0.0.1", 5701}, {"127.0.0.1", 5702}};
  troupe::local_member member{system, config};
  if (!member.wait_ready(30s)) return 1;
  if (a_client(system) != 0) return 1;
  member.leave();
  if (!member.wait_ended(60s)) return 1;
  return 0;
}

// Configuration.
int configured(caf::actor_system& system) {
  const auto read = troupe::read_xml_config("hazelcast.xml");
  for (const auto& w : read.warnings) std::cerr << w << '\n';
  for (const auto& e : read.errors) std::cerr << e << '\n';
  if (!read.errors.empty()) return 2;
  troupe::local_member member{system, read.config};
  return member.wait_ready(shown::patience) ? 0 : 1;
}

// Maps.
int maps(troupe::local_member& member) {
  std::size_t looked_at = 0;
  if (!member.map<std::uint64_t, order>("orders").set(1, {"plums", 4}).wait()) return 1;
  const auto orders = member.map<std::uint64_t, order>("orders");

  const auto old = orders.put(4711, {"apples", 2}).wait();
  if (!orders.set(4711, {"apples", 2}).wait()) return 1;
  const auto found = orders.get(4711).wait();
  const auto done = orders.replace(4711, **found, {"pears", 3}).wait();
  if (!orders.erase(4711).wait()) return 1;
  const auto some = orders.get_all(std::vector<std::uint64_t>{1, 2}).wait();
  troupe::entry_page<std::uint64_t, order> page;
  do {
    auto next = orders.entries(page.next).wait();
    if (!next) return 1;
    page = *std::move(next);
    for (const auto& [key, value] : page.entries) looked_at += value.count;
  } while (!page.next.empty());

  CHECK_FALSE(old.value());
  CHECK(done.value());
  CHECK(some.value().size() == 1);
  CHECK(looked_at == 4);
  return 0;
}

/// How many handlers were told, in whatever thread, and how many of the order.
std::atomic<int> told = 0, told_of_order = 0;
void tell(const std::optional<order>& got) {
  if (got) ++told_of_order;
  ++told;
  told.notify_all();
}

troupe::task<> each_way(caf::event_based_actor* self, order_map orders, order o, std::future<troupe::result<std::optional<order>>>* in_a_thread) {
  auto later = orders.put(4711, o).within(5s).future();
  orders.get(4711).async([](troupe::result<std::optional<order>> got) { tell(got.value_or(std::nullopt)); });
  orders.get(4711).request(self).then([](std::optional<order> got) { tell(got); },
                                      [](const caf::error& e) { tell(std::nullopt); });
  const auto got = co_await orders.get(4711);
  *in_a_thread = std::move(later);
  tell(got.value_or(std::nullopt));
}

// Lifetimes.
void lifetimes(const order_map& orders, const order& o) {
  const auto old = orders.put(4711, o, troupe::entry_options::living_for(10min)).wait();
  const auto older = orders.put(4711, o, {600'000, 300'000}).wait();
  const auto was_there = orders.set_ttl(4711, 1h).wait();
  CHECK_FALSE(old.value());
  CHECK(older.value());
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

auto registered(troupe::member_config config = {}) {
  auto processors = std::make_shared<troupe::processor_registry>();
  processors->add<deposit>();
  config.processors = processors;
  return config.processors;
}

void processors(const troupe::map<std::string, std::int64_t>& accounts) {
  const auto balance = accounts.execute_on_key("alice", deposit{5}).wait();
  CHECK(balance.value() == 5);
}

// Locks.
void locks(const order_map& orders, const order& changed) {
  const auto me = orders.new_owner();
  if (const auto fence = orders.lock(4711, me).wait()) {
    const auto stored = orders.set(4711, changed).as(me).wait();
    std::ignore = orders.unlock(4711, me).wait();
  }
  if (const auto tried = orders.try_lock(4711, me, 200ms, 10s).wait(); tried && *tried) { CHECK(orders.is_locked(4711).wait().value()); }
  CHECK(orders.get(4711).wait().value()->item == changed.item);
  CHECK(orders.force_unlock(4711).wait().value());
}

// Cluster listeners.
std::atomic<int> said = 0;
void say(const std::string& what) {
  std::cout << what << '\n';
  ++said;
}

void cluster_listeners(caf::actor_system& system, troupe::local_member& member) {
  const auto listener = system.spawn([](caf::event_based_actor*) -> caf::behavior {
    return {[](const troupe::cluster_events& batch) {
      for (const auto& e : batch.events) {
        if (e.what == troupe::cluster_event_kind::member_removed) say(to_string(e.who.address) + " crashed");
        for (const auto& row : e.rows) say(std::string{to_string(e.what)} + ' ' + to_string(row));
      }
    }};
  });
  member.add_cluster_listener(listener);
}

}  // namespace

TEST_CASE("what is shown to those who know Hazelcast, of members and clients, runs where it is shown") {
  if (shown::default_ports_are_free()) CHECK(a_member() == 0);
}

TEST_CASE("what is shown to those who know Hazelcast, of configuration, runs") {
  std::ofstream{"hazelcast.xml"} << "<hazelcast><cluster-name>shown-xml-" << getpid() << "</cluster-name></hazelcast>";
  caf::actor_system_config config;
  caf::actor_system system{config};
  CHECK(configured(system) == 0);
}

TEST_CASE("what is shown to those who know Hazelcast, of maps, runs") {
  shown::host host{registered()};
  const auto orders = host.member.map<std::uint64_t, order>("orders");
  SECTION("maps") { CHECK(maps(host.member) == 0); }
  SECTION("each way of asking") {
    REQUIRE(orders.set(4711, {"plums", 1}).wait());
    std::future<troupe::result<std::optional<order>>> in_a_thread;
    const auto actor = host.system.spawn([&](caf::event_based_actor* self) -> caf::behavior {
      troupe::launch(self, each_way, orders, order{"apples", 2}, &in_a_thread);
      return {[](caf::unit_t) {}};
    });
    for (int n = 0; (n = told) < 3;) told.wait(n);
    CHECK(told_of_order == 3);
    CHECK(in_a_thread.get().value()->item == "plums");
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  }
  SECTION("lifetimes") { lifetimes(orders, {"apples", 2}); }
  SECTION("processors") { processors(host.member.map<std::string, std::int64_t>("accounts")); }
  SECTION("locks") { locks(orders, {"pears", 3}); }
  SECTION("listeners to the cluster, of a crash") {
    auto other = std::make_unique<shown::host>(nullptr, &host);
    cluster_listeners(host.system, host.member);
    other.reset();
    CHECK(shown::eventually([] { return said > 0; }));
  }
}
