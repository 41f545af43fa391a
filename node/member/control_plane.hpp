/// \file
/// The control plane of a member: a thread of its own with the membership actor and the control links, so that bulk data can't delay a
/// heartbeat.
#pragma once

#include <memory>
#include <unordered_map>
#include <unordered_set>

#include <troupe/actors/membership_actor.hpp>
#include <troupe/node/transport/accepted_link.hpp>
#include <troupe/node/transport/dialled_link.hpp>
#include <troupe/node/transport/shard.hpp>

namespace troupe {

/// What the control plane tells its member, on the control thread.
class control_listener {
 public:
  virtual ~control_listener() = default;
  virtual void lease_changed(const protocol::lease& held) = 0;
  virtual void passed(const view_ptr& v) = 0;
  virtual void installed(const view_ptr& v, member_no self) = 0;
  virtual void ended(protocol::ending how, std::optional<view_number> gave_up_after) = 0;
  virtual void reported(const protocol::membership_event& what) = 0;
  /// An address where it looks for a cluster, or for members, could not be reached.
  virtual void unreachable(const address& where, const link_end& why) = 0;
};

class control_plane {
 public:
  control_plane(caf::actor_system& system, hello self, dial_settings dialling, std::shared_ptr<spdlog::logger> log,
                control_listener& listener);
  ~control_plane();

  [[nodiscard]] shard& home() { return shard_; }
  void start(protocol::membership_options options);
  void stop();

  // From any thread.
  template <class Message>
  void tell(Message what) {
    shard_.deliver(membership_, compat::make_letter(std::move(what)));
  }

  // On the control thread.
  void accept(std::unique_ptr<accepted_link> link);

 private:
  class environment;
  friend class environment;

  struct peer {
    std::optional<troupe::address> where;               ///< as it said, or as the view says
    std::unique_ptr<dialled_link> link;                 ///< what we say to it
    std::vector<std::unique_ptr<accepted_link>> heard;  ///< what it says to us
  };

  void send(const incarnation& to, any_membership_message what);
  void probe(const address& where);
  void on_probe_up(const address& where, const incarnation& who);
  void on_probe_down(const address& where, const link_end& why);
  void installed(const view_ptr& v);
  dialled_link* link_to(const incarnation& to);
  void on_closed(const incarnation& who, const accepted_link* which);
  void tell_if_disconnected(const incarnation& who);
  void arm_tick();

  caf::actor_system& system_;
  hello self_;
  const dial_settings dialling_;
  control_listener& listener_;
  shard shard_;
  caf::actor membership_;
  view_ptr view_;
  std::unordered_map<incarnation, peer> peers_;
  std::unordered_map<std::string, std::unique_ptr<dialled_link>> probes_;  ///< by address
  std::unordered_map<std::string, std::string> probe_failures_;            ///< what was logged last, by address; since the latest view
  duration tick_interval_;
  timer tick_;
};

}  // namespace troupe
