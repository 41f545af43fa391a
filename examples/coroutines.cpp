// Coroutines: what takes several calls to a map, one after the other, is written from top to bottom. The same function is the body of a message's handler in
// an actor, which takes other messages while it waits; runs in a thread that waits; and is started by one that doesn't.
#include <iostream>
#include <vector>

#include <troupe/troupe.hpp>

namespace {

using namespace std::chrono_literals;
using stock_map = troupe::map<std::string, std::int64_t>;

troupe::member_config settings_of_a_member() {
  troupe::member_config settings;
  settings.cluster_name = "coroutines";
  settings.port = 0;  // any free port
  settings.log_level = troupe::log_level::warn;
  return settings;
}

/// Takes so many of an item, if there are enough, and says how many are left. Parameters are values: they live as long as the coroutine.
troupe::task<troupe::result<std::string>> take(stock_map stock, std::string item, std::int64_t count) {
  for (;;) {
    const auto there = co_await stock.get(item).within(5s);
    if (!there) co_return there.error();  // an error is a value, and here the answer as well
    const auto before = there->value_or(0);
    if (before < count) co_return "only " + std::to_string(before) + ' ' + item;
    const auto replaced = co_await stock.replace(item, before, before - count).within(5s);
    if (!replaced) co_return replaced.error();
    if (*replaced) co_return std::to_string(before - count) + ' ' + item + " left";
    // Somebody else was faster: look again.
  }
}

caf::behavior clerk(caf::event_based_actor* self, stock_map stock) {
  return {[=](const std::string& item, std::int64_t count) { return troupe::answer(self, take, stock, item, count); }};
}

void say(const char* who, const troupe::result<std::string>& what) { std::cout << who << ": " << (what ? *what : what.text()) << '\n'; }

}  // namespace

int main() {
  caf::actor_system_config system_config;
  caf::actor_system system{system_config};
  troupe::local_member member{system, settings_of_a_member()};
  if (!member.wait_ready(30s)) return 1;
  const auto stock = member.map<std::string, std::int64_t>("stock");
  if (!stock.set("pears", 10).wait()) return 1;

  // In an actor.
  const auto the_clerk = system.spawn(clerk, stock);
  caf::scoped_actor self{system};
  for (const std::int64_t count : {3, 8}) {
    self->request(the_clerk, 30s, "pears", count)
        .receive([](const std::string& left) { say("the clerk", left); }, [](const caf::error& e) { say("the clerk", e); });
  }
  self->send_exit(the_clerk, caf::exit_reason::user_shutdown);

  // In this thread, which waits.
  say("this thread", troupe::sync_wait(take(stock, "pears", 1)));

  // Several at once, for which nobody waits until their results are wanted. The function and its arguments are given apart, as to a std::thread.
  std::vector<std::future<troupe::result<std::string>>> later;
  for (int i = 0; i < 3; ++i) later.push_back(troupe::start(take, stock, "pears", 2));
  for (auto& l : later) {
    if (!l.get()) return 1;
  }
  say("at the end", troupe::sync_wait(take(stock, "pears", 1)));
}
