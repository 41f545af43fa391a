/// \file
/// How connections end.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe {

enum class end_reason : std::uint8_t {
  unreachable,  ///< the name does not resolve, or nobody answers at the address
  timed_out,    ///< connecting or the handshake took too long
  refused,      ///< the peer's welcome says why
  wrong_peer,   ///< another incarnation than the expected one answered
  malformed,    ///< the peer sent bytes that are no frame, or a frame that does not belong there
  overflow,     ///< the peer did not read: more than the bound waited for it
  closed,       ///< the peer closed the connection, or it broke
};

[[nodiscard]] std::string_view to_string(end_reason);

struct link_end {
  end_reason reason = end_reason::closed;
  std::string detail;  ///< for people
};

}  // namespace troupe
