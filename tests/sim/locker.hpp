/// \file
/// An application's use of locks: its owners lock keys, write under locks, lock again, give up, unlock, or forget to.
#pragma once

#include <array>
#include <cstdint>
#include <map>

#include <troupe/messages/types/lock.hpp>

#include "tests/sim/caller.hpp"
#include "tests/sim/checkers/locks.hpp"
#include "tests/sim/keyspace.hpp"
#include "tests/sim/world.hpp"

namespace troupe::sim {

struct locker_options {
  duration think_max = milliseconds{120};
  std::size_t keys_locked = 3;  ///< of each map: few, so that owners meet
  std::size_t value_bytes_max = 200;
};

/// It asks with dice of its own, so that the applications beside it ask for what they would ask for without it.
class locker {
 public:
  locker(world& around, caller& maps, keyspace& keys, lock_checker& checks, const std::vector<map_definition>& defined, const locker_options&, dice rng);
  locker(const locker&) = delete;
  locker& operator=(const locker&) = delete;

  void begin();
  /// From now on it unlocks what it holds, and asks for nothing else.
  void stop() { stopped_ = true; }
  /// The process below has died.
  void bereaved() { bereaved_ = true; }
  /// Nothing is under way, and nothing is held that it could unlock.
  [[nodiscard]] bool idle() const;

 private:
  /// Does one thing after the other.
  struct agent {
    owner_number number;
    std::string map;
    blob key;
    std::size_t key_number = 0;
    std::uint32_t holds = 0;   ///< of its key's lock, as far as it knows
    bool keeps_it = false;     ///< it forgets to unlock
    bool is_asking = false;
    std::optional<lock_checker::operation_id> open{};
  };

  void turn(std::size_t which);
  void act(agent&);
  void choose_key(agent&);
  void lock(agent&);
  void unlock(agent&);
  void write(agent&);
  void look(agent&);
  void force(agent&);
  void call(agent&, protocol::map_call what, duration patience, std::function<void(agent&, const protocol::map_result&)> done);
  void end(agent&, const protocol::map_result&);
  [[nodiscard]] static protocol::map_call about(const agent&, operation_kind);

  void sent(const operation& what);
  void replied(const reply& what);

  world& around_;
  caller& maps_;
  keyspace& keys_;
  lock_checker& checks_;
  std::vector<map_definition> defined_;
  locker_options options_;
  dice rng_;
  bool stopped_ = false;
  bool bereaved_ = false;
  std::array<agent, 2> agents_;
  struct under_way {
    client_id client;
    row_id row;
    duration sent_at;
  };
  std::map<request_number, under_way> under_way_;
};

}  // namespace troupe::sim
