// Two processes share a typed map: the first founds the cluster, the second joins it.
//   outside 127.0.0.1:5701 ping pong & outside 127.0.0.1:5701 pong ping
#include <iostream>
#include <thread>
#include <troupe/troupe.hpp>

struct ball {
  std::string from;
  std::vector<int> spin;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, ball& b) {
  return f(b.from, b.spin);
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const auto where = std::get<std::vector<troupe::join_target>>(troupe::parse_join_targets(argv[1]));
  troupe::application_config settings;
  caf::actor_system system{settings};
  troupe::member_config config;
  config.cluster_name = "outside";
  config.join = where;
  config.port = *where.front().port;
  troupe::local_member member{system, config};
  if (!member.wait_ready(std::chrono::seconds(30))) return 1;
  const auto balls = member.map<std::string, ball>("balls");
  if (!balls.set(argv[2], {argv[2], {1, 2, 3}}).wait()) return 1;
  for (int i = 0; i < 300; ++i, std::this_thread::sleep_for(std::chrono::milliseconds(100))) {
    const auto caught = balls.get(argv[3]).wait();
    if (!caught || !*caught) continue;
    std::cout << argv[2] << " caught a ball from " << (*caught)->from << std::endl;
    member.leave();
    return member.wait_ended(std::chrono::seconds(60)) ? 0 : 1;
  }
  return 1;
}
