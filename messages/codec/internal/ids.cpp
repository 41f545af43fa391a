#include <troupe/messages/codec/internal/ids.hpp>

#include <algorithm>

namespace troupe::codec {

namespace {

/// Most significant byte first, so that a dump of the number reads like the text of the id.
std::uint64_t number_of(const std::uint8_t* bytes) {
  std::uint64_t number = 0;
  for (int i = 0; i < 8; ++i) number = number << 8 | bytes[i];
  return number;
}

void spell(std::uint64_t number, std::uint8_t* bytes) {
  for (int i = 7; i >= 0; --i, number >>= 8) bytes[i] = static_cast<std::uint8_t>(number & 0xff);
}

}  // namespace

uuid_halves halves_of(const uuid& u) { return {number_of(u.bytes.data()), number_of(u.bytes.data() + 8)}; }

uuid uuid_of(const uuid_halves& h) {
  uuid u;
  spell(h.high, u.bytes.data());
  spell(h.low, u.bytes.data() + 8);
  return u;
}

void write(schema::Uuid::Builder to, const uuid& from) {
  const auto halves = halves_of(from);
  to.setHigh(halves.high);
  to.setLow(halves.low);
}

uuid read_uuid(schema::Uuid::Reader from) { return uuid_of({from.getHigh(), from.getLow()}); }

void write(schema::Address::Builder to, const address& from) {
  to.setHost(text(from.host));
  to.setPort(from.port);
}

address read_address(schema::Address::Reader from, allowance& memory) {
  address a{read_text(from.getHost(), memory), from.getPort()};
  must(!a.host.empty(), "an address has no host");
  return a;
}

void write(schema::ViewName::Builder to, const view_name& from) {
  to.setNumber(from.number.value());
  to.setDigest(from.digest);
}

view_name read_view_name(schema::ViewName::Reader from) { return {read_counted<view_number>(from.getNumber()), from.getDigest()}; }

member_set read_member_set(capnp::List<std::uint32_t>::Reader from, allowance& memory) {
  memory.take(from.size(), 2 * sizeof(member_no));  // It grows by doubling.
  member_set set;
  auto last = nobody;
  for (auto value : from) {
    const member_no number{value};
    must(number > last, "a set of members is not in order");
    set.insert(number);
    last = number;
  }
  return set;
}

}  // namespace troupe::codec
