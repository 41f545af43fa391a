/// \file
/// Wishes for the next view in both directions. Internal to the codec: includes Cap'n Proto.
#pragma once

#include <schema/membership.capnp.h>

#include <troupe/messages/codec/internal/reading.hpp>
#include <troupe/messages/types/membership.hpp>

namespace troupe::codec {

void write(schema::Wish::Builder, const membership_message::wish&);
[[nodiscard]] membership_message::wish read_wish(schema::Wish::Reader, allowance&);

}  // namespace troupe::codec
