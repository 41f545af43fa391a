/// A payload of one conversation: CONVERSATION is `membership`, `replication` or `client`, a program each.
#include "tests/fuzz/frame_bytes.hpp"

using namespace troupe;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto decode = [](std::span<const codec::word> payload) { return codec::decode_frame(codec::conversation::CONVERSATION, payload); };
  const auto payload = fuzz::payload_of({data, size});
  if (const auto frame = fuzz::decoded(payload, decode)) fuzz::claim_travels(*frame, decode);
  return 0;
}
