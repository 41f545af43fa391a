/// \file
/// A member, as all members and clients know it.
#pragma once

#include <cstdint>
#include <string>

#include <troupe/messages/types/ids.hpp>

namespace troupe {

enum class member_kind : std::uint8_t {
  data,     ///< holds copies and votes
  lite,     ///< holds nothing and does not vote
  witness,  ///< votes and holds nothing
};

struct member {
  member_no number;  ///< nobody in a join request: the view that lets it in gives it
  incarnation id;
  troupe::address address;  ///< where its listener is reached
  std::string host;         ///< copies avoid sharing one; defaults to the address's host
  std::string zone;         ///< copies avoid sharing one; empty: unknown
  member_kind kind = member_kind::data;
  bool leaving = false;  ///< hands its rows over, then goes

  friend bool operator==(const member&, const member&) = default;
};

}  // namespace troupe
