/// \file
/// Lifetimes in both directions. Internal to the codec: includes Cap'n Proto.
#pragma once

#include <schema/client.capnp.h>
#include <schema/replication.capnp.h>

#include <troupe/messages/codec/internal/ids.hpp>
#include <troupe/messages/types/lifetime.hpp>
#include <troupe/messages/types/lock.hpp>

namespace troupe::codec {

/// Refuses what is above `lifetime_max`.
[[nodiscard]] inline milliseconds read_lifespan(std::uint64_t from) {
  must(from <= static_cast<std::uint64_t>(lifetime_max.count()), "a lifetime is out of range");
  return milliseconds{static_cast<milliseconds::rep>(from)};
}
/// Requires: within 0 and `lifetime_max`.
[[nodiscard]] inline std::uint64_t wire_lifespan(milliseconds from) {
  require(from >= milliseconds{} && from <= lifetime_max, "a lifetime is within its bounds");
  return static_cast<std::uint64_t>(from.count());
}

/// Words of a pointer's target: an unlimited life of which no times are known is null.
[[nodiscard]] inline std::size_t words_of(const lifetime& life, const entry_times& times = {}) {
  return life.is_limited() || times.are_known() ? struct_words<schema::Lifetime> : 0;
}
/// Into any struct that has the field `life`.
template <class Builder>
void write_life_into(Builder to, const lifetime& from, const entry_times& times = {}) {
  if (!from.is_limited() && !times.are_known()) return;
  auto life = to.initLife();
  life.setSince(from.since.value());
  life.setTtl(wire_lifespan(from.ttl));
  life.setMaxIdle(wire_lifespan(from.max_idle));
  life.setCreated(times.created.value());
  life.setWritten(times.written.value());
}
struct life_and_times {
  lifetime life;
  entry_times times;
};
/// From any struct that has the field `life`.
template <class Reader>
[[nodiscard]] life_and_times read_life(const Reader& from) {
  if (!from.hasLife()) return {};
  const auto life = from.getLife();
  const life_and_times read{{read_counted<row_time>(life.getSince()), read_lifespan(life.getTtl()), read_lifespan(life.getMaxIdle())},
                            {read_counted<row_time>(life.getCreated()), read_counted<row_time>(life.getWritten())}};
  must(read.life.is_limited() || read.times.are_known(), "an unlimited life is spelt out");
  must(read.life == read.life.normalized(), "an unlimited life has a beginning");
  must(read.times.are_known() || read.times == entry_times{}, "an entry came, but was never written");
  return read;
}

[[nodiscard]] inline std::size_t words_of(const lifetime_choice& choice, owner_number owner) {
  return choice == lifetime_choice{} && owner == owner_number{} ? 0 : struct_words<schema::LifetimeChoice>;
}
void write_choice_into(schema::Writing::Builder, const lifetime_choice&, owner_number owner);
[[nodiscard]] lifetime_choice read_choice(schema::Writing::Reader);
/// Whoever writes; it stands beside the lifetime.
[[nodiscard]] owner_number read_owner(schema::Writing::Reader);

/// Into and from any struct that has the fields `ttl` and `maxIdle`.
template <class Builder>
void write_lifetime_defaults(Builder to, const lifetime_defaults& from) {
  to.setTtl(wire_lifespan(from.ttl));
  to.setMaxIdle(wire_lifespan(from.max_idle));
}
template <class Reader>
[[nodiscard]] lifetime_defaults read_lifetime_defaults(const Reader& from) {
  return {read_lifespan(from.getTtl()), read_lifespan(from.getMaxIdle())};
}

}  // namespace troupe::codec
