/// \file
/// The handshake in both directions. A stranger's first bytes are read here: version and cluster name before anything else.
#include <schema/link.capnp.h>

#include <troupe/messages/codec/codec.hpp>
#include <troupe/messages/codec/internal/enumeration.hpp>
#include <troupe/messages/codec/internal/ids.hpp>

namespace troupe::codec {

namespace {

constexpr enumeration roles{{
    std::pair{connection_role::member_control, schema::Role::MEMBER_CONTROL},
    std::pair{connection_role::member_data, schema::Role::MEMBER_DATA},
    std::pair{connection_role::client, schema::Role::CLIENT},
}};

constexpr std::size_t usual_words = 64;

schema::Hello::Reader hello_in(schema::Link::Reader root) {
  must(root.isHello(), "the first frame of a connection is not a hello");
  return root.getHello();
}

schema::Welcome::Reader welcome_in(schema::Link::Reader root) {
  must(root.isWelcome(), "the answer to a hello is not a welcome");
  return root.getWelcome();
}

bool is_member(connection_role role) { return role != connection_role::client; }

void write(schema::Hello::Builder to, const hello& from) {
  to.setVersion(from.version);
  to.setCluster(text(from.cluster));
  to.setRole(roles.to_wire(from.role));
  codec::write(to.initWho(), from.who);
  if (is_member(from.role)) codec::write(to.initAddress(), from.address);
}

greeting read_greeting(schema::Hello::Reader from, allowance& memory) { return {from.getVersion(), read_text(from.getCluster(), memory)}; }

hello read_hello(schema::Hello::Reader from, allowance& memory) {
  auto [version, cluster] = read_greeting(from, memory);
  if (version != protocol_version) reject(error_kind::version, "a hello of another protocol version");
  hello h{version, std::move(cluster), roles.from_wire(from.getRole()), read_id<incarnation>(from.getWho()), {}};
  must(is_member(h.role) == from.hasAddress(), "members have an address, clients have none");
  if (is_member(h.role)) h.address = read_address(from.getAddress(), memory);
  must(is_member(h.role) == (h.address.port != 0), "a member's address has no port");
  return h;
}

void write(schema::Welcome::Builder to, const welcome& from) {
  to.setVersion(from.version);
  to.setRefused(text(from.refused));
  codec::write(to.initWho(), from.who);
}

welcome read_welcome(schema::Welcome::Reader from, allowance& memory) {
  welcome w{from.getVersion(), {}, read_text(from.getRefused(), memory)};
  if (w.version == protocol_version) w.who = incarnation{read_uuid(from.getWho())};
  must(w.version != protocol_version || !w.refused.empty() || !w.who.is_nil(), "who welcomes has no id");
  return w;
}

}  // namespace

frame_buffer encode(const hello& message) {
  frame_builder frame{conversation::link, usual_words};
  write(frame.initRoot<schema::Link>().initHello(), message);
  return frame.finish();
}

frame_buffer encode(const welcome& message) {
  frame_builder frame{conversation::link, usual_words};
  write(frame.initRoot<schema::Link>().initWelcome(), message);
  return frame.finish();
}

result<greeting> decode_greeting(std::span<const word> payload) {
  return read_message<schema::Link>(payload, [](auto root, allowance& memory) { return read_greeting(hello_in(root), memory); });
}

result<hello> decode_hello(std::span<const word> payload) {
  return read_message<schema::Link>(payload, [](auto root, allowance& memory) { return read_hello(hello_in(root), memory); });
}

result<welcome> decode_welcome(std::span<const word> payload) {
  return read_message<schema::Link>(payload, [](auto root, allowance& memory) { return read_welcome(welcome_in(root), memory); });
}

}  // namespace troupe::codec
