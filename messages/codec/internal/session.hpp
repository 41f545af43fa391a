/// \file
/// Sessions in both directions: the stamp of a write wherever it stands, and the sessions of a row in a snapshot. Internal to the codec:
/// includes Cap'n Proto.
#pragma once

#include <cstddef>

#include <schema/replication.capnp.h>

#include <troupe/messages/codec/internal/ids.hpp>
#include <troupe/messages/types/session.hpp>

namespace troupe::codec {

/// Into and from any struct that has the fields `clientHigh`, `clientLow`, `write` and `openFrom`. What belongs to no session writes nothing.
/// Reading refuses a session of nobody.
template <class Builder>
void write_stamp_into(Builder to, const write_stamp& from) {
  if (from.number == write_number{}) return;
  const auto client = halves_of(from.client);
  to.setClientHigh(client.high);
  to.setClientLow(client.low);
  to.setWrite(from.number.value());
  to.setOpenFrom(from.open_from.value());
}
template <class Reader>
[[nodiscard]] write_stamp read_stamp(const Reader& from) {
  if (from.getWrite() == 0) return {};
  const write_stamp stamp{client_id{uuid_of({from.getClientHigh(), from.getClientLow()})}, read_counted<write_number>(from.getWrite()),
                          read_counted<write_number>(from.getOpenFrom())};
  must(!stamp.client.is_nil(), "a write is in the session of nobody");
  must(stamp.open_from <= stamp.number, "a session is done with a write that it asks for");
  return stamp;
}

/// Words that the list takes outside of the struct that points to it.
[[nodiscard]] std::size_t words_of_sessions(const sessions_image&);
void write_sessions(schema::SnapshotChunk::Builder, const sessions_image&);
[[nodiscard]] sessions_image read_sessions(schema::SnapshotChunk::Reader, allowance&);

}  // namespace troupe::codec
