// Locks of keys: an entry for oneself for longer than one operation. Two members in one process: a clerk holds a lock while another waits, forgets one
// that has a lease, and is refused by what the lock protects after it was his no more.
#include <iostream>

#include <troupe/troupe.hpp>

troupe::member_config settings_of_a_member() {
  troupe::member_config settings;
  settings.cluster_name = "locks";
  settings.port = 0;  // any free port
  settings.log_level = troupe::log_level::warn;
  return settings;
}

/// Something outside of the map, that a lock protects: it takes no order from whoever shows a smaller fence than the greatest that it has seen.
class printer {
 public:
  bool print(const std::string& what, const troupe::lock_fence& fence) {
    if (fence < greatest_) return false;
    greatest_ = fence;
    std::cout << "printed: " << what << '\n';
    return true;
  }

 private:
  troupe::lock_fence greatest_;
};

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

  const auto stock = first.map<std::string, std::int64_t>("stock");
  const auto same_stock = second.map<std::string, std::int64_t>("stock");
  const auto anna = stock.new_owner(), bert = same_stock.new_owner();

  // Anna reads, thinks, and writes. What Bert writes meanwhile waits, and what he reads does not.
  const auto fence = stock.lock("pears", anna).wait();
  if (!fence) return 1;
  auto berts = same_stock.put("pears", 7).as(bert).future();
  std::cout << "bert may try: " << same_stock.try_lock("pears", bert).wait().value_or({}).has_value() << '\n';
  if (!stock.set("pears", 5).as(anna).wait()) return 1;
  std::cout << "bert reads " << same_stock.get("pears").wait().value_or({}).value_or(0) << '\n';
  std::cout << "anna still holds it " << stock.unlock("pears", anna).wait().value_or(9) << " times\n";
  if (const auto old = berts.get(); old) std::cout << "bert put 7 instead of " << old->value_or(0) << '\n';

  // A lease ends by itself: nobody has to remember it. Anna forgets hers, and Bert gets the lock when it is over.
  const auto annas = stock.lock("printer", anna, 200ms).wait();
  const auto later = same_stock.lock("printer", bert).wait();
  if (!annas || !later) return 1;
  printer the_printer;
  the_printer.print("bert's", *later);
  std::cout << "anna's is taken: " << the_printer.print("anna's", *annas) << '\n';
  std::cout << stock.unlock("printer", anna).wait().text() << '\n';
}
