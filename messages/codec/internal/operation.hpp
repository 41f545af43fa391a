/// \file
/// Operations and replies in both directions. Internal to the codec: includes Cap'n Proto.
#pragma once

#include <cstddef>

#include <schema/client.capnp.h>

#include <troupe/messages/codec/internal/reading.hpp>
#include <troupe/messages/types/operation.hpp>

namespace troupe::codec {

/// Words that one of them takes in a frame, its place in the list included.
[[nodiscard]] std::size_t words_of(const operation&);
[[nodiscard]] std::size_t words_of(const reply&);

void write(schema::Operation::Builder, const operation&);
[[nodiscard]] operation read_operation(schema::Operation::Reader, allowance&);

void write(schema::Reply::Builder, const reply&);
[[nodiscard]] reply read_reply(schema::Reply::Reader, allowance&);

}  // namespace troupe::codec
