/// \file
/// The membership conversation (DESIGN section 4.1): heartbeats and leases, Paxos on the next view, joining, wishes.
/// It travels on the control connection, apart from bulk data. The sender's incarnation is known from the handshake.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <troupe/messages/types/time.hpp>
#include <troupe/messages/types/view.hpp>

namespace troupe {

namespace membership_message {

/// "I am alive in this view." Sent every heartbeat interval.
struct heartbeat {
  view_name view;
  instant sent_at;                ///< on the sender's clock; echoed, never interpreted by others
  std::vector<member_no> hears;   ///< whom the sender has heard within the suspicion time
  friend bool operator==(const heartbeat&, const heartbeat&) = default;
};

/// A voter's grant: the sender of that heartbeat may count its lease of `view` from `sent_at` on.
struct heartbeat_ack {
  view_name view;
  instant sent_at;
  friend bool operator==(const heartbeat_ack&, const heartbeat_ack&) = default;
};

/// Paxos on the successor of `base`, among the voters of `base`.
struct ballot {
  std::uint32_t round = 0;  ///< 0 belongs to the oldest voter of `base`, once, and skips phase 1
  member_no proposer;
  friend auto operator<=>(const ballot&, const ballot&) = default;
};

struct prepare {  // 1a
  view_name base;
  troupe::membership_message::ballot ballot;
  friend bool operator==(const prepare&, const prepare&) = default;
};

struct vote {
  troupe::membership_message::ballot ballot;
  view_change change;
  friend bool operator==(const vote&, const vote&) = default;
};

struct promise {  // 1b
  view_name base;
  troupe::membership_message::ballot ballot;
  std::optional<vote> accepted;  ///< the vote of the highest ballot that this acceptor cast
  friend bool operator==(const promise&, const promise&) = default;
};

struct propose {  // 2a
  view_name base;
  troupe::membership_message::ballot ballot;
  view_change change;
  friend bool operator==(const propose&, const propose&) = default;
};

struct accepted {  // 2b
  view_name base;
  troupe::membership_message::ballot ballot;
  friend bool operator==(const accepted&, const accepted&) = default;
};

/// The acceptor has promised a higher ballot.
struct outbid {
  view_name base;
  troupe::membership_message::ballot promised;
  friend bool operator==(const outbid&, const outbid&) = default;
};

/// The successor of `base` is decided.
struct decided {
  view_name base;
  view_change change;
  friend bool operator==(const decided&, const decided&) = default;
};

/// A whole view: for joiners, for those who lag, and the answer to anything that speaks of a closed number.
struct full_view {
  view_ptr view;
  friend bool operator==(const full_view& a, const full_view& b) { return a.view == b.view || (a.view && b.view && *a.view == *b.view); }
};

/// "Send me your view": the sender has `have` and saw a later one mentioned.
struct view_pull {
  view_name have;
  friend bool operator==(const view_pull&, const view_pull&) = default;
};

/// A process without a view asks a seed what it knows.
struct seek {
  friend bool operator==(const seek&, const seek&) = default;
};
/// The answer of a process that has no view either; one that has a view answers with full_view.
struct seeking_too {
  bool may_found = false;  ///< it is entitled to found the cluster (`--bootstrap`, or the first seed)
  friend bool operator==(const seeking_too&, const seeking_too&) = default;
};

struct join_request {
  member who;  ///< its number is nobody
  cluster_settings settings;  ///< definitions and limits must equal the cluster's
  view_number as_of;          ///< of the newest view that the joiner had seen when it first asked: it was no member before
  friend bool operator==(const join_request&, const join_request&) = default;
};

struct join_refused {
  std::string why;          ///< for people: what differs, what to do
  bool start_anew = false;  ///< another incarnation of this process is welcome
  friend bool operator==(const join_refused&, const join_refused&) = default;
};

/// What members ask the next view for. A wish that no longer fits the current view is void; whoever still means it asks again.
struct wish {
  struct caught_up {  ///< `learner` acknowledges every write since before this: it may enter the in-sync set
    row_id row;
    config_number config;
    member_no learner;
    friend bool operator==(const caught_up&, const caught_up&) = default;
  };
  struct handed_over {  ///< the primary has paused, nothing is pending: `successor` may become primary
    row_id row;
    config_number config;
    member_no successor;
    friend bool operator==(const handed_over&, const handed_over&) = default;
  };
  struct activated {  ///< all seals of this epoch are in: `unsealed` may be emptied. Not urgent.
    row_id row;
    epoch_number epoch;
    friend bool operator==(const activated&, const activated&) = default;
  };
  struct leave {
    member_no who;
    friend bool operator==(const leave&, const leave&) = default;
  };
  struct create_map {
    std::string name;
    friend bool operator==(const create_map&, const create_map&) = default;
  };
  struct destroy_map {
    map_id id;
    friend bool operator==(const destroy_map&, const destroy_map&) = default;
  };
  struct reset_lost {  ///< all lost rows go on empty
    friend bool operator==(const reset_lost&, const reset_lost&) = default;
  };

  struct damaged {  ///< the primary doubts the copy of `holder`, its own included: it must leave the in-sync set, and be made anew
    row_id row;
    config_number config;
    member_no holder;
    friend bool operator==(const damaged&, const damaged&) = default;
  };

  struct formed {  ///< the primary of a row that is forming has taken its entries over
    row_id row;
    epoch_number epoch;
    friend bool operator==(const formed&, const formed&) = default;
  };
  struct outgrown {  ///< who is named primary can't lead before an epoch behind `epoch`: that is sealed, for a primary of no view that is left
    row_id row;
    config_number config;
    epoch_number epoch;
    bool has_copy = true;  ///< false: that seal ended the named primary's copy
    friend bool operator==(const outgrown&, const outgrown&) = default;
  };
  struct set_counts {
    counts_change what;
    friend bool operator==(const set_counts&, const set_counts&) = default;
  };

  std::variant<caught_up, handed_over, activated, leave, create_map, destroy_map, reset_lost, damaged, formed, outgrown, set_counts> what;
  friend bool operator==(const wish&, const wish&) = default;
};

struct wishes {
  view_name view;  ///< the sender's
  std::vector<wish> list;
  friend bool operator==(const wishes&, const wishes&) = default;
};

/// The sender has given up its lease for good and agrees to its removal in the view of this number, and that one only.
struct consent {
  view_number removed_in;
  friend bool operator==(const consent&, const consent&) = default;
};

/// "I go now": the sender has left its last view or ends without moving. Raises suspicion at once, proves nothing else.
struct goodbye {
  friend bool operator==(const goodbye&, const goodbye&) = default;
};

}  // namespace membership_message

using any_membership_message =
    std::variant<membership_message::heartbeat, membership_message::heartbeat_ack, membership_message::prepare, membership_message::promise,
                 membership_message::propose, membership_message::accepted, membership_message::outbid, membership_message::decided,
                 membership_message::full_view, membership_message::view_pull, membership_message::seek, membership_message::seeking_too,
                 membership_message::join_request, membership_message::join_refused, membership_message::wishes,
                 membership_message::consent, membership_message::goodbye>;

}  // namespace troupe
