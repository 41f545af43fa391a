// A listener to the cluster: who is told which members come and go. Three members in one process: the third crashes, the second leaves in good order.
#include <condition_variable>
#include <iostream>
#include <memory>
#include <mutex>
#include <set>

#include <troupe/troupe.hpp>

namespace {

/// What the main thread waits for: the lines that the listener has said.
class lines {
 public:
  void say(const std::string& line) {
    std::cout << line + '\n';
    const std::lock_guard guard{mutex_};
    said_.insert(line);
    changed_.notify_all();
  }
  bool wait_for(const std::string& line) {
    std::unique_lock guard{mutex_};
    return changed_.wait_for(guard, std::chrono::seconds{30}, [&] { return said_.contains(line); });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> said_;
};

/// A listener: any actor that takes batches. The first one is the state as it is, so there is nothing to ask beside it.
caf::behavior doorkeeper(caf::event_based_actor*, lines* book) {
  return {[book](const troupe::cluster_events& batch) {
    for (const auto& e : batch.events) {
      std::string line{to_string(e.what)};
      if (e.who.number != troupe::nobody) line += ' ' + std::to_string(e.who.number.value());
      for (const auto& row : e.rows) line += ' ' + to_string(row);  // of rows_lost: which, as `troupe lost` names them
      if (!e.text.empty()) line += ": " + e.text;
      book->say(line);
    }
  }};
}

std::unique_ptr<troupe::local_member> start(caf::actor_system& system, const troupe::local_member* other = nullptr) {
  troupe::member_config settings;
  settings.cluster_name = "cluster-events";
  settings.port = 0;  // any free port
  settings.log_level = troupe::log_level::warn;
  if (other != nullptr) settings.join = {{"127.0.0.1", other->listens_at().port}};
  return std::make_unique<troupe::local_member>(system, settings);
}

}  // namespace

int main() {
  caf::actor_system_config system_config;
  lines book;  // Outlives the actor that writes into it.
  caf::actor_system system{system_config};
  auto first = start(system);
  first->add_cluster_listener(system.spawn(doorkeeper, &book));
  if (!book.wait_for("member_joined 1")) return 1;

  auto second = start(system, first.get());
  if (!book.wait_for("member_joined 2")) return 1;
  auto third = start(system, first.get());
  if (!book.wait_for("member_joined 3")) return 1;

  third.reset();  // At once, as a crash is. The other two are a majority: they decide to go on without it.
  if (!book.wait_for("member_removed 3: it was not heard any more")) return 1;
  second->leave();
  if (!book.wait_for("member_left 2")) return 1;

  first.reset();
  return book.wait_for("ended: stopped") ? 0 : 1;
}
