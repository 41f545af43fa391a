/// A payload of one conversation: CONVERSATION is `membership`, `replication` or `client`, a program each.
#include "tests/fuzz/frame_bytes.hpp"

using namespace troupe;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto decode = [](std::span<const codec::word> payload) { return codec::decode_frame(codec::conversation::CONVERSATION, payload); };
  const auto payload = fuzz::payload_of({data, size});
  if (const auto frame = fuzz::decoded(payload, decode))
    std::visit([](const auto& message) {
      fuzz::claim_travels(message, [](std::span<const codec::word> p) -> codec::result<std::decay_t<decltype(message)>> {
        auto again = codec::decode_frame(codec::conversation::CONVERSATION, p);
        if (!again) return again.error();
        return std::get<std::decay_t<decltype(message)>>(*std::move(again));
      });
    }, *frame);
  return 0;
}
