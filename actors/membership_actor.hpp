/// \file
/// The membership actor: finds or founds the cluster, decides views with the others, holds the lease. A thin shell around
/// protocol::membership.
#pragma once

#include <memory>
#include <string>

#include <troupe/actors/local_messages.hpp>
#include <troupe/actors/protocol/membership/membership.hpp>

namespace troupe {

/// What the membership actor needs of the place it lives in. Called from whatever thread runs the actor.
class membership_environment {
 public:
  virtual ~membership_environment() = default;
  [[nodiscard]] virtual instant now() const = 0;
  virtual void send(const incarnation& to, any_membership_message what) = 0;
  /// Dial this address; local::peer_reached or local::peer_unreachable shall follow.
  virtual void probe(const address& where) = 0;
  /// Before installed(): a lease must be visible when the rows learn its view.
  virtual void lease_changed(const protocol::lease& now) = 0;
  virtual void installed(const view_ptr& view, member_no self) = 0;
  /// A view that was installed and replaced in one step: there is nothing to do by it any more, only to tell. Before the installed() of that step.
  virtual void passed(const view_ptr& view) = 0;
  /// `gave_up_after`: see protocol::membership_effects.
  virtual void ended(protocol::ending how, std::optional<view_number> gave_up_after) = 0;
  virtual void report(const protocol::membership_event& what) = 0;
};

/// Behaviour: the "To the membership" part of local_messages.hpp, and local::tick at least every quarter of a heartbeat.
[[nodiscard]] caf::actor spawn_membership(caf::actor_system& system, protocol::membership_options options,
                                          std::shared_ptr<membership_environment> environment);

}  // namespace troupe
