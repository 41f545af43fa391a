/// \file
/// What applications are told of their cluster: who comes and goes, and how the rows' copies fare. cluster_listener.hpp has what is promised.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <troupe/messages/types/api.hpp>
#include <troupe/messages/types/ids.hpp>
#include <troupe/messages/types/member.hpp>

namespace troupe {

enum class cluster_event_kind : std::uint8_t {
  state,              ///< opens the present state: the rest of its batch says what is there, and what was told before is void
  member_joined,      ///< or, behind a `state`, is there
  member_leaving,     ///< hands its rows over, then goes
  member_left,        ///< in good order: it had handed everything over
  member_removed,     ///< it crashed, or was not heard, or went with copies that it should have handed over
  member_gone,        ///< one or the other: the view that says which was not seen here
  rows_lost,          ///< no in-sync copy is left: what is asked of them fails as `partition_lost` until they are reset
  rows_lost_data,     ///< they go on, but without all that was acknowledged
  rows_served_again,  ///< they were lost, and have been reset
  copies_missing,     ///< they have fewer copies than their durability and the members at hand allow
  safe,               ///< no row is lost, and none lacks copies any more
  ended,              ///< the last one: this member is none any more
};
[[nodiscard]] TROUPE_API std::string_view to_string(cluster_event_kind);

struct cluster_event {
  cluster_event_kind what = cluster_event_kind::state;
  member who{};                ///< of the events about a member: as it was when it was last seen
  std::vector<row_id> rows{};  ///< of those about rows: which, in order. Of a `state`: those that lost data in what is missing before it
  std::uint64_t missed = 0;    ///< of a `state`: how many events before it are missing, because the listener was too slow
  std::string text{};          ///< why, for people: `member_removed`, `ended`
  friend bool operator==(const cluster_event&, const cluster_event&) = default;
};

}  // namespace troupe
