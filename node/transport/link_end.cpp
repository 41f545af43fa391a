#include <troupe/node/transport/link_end.hpp>

namespace troupe {

std::string_view to_string(end_reason r) {
  switch (r) {
    case end_reason::unreachable: return "unreachable";
    case end_reason::timed_out: return "timed_out";
    case end_reason::refused: return "refused";
    case end_reason::wrong_peer: return "wrong_peer";
    case end_reason::malformed: return "malformed";
    case end_reason::overflow: return "overflow";
    case end_reason::closed: return "closed";
  }
  return "?";
}

}  // namespace troupe
