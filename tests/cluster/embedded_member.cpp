#include "tests/cluster/embedded_member.hpp"

#include <stdexcept>

#include <troupe/node/config/xml_config.hpp>
#include <troupe/node/member/member.hpp>

#include "tests/cluster/patience.hpp"

namespace troupe::cluster {

namespace {

member_config config_of(const std::string& cluster, const std::string& config_file, std::uint16_t port, const address& join) {
  auto read = read_xml_config(config_file);
  if (!read.errors.empty()) throw std::runtime_error(read.errors.front());
  read.config.cluster_name = cluster;
  read.config.port = port;
  read.config.join = {{join.host, join.port}};
  return read.config;
}

}  // namespace

class embedded_member::parts {
 public:
  explicit parts(member_config c) : member{system, std::move(c)} {}

  caf::actor_system_config system_config;
  caf::actor_system system{system_config};
  local_member member;
  caf::scoped_actor asker{system};
};

embedded_member::embedded_member(const std::string& cluster, const std::string& config_file, std::uint16_t port, const address& join)
    : parts_{std::make_unique<parts>(config_of(cluster, config_file, port, join))} {
  if (!parts_->member.wait_ready(patience)) throw std::runtime_error("the embedded member did not join: " + parts_->member.end_text());
}

embedded_member::~embedded_member() = default;

std::optional<std::string> embedded_member::get(const std::string& map, const std::string& key) {
  std::optional<std::string> value;
  std::string problem;
  const auto handle = parts_->member.map(map);
  compat::request(parts_->asker, handle, patience, get_atom_v, key)
      .receive(
          [&](const lookup& found) {
            if (found) value = found.value;
          },
          [&](const caf::error& e) { problem = describe(e); });
  if (!problem.empty()) throw std::runtime_error("a get of the embedded member failed: " + problem);
  return value;
}

}  // namespace troupe::cluster
