#include "hosted_member.hpp"

#include <unistd.h>

#include <troupe/messages/types/partitioning.hpp>
#include <troupe/messages/types/view.hpp>

namespace troupe::test {

member_config test_config() {
  static int number = 0;
  member_config config;
  config.cluster_name = "member-test-" + std::to_string(getpid()) + '-' + std::to_string(++number);
  config.port = 0;
  config.shards = 2;
  config.log_level = log_level::warn;
  return config;
}

member_config joining(member_config config, const local_member& other) {
  config.join = {{other.listens_at().host, other.listens_at().port}};
  return config;
}

std::optional<failure> hosted_member::failure_of_set(const std::string& map, const std::string& key, const std::string& value) {
  std::optional<failure> why;
  compat::request(asker_, member_.map(map), patience, set_atom_v, key, value)
      .receive([](const receipt&) {}, [&](const caf::error& e) { why = failure_of(e).value_or(failure::deadline); });
  return why;
}

bool copied_to(hosted_member& member, const std::string& map, const std::string& key, std::size_t members) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  do {
    member.must<bool>(map, contains_atom_v, key);
    const auto v = member->current_view();
    const auto* m = v->find_map(map);
    const auto* r = m == nullptr ? nullptr : v->find(row_id{m->kind, partition_of(key, v->settings.partition_count)});
    if (r != nullptr && r->in_sync.size() == members) return true;
  } while (std::chrono::steady_clock::now() < deadline);
  return false;
}

}  // namespace troupe::test
