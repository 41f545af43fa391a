// Entry listeners: who is told what happens to the entries of a map. Two members in one process; the one that leads about half of the entries goes.
#include <condition_variable>
#include <iostream>
#include <memory>
#include <mutex>

#include <troupe/troupe.hpp>

using stock = troupe::map<std::string, std::int64_t>;

/// Lets through what makes an entry small. Its fields are its argument, so they have an `inspect` function, as values do.
struct at_most {
  static constexpr std::string_view predicate_name = "at_most";
  using event = troupe::entry_event<std::string, std::int64_t>;
  std::int64_t limit = 0;

  bool operator()(const event& e) const { return e.value && *e.value <= limit; }
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, at_most& x) {
  return f(x.limit);
}

/// All members that hold data have the same predicates, before they start.
troupe::member_config settings_of_a_member() {
  auto processors = std::make_shared<troupe::processor_registry>();
  processors->add_predicate<at_most>();
  troupe::member_config settings;
  settings.cluster_name = "listeners";
  settings.port = 0;  // any free port
  settings.log_level = troupe::log_level::warn;
  settings.processors = processors;
  return settings;
}

/// What the main thread waits for: a shared account of what the listeners heard.
class account {
 public:
  void note(const stock::event& e) {
    const std::lock_guard guard{mutex_};
    if (e.what == troupe::entry_event_kind::gap) sum_ += e.at.value() - e.since.value();
    else ++sum_;
    changed_.notify_all();
  }
  /// Until so many events were heard, or are missing.
  bool wait_for(std::uint64_t events) {
    std::unique_lock guard{mutex_};
    return changed_.wait_for(guard, std::chrono::seconds{30}, [&] { return sum_ >= events; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t sum_ = 0;
};

/// A listener: any actor that takes batches.
caf::behavior clerk(caf::event_based_actor*, const stock& map, const char* name, account* heard) {
  return {[map, name, heard](const troupe::entry_events& batch) {
    for (const auto& e : map.read(batch)) {
      if (e.key == "pears") {
        std::cout << std::string{name} + ": " + *e.key + ' ' + std::string{to_string(e.what)} + (e.value ? ' ' + std::to_string(*e.value) : "") +
                         (e.old_value ? " was " + std::to_string(*e.old_value) : "") + '\n';
      }
      heard->note(e);
    }
  }};
}

int main() {
  using namespace std::chrono_literals;
  caf::actor_system_config system_config;
  account all, few;  // Outlive the actors that write into them.
  caf::actor_system system{system_config};
  troupe::local_member first{system, settings_of_a_member()};
  if (!first.wait_ready(30s)) return 1;
  auto settings = settings_of_a_member();
  settings.join = {{"127.0.0.1", first.listens_at().port}};
  troupe::local_member second{system, settings};
  if (!second.wait_ready(30s)) return 1;
  const auto map = first.map<std::string, std::int64_t>("stock");

  const auto buyer = map.add_entry_listener(system.spawn(clerk, map, "few", &few), at_most{3}).wait();
  const auto auditor = map.add_entry_listener(system.spawn(clerk, map, "all", &all), troupe::listener_options{.old_values = true}).wait();
  if (!buyer || !auditor) return 1;

  if (!map.set("pears", 5).wait() || !map.set("pears", 2).wait()) return 1;
  if (!all.wait_for(2) || !few.wait_for(1)) return 1;

  // The other member leaves: its entries are led here from now on, and the listener goes on where it was.
  second.leave();
  if (!second.wait_ended(30s)) return 1;
  if (!map.erase("pears").wait()) return 1;
  for (int i = 0; i < 100; ++i) {
    if (!map.set("item " + std::to_string(i), 1).wait()) return 1;
  }
  if (!all.wait_for(103) || !few.wait_for(101)) return 1;
  std::cout << "all heard\n";

  std::cout << "removed: " << map.remove_entry_listener(*auditor).wait().value_or(false) << '\n';
}
