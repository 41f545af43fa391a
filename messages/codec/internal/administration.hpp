/// \file
/// Commands and their results in both directions. Internal to the codec: includes Cap'n Proto.
#pragma once

#include <schema/client.capnp.h>

#include <troupe/messages/codec/internal/reading.hpp>
#include <troupe/messages/types/client_message.hpp>
#include <troupe/messages/types/operation.hpp>

namespace troupe::codec {

void write(schema::Command::Builder, const client_message::command&);
[[nodiscard]] client_message::command read_command(schema::Command::Reader, allowance&);

void write(schema::CommandResult::Builder, const client_message::command_result&);
[[nodiscard]] client_message::command_result read_command_result(schema::CommandResult::Reader, allowance&);

}  // namespace troupe::codec
