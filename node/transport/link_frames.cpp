#include <troupe/node/transport/link_frames.hpp>

namespace troupe {

std::string_view to_string(connection_role r) {
  switch (r) {
    case connection_role::member_control: return "control";
    case connection_role::member_data: return "data";
    case connection_role::client: return "client";
  }
  return "?";
}

bool may_carry(connection_role role, codec::conversation what) {
  switch (role) {
    case connection_role::member_control: return what == codec::conversation::membership;
    case connection_role::member_data: return what == codec::conversation::replication || what == codec::conversation::client;
    case connection_role::client: return what == codec::conversation::client;
  }
  return false;
}

codec::result<any_frame> read_frame(connection_role role, codec::conversation what, std::span<const codec::word> payload) {
  if (!may_carry(role, what))
    return codec::error{codec::error_kind::value, "this conversation does not belong on a " + std::string{to_string(role)} + " connection"};
  return codec::decode_frame(what, payload);
}

}  // namespace troupe
