/// \file
/// Somebody who dials a member and says what he likes: who he is, and to which cluster he belongs.
#pragma once

#include <future>
#include <memory>

#include <troupe/node/transport/dialled_link.hpp>

#include "hosted_member.hpp"

namespace troupe::test {

class stranger {
 public:
  /// Comes in as `who`, in that role. Fails the test when he is not let in.
  stranger(const local_member& to, const std::string& cluster, connection_role role, const incarnation& who);
  ~stranger();
  stranger(const stranger&) = delete;
  stranger& operator=(const stranger&) = delete;

  void send(any_frame what);
  /// Says something that belongs on no connection of his role, and waits until the member has hung up: by then it has handled all that he
  /// said. False: it did not hang up.
  [[nodiscard]] bool is_thrown_out();

 private:
  caf::actor_system_config config_;
  caf::actor_system system_{compat::set_option(config_, "scheduler.max-threads", 1)};
  shard shard_{system_, "stranger"};
  std::promise<void> up_;
  std::promise<void> down_;
  bool was_up_ = false;                 // used on the shard
  std::unique_ptr<dialled_link> link_;  // used on the shard
};

}  // namespace troupe::test
