// Entry views: what a map knows of an entry beside its value. A member that looks after its sessions: how long each has left, and which nobody uses.
#include <chrono>
#include <iostream>
#include <string>

#include <troupe/troupe.hpp>

namespace {

using session_map = troupe::map<std::string, std::string>;  // a session's number → whose it is

void show(const session_map& sessions, const std::string& number) {
  const auto view = sessions.get_entry_view(number).wait();
  if (!view || !*view) {
    std::cout << number << ": " << (view ? "none" : view.text()) << '\n';
    return;
  }
  const troupe::entry_view<std::string>& seen = **view;
  std::cout << number << ": " << seen.value << ", " << (seen.ends_in ? "ends by itself" : "stays");
  if (seen.statistics) std::cout << ", asked for " << seen.statistics->hits << " times";
  std::cout << '\n';
}

}  // namespace

int main() {
  using namespace std::chrono_literals;
  caf::actor_system_config system_config;
  caf::actor_system system{system_config};
  troupe::member_config settings;
  settings.cluster_name = "entry-views";
  settings.port = 0;  // any free port
  settings.log_level = troupe::log_level::warn;
  troupe::map_definition definition;  // <map name="sessions"><per-entry-stats-enabled>true</per-entry-stats-enabled></map>
  definition.pattern = "sessions";
  definition.entry_statistics = true;
  settings.settings.maps = {definition};
  troupe::local_member member{system, settings};
  if (!member.wait_ready(30s)) return 1;
  const auto sessions = member.map<std::string, std::string>("sessions");

  (void)sessions.put("4711", "alice", troupe::entry_options::idle_for(10min)).wait();
  (void)sessions.put("4712", "bob").wait();
  for (int i = 0; i < 3; ++i) (void)sessions.get("4711").wait();
  show(sessions, "4711");
  show(sessions, "4712");  // Looking is not asking: however often it is looked at, nobody has asked for it.
  show(sessions, "4712");
  show(sessions, "4713");

  const auto first = sessions.get_entry_view("4712").wait();
  (void)sessions.set("4712", "carol").wait();
  const auto second = sessions.get_entry_view("4712").wait();
  if (first && *first && second && *second) std::cout << "written since: " << ((*second)->version > (*first)->version) << '\n';

  // What the member itself holds, and has served.
  if (const auto mine = member.local_map_stats("sessions")) {
    std::cout << mine->owned_entries << " entries, " << mine->hits << " of " << mine->reads << " reads found one\n";
  }
  // Keys alone, a page at a time.
  std::size_t keys = 0;
  for (std::string from;;) {
    const auto page = sessions.keys(from).wait();
    if (!page) return 1;
    keys += page->keys.size();
    if (page->next.empty()) break;
    from = page->next;
  }
  std::cout << keys << " keys\n";
}
