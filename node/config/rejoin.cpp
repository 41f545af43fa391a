#include <troupe/node/config/rejoin.hpp>

#include <algorithm>

namespace troupe {

member_config rejoin_config(const member_config& configured, const view& last, const address& listened_at) {
  auto config = configured;
  config.port = listened_at.port;
  config.join.clear();
  const auto look_at = [&](const address& where) {
    join_target target{where.host, where.port};
    if (where != listened_at && std::find(config.join.begin(), config.join.end(), target) == config.join.end())
      config.join.push_back(std::move(target));
  };
  for (const auto& m : last.members) look_at(m.address);
  // Ports that were left out count from the one that was configured, not from the one that happened to be free.
  for (const auto& where : addresses_of(configured.join, configured.port == 0 ? listened_at.port : configured.port)) look_at(where);
  config.bootstrap = config.join.empty();
  return config;
}

}  // namespace troupe
