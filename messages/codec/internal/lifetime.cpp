#include <troupe/messages/codec/internal/lifetime.hpp>

namespace troupe::codec {

void write_choice_into(schema::Writing::Builder to, const lifetime_choice& from, owner_number owner) {
  if (from == lifetime_choice{} && owner == owner_number{}) return;
  auto life = to.initLife();
  life.setHasTtl(from.ttl.has_value());
  life.setHasMaxIdle(from.max_idle.has_value());
  if (from.ttl) life.setTtl(wire_lifespan(*from.ttl));
  if (from.max_idle) life.setMaxIdle(wire_lifespan(*from.max_idle));
  life.setOwner(owner.value());
}

lifetime_choice read_choice(schema::Writing::Reader from) {
  if (!from.hasLife()) return {};
  const auto life = from.getLife();
  lifetime_choice choice;
  if (life.getHasTtl()) choice.ttl = read_lifespan(life.getTtl());
  if (life.getHasMaxIdle()) choice.max_idle = read_lifespan(life.getMaxIdle());
  return choice;
}

owner_number read_owner(schema::Writing::Reader from) { return owner_number{from.hasLife() ? from.getLife().getOwner() : 0}; }

}  // namespace troupe::codec
