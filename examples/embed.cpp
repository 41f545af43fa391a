// A CAF application that hosts a member of the cluster. Its own actors use a map by ordinary CAF messages; run it twice, and the two
// processes see each other's entries.
//
//   ./embed alice 127.0.0.1:5701            # founds the cluster, waits for bob
//   ./embed bob   127.0.0.1:5701 alice      # joins it, waits for alice's entry, then leaves
#include <iostream>

#include <troupe/troupe.hpp>

namespace {

/// Says hello in the guest book, then looks for a friend's entry until it is there.
caf::behavior guest(caf::event_based_actor* self, troupe::map_actor book, std::string name, std::string friend_name, caf::actor owner) {
  self->request(book, caf::infinite, troupe::put_atom_v, name, "hello from " + name)
      .then([](const troupe::lookup&) {},
            [=](const caf::error& e) { caf::aout(self) << "put: " << troupe::describe(e) << std::endl; });
  self->send(self, caf::tick_atom_v);
  return {
      [=](caf::tick_atom) {
        self->request(book, caf::infinite, troupe::get_atom_v, friend_name)
            .then([=](const troupe::lookup& entry) {
              if (!entry) {
                self->delayed_send(self, std::chrono::milliseconds(100), caf::tick_atom_v);
                return;
              }
              caf::aout(self) << name << " found: " << entry.value << std::endl;
              self->send(owner, caf::ok_atom_v);
            });
      },
  };
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: embed NAME HOST:PORT [FRIEND]\n";
    return 2;
  }
  const std::string name = argv[1];
  const std::string friend_name = argc > 3 ? argv[3] : "bob";

  troupe::member_config config;
  config.cluster_name = "guest-book";
  auto join = troupe::parse_join_targets(argv[2]);
  if (const auto* wrong = std::get_if<troupe::join_syntax_error>(&join)) {
    std::cerr << "embed: " << wrong->text << '\n';
    return 2;
  }
  config.join = std::get<std::vector<troupe::join_target>>(std::move(join));
  config.port = config.join.front().port.value_or(config.port);
  config.log_level = troupe::log_level::warn;

  caf::actor_system_config system_config;
  caf::actor_system system{system_config};
  troupe::local_member member{system, config};
  if (!member.wait_ready(std::chrono::seconds(30))) {
    std::cerr << "no cluster: " << member.join_problem() << member.end_text() << '\n';
    return 1;
  }

  caf::scoped_actor owner{system};
  auto actor = system.spawn(guest, member.map("guests"), name, friend_name, caf::actor{owner});
  bool found = false;
  owner->receive([&](caf::ok_atom) { found = true; }, caf::after(std::chrono::seconds(60)) >> [] {});

  member.leave();  // Hands its partitions over; nothing is lost.
  if (!member.wait_ended(std::chrono::seconds(60))) return 1;
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  return found ? 0 : 1;
}
