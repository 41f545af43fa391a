#include <troupe/node/cli/map_client.hpp>

namespace troupe::cli {

protocol::map_result call(map_client& client, const std::string& map, protocol::map_call what, instant deadline) {
  const protocol::call_id id{1};
  client.start(id, map, std::move(what), deadline);
  // The client finishes what it was given; the round of waiting is only as long as it may take without a word.
  while (true) {
    for (auto& finished : client.wait(deadline + seconds{1})) {
      if (finished.call == id) return std::move(finished.what);
    }
  }
}

void pause(map_client& client, instant until) {
  while (client.now() < until) {
    [[maybe_unused]] const auto nothing = client.wait(until);
  }
}

}  // namespace troupe::cli
