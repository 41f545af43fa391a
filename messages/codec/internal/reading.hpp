/// \file
/// Reading what a stranger sent: the limits, and the one place where exceptions end. Internal to the codec: includes Cap'n Proto.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <capnp/message.h>
#include <capnp/serialize.h>

#include <troupe/messages/codec/frame.hpp>
#include <troupe/messages/codec/result.hpp>
#include <troupe/messages/types/blob.hpp>

namespace troupe::codec {

/// Thrown by the codec's readers when a value is not what its type allows, and caught by read_message(): it never leaves the codec.
/// (An exception, because Cap'n Proto's accessors throw anyway, and so the readers below stay plain expressions.)
struct rejection {
  codec::error why;
};

[[noreturn]] void reject(error_kind, const char* text);

inline void must(bool holds, const char* text) {
  if (!holds) [[unlikely]]
    reject(error_kind::value, text);
}

/// What decoding one frame may still allocate, in bytes. A list of structs costs as little as nothing on the wire, and two pointers may
/// lead to the same list; in our memory each element has its full size. So every allocation is paid for here first, and the total is
/// a small multiple of what was sent.
class allowance {
 public:
  /// No plain type of ours is more than 4 times the size of its encoding; `tests/messages` measures it.
  static constexpr std::size_t bytes_per_byte = 4;
  static constexpr std::size_t bytes_at_least = 1024;

  explicit allowance(std::size_t frame_words) : bytes_left_(bytes_at_least + bytes_per_byte * sizeof(word) * frame_words) {}

  void take(std::size_t elements, std::size_t bytes_each) {
    if (elements > bytes_left_ / bytes_each) [[unlikely]]
      reject(error_kind::excess, "the frame unfolds to far more than its length");
    bytes_left_ -= elements * bytes_each;
  }

 private:
  std::size_t bytes_left_;
};

/// Opens a payload as the message `Root` and hands it to `read(Root::Reader, allowance&)`. Whatever goes wrong there, and whatever is
/// wrong with the bytes, comes back as an error.
template <class Root, class Read>
auto read_message(std::span<const word> payload, Read read) -> result<std::invoke_result_t<Read, typename Root::Reader, allowance&>> {
  if (payload.empty()) return error{error_kind::structure, "an empty payload"};
  try {
    capnp::ReaderOptions limits;
    limits.traversalLimitInWords = 8 * payload.size() + 64;
    limits.nestingLimit = 32;
    const kj::ArrayPtr<const capnp::word> words{reinterpret_cast<const capnp::word*>(payload.data()), payload.size()};
    capnp::FlatArrayMessageReader message{words, limits};
    if (message.getEnd() != words.end()) reject(error_kind::structure, "the message ends before its frame does");
    allowance memory{payload.size()};
    return read(message.getRoot<Root>(), memory);
  } catch (const rejection& r) {
    return r.why;
  } catch (const kj::Exception& e) {
    return error{error_kind::structure, e.getDescription().cStr()};
  }
}

[[nodiscard]] inline std::string_view view_of(capnp::Data::Reader from) { return {reinterpret_cast<const char*>(from.begin()), from.size()}; }

[[nodiscard]] inline blob read_blob(capnp::Data::Reader from, allowance& memory) {
  constexpr std::size_t block_bytes = 8;  // What a blob that is not empty takes besides its bytes, but for what they are rounded up by.
  memory.take(block_bytes + from.size(), 1);
  return blob{view_of(from)};
}

/// A value that is to be stored under this key.
[[nodiscard]] inline blob read_value(capnp::Data::Reader value, capnp::Data::Reader key, allowance& memory) {
  constexpr std::size_t block_bytes = 12;
  memory.take(block_bytes + value.size() + key.size(), 1);
  return blob::keyed(view_of(value), view_of(key));
}

[[nodiscard]] inline std::string read_text(capnp::Text::Reader from, allowance& memory) {
  memory.take(from.size(), 1);
  return {from.cStr(), from.size()};
}

/// One plain element for each of a list of structs, in order.
template <class ListReader, class Read>
[[nodiscard]] auto read_list(ListReader from, allowance& memory, Read read_one) {
  using element = std::remove_cvref_t<decltype(read_one(from[0]))>;
  memory.take(from.size(), sizeof(element));
  std::vector<element> list;
  list.reserve(from.size());
  for (auto one : from) list.push_back(read_one(one));
  return list;
}

}  // namespace troupe::codec
