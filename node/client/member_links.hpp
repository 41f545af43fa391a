/// \file
/// The links over which one router's operations reach the members: one a member, dialled as a client. Lives on one shard.
///
/// It owns the links. It knows what is under way on each, so that it can tell what certainly never left from what may have arrived.
#pragma once

#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include <caf/actor.hpp>

#include <troupe/actors/protocol/router/router.hpp>
#include <troupe/messages/types/client_message.hpp>
#include <troupe/node/transport/dialled_link.hpp>

namespace troupe {

struct member_links_callbacks {
  std::function<void(member_no)> up;
  std::function<void(view_ptr)> view;  ///< a member sent its view (only when followed)
  std::function<void(member_no from, client_message::command_result)> command_result;
  std::function<void(member_no)> lost;  ///< the link went down
};

class member_links {
 public:
  /// `router` gets local::replies, link_lost (with what never left) and not_sent (what no link took), on the home shard.
  member_links(shard& home, hello self, dial_settings settings, caf::actor router, member_links_callbacks callbacks);
  ~member_links();

  /// Forgets links to members that are no longer there: in a while; but at once when the view is another cluster's, or another process has
  /// the number. With `dial_all`, links to all members are kept up and their views followed.
  void install(const view_ptr& v, bool dial_all);
  void send(member_no to, std::vector<operation> batch);
  /// False: that member can't be reached now. Its answer, or that the link went down, is told through the callbacks.
  bool send(member_no to, const client_message::command& what);
  /// Whether the view has this member, or a link to it is left.
  [[nodiscard]] bool may_reach(member_no to) const { return peers_.contains(to) || (view_ && view_->has(to)); }
  /// Nobody when no link is up.
  [[nodiscard]] member_no one_that_is_up() const;

 private:
  struct peer;
  template <class Message>
  void tell_router(Message&& what);
  peer* link_to(member_no to);
  void on_down(peer& p);
  void tell_lost(peer& p);
  void drop(member_no gone);
  void on_frame(member_no from, any_frame frame);

  shard& home_;
  hello self_;
  dial_settings settings_;
  caf::actor router_;
  member_links_callbacks callbacks_;
  bool follow_views_ = false;
  view_ptr view_;
  std::unordered_map<member_no, std::unique_ptr<peer>> peers_;
};

}  // namespace troupe
