/// \file
/// How connections end.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <troupe/messages/types/api.hpp>

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

[[nodiscard]] TROUPE_API std::string_view to_string(end_reason);

/// What a refusal is about, as far as it matters to whoever was refused.
enum class refusal_cause : std::uint8_t {
  other,            ///< may pass: the peer is full, say
  another_cluster,  ///< the peer's cluster has another name
  another_version,  ///< of the protocol
};

/// What a welcome says to a peer of another cluster. Its text is all that a welcome has: this one must stay as it is.
inline constexpr std::string_view another_cluster_text = "this member belongs to another cluster";

struct link_end {
  end_reason reason = end_reason::closed;
  std::string detail;                          ///< for people
  refusal_cause cause = refusal_cause::other;  ///< of `refused`

  /// Dialling again changes nothing until somebody restarts the peer as another one.
  [[nodiscard]] bool is_final() const { return reason == end_reason::refused && cause != refusal_cause::other; }
};

}  // namespace troupe
