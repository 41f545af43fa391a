// CAF's own network transparency: a map is an actor, so it can be published, and used in a process that is no part of the cluster and knows nothing but
// CAF's io module. Two terminals:
//
//   ./remote_map                 # hosts a member; says "published at port N", and ends with its input (Ctrl-D)
//   ./remote_map --port=N        # another CAF application
#include <cstdint>
#include <iostream>
#include <limits>
#include <string>

#include <caf/io/all.hpp>

#include <troupe/troupe.hpp>

namespace {

using namespace std::chrono_literals;

struct config : caf::actor_system_config {
  std::uint16_t port = 0;  // 0: be the host
  config() {
    troupe::register_types(*this);  // with CAF 0.17: in both processes, before the actor system
    opt_group{custom_options_, "global"}.add(port, "port,p", "where a map is published");
  }
};

void host(caf::actor_system& system) {
  troupe::member_config settings;
  settings.cluster_name = "remote-map";
  settings.port = 0;  // any free port; a cluster of one
  settings.log_level = troupe::log_level::warn;
  troupe::local_member member{system, settings};
  if (!member.wait_ready(30s)) return;
  const auto stock = member.map<std::string, int>("stock");
  if (!stock.set("pears", 5).wait()) return;

  const auto port = system.middleman().publish(stock.handle(), 0, "127.0.0.1");
  if (!port) return;
  std::cout << "published at port " << *port << std::endl;
  std::cin.ignore(std::numeric_limits<std::streamsize>::max());  // Somebody else may use it meanwhile.
  std::cout << "the host counts " << stock.get("pears").wait().value_or({}).value_or(0) << " pears\n";
  caf::anon_send_exit(stock.handle(), caf::exit_reason::user_shutdown);  // What is published ends when it is told to: the actor system waits for it.
}

void visit(caf::actor_system& system, std::uint16_t port) {
  const auto published = system.middleman().remote_actor<troupe::map_actor>("127.0.0.1", port);
  if (!published) {
    std::cerr << "there is no map at port " << port << '\n';
    return;
  }
  // From here on nothing is remote: a map of C++ types over it …
  const troupe::map<std::string, int> stock{*published, 10s};
  std::cout << "the visitor found " << stock.get("pears").wait().value_or({}).value_or(0) << " pears\n";
  if (!stock.set("pears", 7).wait()) std::cerr << "no pears were put\n";

  // … or messages, as to any actor.
  caf::scoped_actor self{system};
  self->request(*published, 10s, troupe::size_atom_v)
      .receive([](std::uint64_t entries) { std::cout << "the map has " << entries << " entry\n"; },
               [](const caf::error& e) { std::cerr << troupe::describe(e) << '\n'; });
}

void caf_main(caf::actor_system& system, const config& options) {
  if (options.port == 0) {
    host(system);
  } else {
    visit(system, options.port);
  }
}

}  // namespace

CAF_MAIN(caf::io::middleman)
