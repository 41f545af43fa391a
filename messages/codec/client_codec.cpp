/// \file
/// The client conversation in both directions. Operations and replies are hot, the rest is rare.
#include <troupe/messages/codec/internal/conversations.hpp>

#include <schema/client.capnp.h>

#include <troupe/messages/codec/codec.hpp>
#include <troupe/messages/codec/internal/administration.hpp>
#include <troupe/messages/codec/internal/building.hpp>
#include <troupe/messages/codec/internal/operation.hpp>
#include <troupe/messages/codec/internal/view.hpp>

namespace troupe::codec {

namespace {

using namespace client_message;
using builder = schema::Client::Builder;

constexpr std::size_t root_words = 1 + struct_words<schema::Client>;
constexpr std::size_t usual_words = 64;

template <class Element>
std::size_t words_of_all(const std::vector<Element>& list) {
  auto words = root_words + 1;  // The tag of the list, also of an empty one.
  for (const auto& element : list) words += words_of(element);
  return words;
}

std::size_t expected_words(const operations& m) { return words_of_all(m.list); }
void write(builder root, const operations& from) {
  write_list(root.initOperations(count(from.list)), from.list, [](auto place, const operation& o) { codec::write(place, o); });
}
operations read(capnp::List<schema::Operation>::Reader from, allowance& memory) {
  return {read_list(from, memory, [&](auto o) { return read_operation(o, memory); })};
}

std::size_t expected_words(const replies& m) { return words_of_all(m.list); }
void write(builder root, const replies& from) {
  write_list(root.initReplies(count(from.list)), from.list, [](auto place, const reply& r) { codec::write(place, r); });
}
replies read(capnp::List<schema::Reply>::Reader from, allowance& memory) {
  return {read_list(from, memory, [&](auto r) { return read_reply(r, memory); })};
}

std::size_t expected_words(const follow_view&) { return root_words; }
void write(builder root, const follow_view&) { root.setFollowView(); }

std::size_t expected_words(const view_update&) { return usual_words; }
void write(builder root, const view_update& from) {
  if (from.view)
    codec::write(root.initViewUpdate(), *from.view);
  else
    root.adoptViewUpdate({});  // Chooses the member of the union and leaves it null.
}
view_update read_view_update(schema::Client::Reader root, allowance& memory) {
  return {root.hasViewUpdate() ? read_view(root.getViewUpdate(), memory) : nullptr};
}

std::size_t expected_words(const command&) { return usual_words; }
void write(builder root, const command& from) { codec::write(root.initCommand(), from); }

std::size_t expected_words(const command_result&) { return usual_words; }
void write(builder root, const command_result& from) { codec::write(root.initCommandResult(), from); }

}  // namespace

std::size_t encoded_bytes(const operation& o) { return words_of(o) * sizeof(word); }
std::size_t encoded_bytes(const reply& r) { return words_of(r) * sizeof(word); }

frame_buffer encode(const any_client_message& message) {
  frame_builder frame{conversation::client, std::visit([](const auto& m) { return expected_words(m); }, message)};
  std::visit([root = frame.initRoot<schema::Client>()](const auto& m) { write(root, m); }, message);
  return frame.finish();
}

result<any_frame> decode_client(std::span<const word> payload) {
  return read_message<schema::Client>(payload, [](schema::Client::Reader root, allowance& memory) -> any_frame {
    const auto message = [&]() -> any_client_message {
      switch (root.which()) {
        case schema::Client::OPERATIONS: return read(root.getOperations(), memory);
        case schema::Client::REPLIES: return read(root.getReplies(), memory);
        case schema::Client::FOLLOW_VIEW: return follow_view{};
        case schema::Client::VIEW_UPDATE: return read_view_update(root, memory);
        case schema::Client::COMMAND: return read_command(root.getCommand(), memory);
        case schema::Client::COMMAND_RESULT: return read_command_result(root.getCommandResult(), memory);
      }
      reject(error_kind::value, "a client message of a kind that this protocol version does not know");
    };
    return message();
  });
}

}  // namespace troupe::codec
