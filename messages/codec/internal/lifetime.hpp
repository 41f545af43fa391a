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

/// Words of a pointer's target: an unlimited life is null.
[[nodiscard]] inline std::size_t words_of(const lifetime& life) { return life.is_limited() ? struct_words<schema::Lifetime> : 0; }
/// Into any struct that has the field `life`.
template <class Builder>
void write_life_into(Builder to, const lifetime& from) {
  if (!from.is_limited()) return;
  auto life = to.initLife();
  life.setSince(from.since.value());
  life.setTtl(wire_lifespan(from.ttl));
  life.setMaxIdle(wire_lifespan(from.max_idle));
}
/// From any struct that has the field `life`.
template <class Reader>
[[nodiscard]] lifetime read_life(const Reader& from) {
  if (!from.hasLife()) return {};
  const auto life = from.getLife();
  const lifetime l{read_counted<row_time>(life.getSince()), read_lifespan(life.getTtl()), read_lifespan(life.getMaxIdle())};
  must(l.is_limited(), "an unlimited life is spelt out");
  return l;
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
