// What crosses the boundary of libtroupe.so, either way: exceptions, messages, errors, an application's processors, and types of Cap'n Proto.
#include <future>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>

#include <capnp/schema.capnp.h>
#include <troupe/messages/encoding/capnp.hpp>
#include <troupe/node/testing/cluster.hpp>
#include <troupe/troupe.hpp>

namespace {

using namespace std::chrono_literals;

int failures = 0;

void check(bool holds, const std::string& what) {
  std::cout << (holds ? "ok: " : "FAILED: ") << what << '\n';
  if (!holds) ++failures;
}

/// Whether it ends by this exception of the standard library's, or by this one of the application's.
template <class Exception, class F>
bool throws(F f) {
  try {
    f();
  } catch (const Exception&) {
    return true;
  } catch (...) {
  }
  return false;
}

struct no_credit : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct deposit {
  static constexpr std::string_view processor_name = "deposit";
  using entry = troupe::processed_entry<std::string, std::int64_t>;
  std::int64_t cents = 0;

  std::int64_t operator()(entry& account) const {
    const auto balance = account.value().value_or(0) + cents;
    if (balance < 0) throw no_credit{account.key() + " has no credit"};
    account.set(balance);
    return balance;
  }
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, deposit& d) {
  return f(d.cents);
}

/// Tells when the first batch of the type has come.
template <class Batch>
caf::behavior first_batch(caf::event_based_actor* self, std::shared_ptr<std::promise<Batch>> told) {
  return {[=](const Batch& batch) {
    told->set_value(batch);
    self->quit();
  }};
}
template <class Batch>
auto listener(caf::actor_system& system) {
  auto told = std::make_shared<std::promise<Batch>>();
  return std::pair{system.spawn(first_batch<Batch>, told), told->get_future()};
}

troupe::member_config settings() {
  troupe::member_config config;
  config.cluster_name = "boundary";
  config.port = 0;
  config.log_level = troupe::log_level::warn;
  return config;
}

void exceptions(caf::actor_system& system) {
  check(throws<std::invalid_argument>([&] {
          auto config = settings();
          config.cluster_name.clear();
          troupe::local_member{system, config};
        }), "a member with a wrong configuration throws");
  check(throws<std::invalid_argument>([] { troupe::processor_registry{}.add<deposit>().add<deposit>(); }), "so does a registry that has the name");
  const auto leave = []() -> troupe::task<> { throw no_credit{"nobody"}; co_return; };
  check(throws<no_credit>([&] { troupe::sync_wait(leave()); }), "what leaves a coroutine comes out as the application's own");
}

void member(caf::actor_system& system) {
  auto processors = std::make_shared<troupe::processor_registry>();
  processors->add<deposit>();
  auto config = settings();
  config.processors = processors;
  troupe::local_member member{system, config};
  if (!member.wait_ready(30s)) return check(false, "a member starts");

  const auto accounts = member.map<std::string, std::int64_t>("accounts");
  check(accounts.put("ada", 5).wait().value() == std::nullopt, "there was nothing");
  check(accounts.get("ada").wait().value() == 5, "there is what was put");
  check(accounts.execute_on_key("ada", deposit{2}).wait().value() == 7, "a processor of the application's runs in the library");
  const auto refused = accounts.execute_on_key("ada", deposit{-100}).wait();
  check(!refused && troupe::failure_of(refused.error()) == troupe::failure::processor_failed &&
            troupe::describe(refused.error()).find("ada has no credit") != std::string::npos, "what it throws is caught there, and told");
  const auto misread = member.map<std::string, std::string>("numbers").set("one", "1").wait();
  check(misread && troupe::is_type_error(member.map<std::string, std::int64_t>("numbers").get("one").wait().error()), "an error has its category");

  caf::scoped_actor self{system};
  std::string value;
  self->request(member.map("bytes"), 30s, troupe::put_atom_v, "k", "v").receive([&](const troupe::lookup& old) { check(!old, "a message is answered by a message"); },
                                                                                [&](const caf::error& e) { check(false, troupe::describe(e)); });
  auto [doorkeeper, state] = listener<troupe::cluster_events>(system);
  member.add_cluster_listener(doorkeeper);
  check(state.wait_for(30s) == std::future_status::ready && state.get().view > troupe::view_number{0}, "a cluster listener gets its batch");
  auto [clerk, events] = listener<troupe::entry_events>(system);
  check(accounts.add_entry_listener(clerk).wait().has_value() && accounts.set("bob", 1).wait().has_value(), "an entry listener is added");
  check(events.wait_for(30s) == std::future_status::ready && accounts.read(events.get()).front().key == "bob", "and gets its batch");

  using version = troupe::capnp_value<capnp::schema::CapnpVersion>;
  const auto versions = member.map<int, version>("versions");
  const auto stored = versions.set(1, version::with([](auto v) { v.setMinor(9); })).wait();
  check(stored && versions.get(1).wait().value()->get().getMinor() == 9, "a struct of Cap'n Proto's comes back");
}

void test_cluster() {
  troupe::test::system_config config;
  caf::actor_system system{config};
  troupe::test::cluster cluster{system, 2};
  bool kept = false;
  cluster.map<std::string, int>("visits").set("ada", 1).async([&](const auto& done) { kept = done.has_value(); });
  cluster.advance(1s);
  check(kept, "the test cluster keeps an entry");
}

}  // namespace

int main() {
  troupe::application_config config;
  caf::actor_system system{config};
  exceptions(system);
  member(system);
  test_cluster();
  return failures == 0 ? 0 : 1;
}
