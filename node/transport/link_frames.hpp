/// \file
/// What may travel on a connection of which role.
#pragma once

#include <span>
#include <string_view>

#include <troupe/messages/codec/codec.hpp>

namespace troupe {

[[nodiscard]] std::string_view to_string(connection_role);

/// Membership on control connections; replication and operations on data connections; operations with clients. So a client can't vote.
[[nodiscard]] bool may_carry(connection_role, codec::conversation);

/// Decodes a frame of a connection of that role.
[[nodiscard]] codec::result<any_frame> read_frame(connection_role, codec::conversation, std::span<const codec::word> payload);

}  // namespace troupe
