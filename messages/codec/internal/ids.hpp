/// \file
/// `ids.capnp` in both directions. Internal to the codec: includes Cap'n Proto.
#pragma once

#include <limits>

#include <schema/ids.capnp.h>

#include <troupe/messages/codec/internal/building.hpp>
#include <troupe/messages/codec/internal/reading.hpp>
#include <troupe/messages/types/ids.hpp>
#include <troupe/messages/types/member_set.hpp>

namespace troupe::codec {

/// No row has a partition from here on.
inline constexpr std::uint32_t partition_count_max = 100'000;

/// An id as two numbers, for structs that are too hot for a pointer.
struct uuid_halves {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
};
[[nodiscard]] uuid_halves halves_of(const uuid&);
[[nodiscard]] uuid uuid_of(const uuid_halves&);

void write(schema::Uuid::Builder, const uuid&);
[[nodiscard]] uuid read_uuid(schema::Uuid::Reader);
/// An id of its own type. Nil is refused.
template <class Id>
[[nodiscard]] Id read_id(schema::Uuid::Reader from) {
  Id id{read_uuid(from)};
  must(!id.is_nil(), "an id is nil");
  return id;
}

void write(schema::Address::Builder, const address&);
/// Refuses an empty host.
[[nodiscard]] address read_address(schema::Address::Reader, allowance&);

void write(schema::ViewName::Builder, const view_name&);
[[nodiscard]] view_name read_view_name(schema::ViewName::Reader);

/// Into and from any struct that has the fields `backups` and `asyncBackups`. Reading refuses a sum above 6.
template <class Builder>
void write_durability(Builder to, const durability& from) {
  to.setBackups(from.backups);
  to.setAsyncBackups(from.async_backups);
}
template <class Reader>
[[nodiscard]] durability read_durability(const Reader& from) {
  const durability kind{from.getBackups(), from.getAsyncBackups()};
  must(kind.is_valid(), "a durability has more than 6 backups");
  return kind;
}

/// Into and from any struct that has the fields of RowId.
template <class Builder>
void write_row_id(Builder to, const row_id& from) {
  to.setPartition(from.partition.value());
  write_durability(to, from.kind);
  to.setGroup(from.number.value());
}
template <class Reader>
[[nodiscard]] row_id read_row_id(const Reader& from) {
  must(from.getPartition() < partition_count_max, "a partition is out of range");
  return {read_durability(from), partition_id{from.getPartition()}, group_number{from.getGroup()}};
}

/// Into and from any struct that has the fields of Group.
template <class Builder>
void write_group(Builder to, const row_group& from) {
  write_durability(to, from.began);
  to.setGroup(from.number.value());
}
template <class Reader>
[[nodiscard]] row_group read_group(const Reader& from) {
  return {read_durability(from), group_number{from.getGroup()}};
}

/// A number that others are counted from: views, epochs, configs, positions, rounds. Refuses the upper half of its range, which no cluster lives
/// to see, so that neither a successor nor a sum of two overflows.
template <class Integer>
[[nodiscard]] Integer read_counted(Integer from) {
  must(from <= std::numeric_limits<Integer>::max() / 2, "a number that is counted up is out of range");
  return from;
}
template <class Number>
[[nodiscard]] Number read_counted(typename Number::rep from) {
  return Number{read_counted(from)};
}

/// Strong numbers in the order of the list.
template <class Number>
[[nodiscard]] std::vector<Number> read_numbers(typename capnp::List<typename Number::rep>::Reader from, allowance& memory) {
  memory.take(from.size(), sizeof(Number));
  std::vector<Number> list;
  list.reserve(from.size());
  for (auto value : from) list.push_back(Number{value});
  return list;
}

/// Refuses a list that is not strictly ascending, or names nobody.
[[nodiscard]] member_set read_member_set(capnp::List<std::uint32_t>::Reader, allowance&);

}  // namespace troupe::codec
