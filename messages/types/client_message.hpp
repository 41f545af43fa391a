/// \file
/// The client conversation: operations and their replies, the view for routing, and administration. Members' routers speak it among each other too.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include <troupe/messages/types/ids.hpp>
#include <troupe/messages/types/operation.hpp>
#include <troupe/messages/types/settings.hpp>
#include <troupe/messages/types/stats.hpp>
#include <troupe/messages/types/view.hpp>

namespace troupe {

namespace client_message {

struct operations {
  std::vector<operation> list;
  friend bool operator==(const operations&, const operations&) = default;
};
struct replies {
  std::vector<reply> list;
  friend bool operator==(const replies&, const replies&) = default;
};
/// Client → member: send me your view now and whenever it changes.
struct follow_view {
  friend bool operator==(const follow_view&, const follow_view&) = default;
};
struct view_update {
  view_ptr view;  ///< null: the member has none (yet)
  friend bool operator==(const view_update& a, const view_update& b) { return a.view == b.view || (a.view && b.view && *a.view == *b.view); }
};

/// Administration; each has one answer.
struct command {
  struct create_map { std::string name; friend bool operator==(const create_map&, const create_map&) = default; };
  struct destroy_map { std::string name; friend bool operator==(const destroy_map&, const destroy_map&) = default; };
  struct set_counts { std::string map; durability to; friend bool operator==(const set_counts&, const set_counts&) = default; };
  struct stats { friend bool operator==(const stats&, const stats&) = default; };
  struct reset_lost { friend bool operator==(const reset_lost&, const reset_lost&) = default; };
  struct force_view { friend bool operator==(const force_view&, const force_view&) = default; };
  struct shutdown { bool without_moving = false; friend bool operator==(const shutdown&, const shutdown&) = default; };

  request_number request;
  std::variant<create_map, destroy_map, stats, reset_lost, force_view, shutdown, set_counts> what;
  friend bool operator==(const command&, const command&) = default;
};
struct command_result {
  request_number request;
  std::string error;   ///< empty: done
  member_stats stats;  ///< of `stats`
  friend bool operator==(const command_result&, const command_result&) = default;
};

}  // namespace client_message

using any_client_message = std::variant<client_message::operations, client_message::replies, client_message::follow_view,
                                        client_message::view_update, client_message::command, client_message::command_result>;

}  // namespace troupe
