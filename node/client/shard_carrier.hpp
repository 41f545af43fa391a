/// \file
/// How letters come to an actor that runs on a shard of its member or client, also when that has gone before them.
#pragma once

#include <memory>
#include <utility>

#include <troupe/actors/router_actor.hpp>
#include <troupe/node/transport/shard.hpp>

namespace troupe {

/// To the shard that is `home` of its owner, as long as there is one; after that to CAF's scheduler.
template <class Owner>
letter_carrier carrier_to_shard(std::weak_ptr<Owner> owner, shard& (Owner::*home)()) {
  return [owner = std::move(owner), home](const caf::actor& to, compat::letter what) {
    if (const auto o = owner.lock()) return ((*o).*home)().deliver(to, std::move(what));
    compat::put(to, std::move(what));
  };
}

}  // namespace troupe
