/// \file
/// The decoders of the conversations, as decode_frame() finds them. Each payload holds one message of that conversation's root type.
/// Internal to the codec.
#pragma once

#include <span>

#include <troupe/messages/codec/frame.hpp>
#include <troupe/messages/codec/result.hpp>
#include <troupe/messages/types/link.hpp>

namespace troupe::codec {

[[nodiscard]] result<any_frame> decode_membership(std::span<const word> payload);
[[nodiscard]] result<any_frame> decode_replication(std::span<const word> payload);
[[nodiscard]] result<any_frame> decode_client(std::span<const word> payload);

}  // namespace troupe::codec
