/// \file
/// What the two ends of a connection say before anything else, and the envelope of what follows.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <troupe/messages/types/client_message.hpp>
#include <troupe/messages/types/membership.hpp>
#include <troupe/messages/types/operation.hpp>
#include <troupe/messages/types/replication.hpp>

namespace troupe {

inline constexpr std::uint32_t protocol_version = 10;

enum class connection_role : std::uint8_t {
  member_control,  ///< membership; dialled by the sender of what travels on it
  member_data,     ///< replication and operations; dialled by the sender of what travels on it
  client,          ///< both ways
};

/// The first frame on a connection, from the side that dialled. Checked before anything else is parsed.
struct hello {
  std::uint32_t version = protocol_version;
  std::string cluster;  ///< name
  connection_role role = connection_role::client;
  incarnation who;                    ///< of a client: its client id
  troupe::address address;            ///< where the dialling member listens; empty for clients
  friend bool operator==(const hello&, const hello&) = default;
};

/// The first frame back.
struct welcome {
  std::uint32_t version = protocol_version;
  incarnation who;
  std::string refused;  ///< not empty: why, for people; the connection is closed behind it
  friend bool operator==(const welcome&, const welcome&) = default;
};

/// A frame of replication traffic: all that one member has for another at one moment.
struct replication_batch {
  member_no from;
  view_name view;  ///< the sender's
  std::vector<any_replication_message> list;
  friend bool operator==(const replication_batch&, const replication_batch&) = default;
};

/// Anything that travels after the handshake.
using any_frame = std::variant<any_membership_message, replication_batch, any_client_message>;

}  // namespace troupe
