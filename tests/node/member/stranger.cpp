#include "stranger.hpp"

namespace troupe::test {

stranger::stranger(const local_member& to, const std::string& cluster, connection_role role, const incarnation& who) {
  hello h;
  h.cluster = cluster;
  h.role = role;
  h.who = who;
  if (role != connection_role::client) h.address = {"127.0.0.1", 1};
  shard_.start();
  shard_.post([this, h, where = to.listens_at()] {
    dialled_link_callbacks callbacks;
    callbacks.up = [this](const incarnation&, const address&) {
      if (!std::exchange(was_up_, true)) up_.set_value();
    };
    callbacks.down = [this](const link_end&) {
      link_.reset();
      down_.set_value();
    };
    link_ = std::make_unique<dialled_link>(shard_, link_target{where, {}}, h, dial_settings{}, std::move(callbacks));
  });
  if (up_.get_future().wait_for(patience) != std::future_status::ready) FAIL("a member does not let a stranger in");
}

stranger::~stranger() {
  shard_.post([this] { link_.reset(); });
  shard_.stop();
}

void stranger::send(any_frame what) {
  shard_.post([this, what = std::move(what)]() mutable { link_->send(std::move(what)); });
}

bool stranger::is_thrown_out() {
  shard_.post([this] { link_->send(std::make_shared<const codec::frame_buffer>(codec::encode(hello{}))); });
  return down_.get_future().wait_for(patience) == std::future_status::ready;
}

}  // namespace troupe::test
