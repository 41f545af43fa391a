#include <troupe/messages/codec/internal/reading.hpp>

namespace troupe::codec {

void reject(error_kind kind, const char* text) { throw rejection{{kind, text}}; }

}  // namespace troupe::codec
