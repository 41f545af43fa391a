// Entry processors: functions that run where the entry is, once, instead of reading, deciding and writing from outside. Two members in one process;
// one of them leaves in the middle.
#include <future>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <vector>

#include <troupe/troupe.hpp>

/// Adds to an account, and answers its balance. Its fields are its argument, so they have an `inspect` function, as values do.
struct deposit {
  static constexpr std::string_view processor_name = "deposit";
  using entry = troupe::processed_entry<std::string, std::int64_t>;
  std::int64_t cents = 0;

  std::int64_t operator()(entry& account) const {
    const auto balance = account.value().value_or(0) + cents;
    if (balance < 0) throw std::runtime_error{account.key() + " has no credit"};
    account.set(balance);
    return balance;
  }
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, deposit& d) {
  return f(d.cents);
}

/// Without fields there is nothing to inspect; what answers nothing is asked for its effect.
struct close_if_empty {
  static constexpr std::string_view processor_name = "close if empty";
  using entry = troupe::processed_entry<std::string, std::int64_t>;
  void operator()(entry& account) const {
    if (account.value() == 0) account.remove();
  }
};

/// All members that hold data have the same processors, before they start.
troupe::member_config settings_of_a_member() {
  auto processors = std::make_shared<troupe::processor_registry>();
  processors->add<deposit>().add<close_if_empty>();
  troupe::member_config settings;
  settings.cluster_name = "processors";
  settings.port = 0;  // any free port
  settings.log_level = troupe::log_level::warn;
  settings.processors = processors;
  return settings;
}

int main() {
  using namespace std::chrono_literals;
  caf::actor_system_config system_config;
  caf::actor_system system{system_config};
  troupe::local_member first{system, settings_of_a_member()};
  if (!first.wait_ready(30s)) return 1;
  auto settings = settings_of_a_member();
  settings.join = {{"127.0.0.1", first.listens_at().port}};
  troupe::local_member second{system, settings};
  if (!second.wait_ready(30s)) return 1;
  const auto accounts = first.map<std::string, std::int64_t>("accounts");

  // A hundred deposits at once, while the other member hands its accounts over and goes: none is lost, none is done twice.
  std::vector<std::future<troupe::result<std::int64_t>>> deposits;
  for (int i = 0; i < 50; ++i) deposits.push_back(accounts.execute_on_key("alice", deposit{1}).future());
  second.leave();
  for (int i = 0; i < 50; ++i) deposits.push_back(accounts.execute_on_key("alice", deposit{1}).future());
  for (auto& d : deposits) {
    if (const auto balance = d.get(); !balance) std::cerr << balance.text() << '\n';
  }
  if (!second.wait_ended(30s)) return 1;
  std::cout << "alice has " << accounts.get("alice").wait().value_or({}).value_or(0) << '\n';

  // What a processor throws is its caller's error; nothing has changed.
  std::cout << accounts.execute_on_key("alice", deposit{-200}).wait().text() << '\n';

  // On several keys, and on all entries.
  const auto balances = accounts.execute_on_keys(std::vector<std::string>{"bob", "carol"}, deposit{0}).wait().value_or({});
  for (const auto& [name, balance] : balances) std::cout << name << " has " << balance << '\n';
  const auto seen = accounts.execute_on_entries(close_if_empty{}).wait();
  std::cout << (seen ? seen->size() : 0) << " accounts looked at, " << accounts.size().wait().value_or(0) << " left\n";
}
