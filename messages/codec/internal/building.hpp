/// \file
/// Building a frame in place: Cap'n Proto writes straight behind the frame header, so that what was copied into the message is never
/// copied again. Internal to the codec: includes Cap'n Proto.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include <capnp/message.h>

#include <troupe/messages/codec/frame.hpp>
#include <troupe/messages/types/blob.hpp>

namespace troupe::codec {

/// Ends the process, in release builds too: a caller broke a requirement, and bytes that mean something else must not leave.
[[noreturn]] void end_for_broken_requirement(const char* requirement);

inline void require(bool holds, const char* requirement) {
  if (!holds) [[unlikely]]
    end_for_broken_requirement(requirement);
}

/// One frame under construction. The first segment lies in the frame itself; what does not fit there goes to further segments and costs
/// a copy in finish(). Hot messages compute their size, cold ones guess.
class frame_builder final : public capnp::MessageBuilder {
 public:
  /// `segment_words`: how many words the message is expected to take, its root pointer included. At least 1 is taken.
  frame_builder(conversation, std::size_t segment_words);

  /// The frame. The builder is spent.
  [[nodiscard]] frame_buffer finish();

  kj::ArrayPtr<capnp::word> allocateSegment(unsigned minimum_words) override;

 private:
  using memory = decltype(frame_buffer::memory_);

  [[nodiscard]] static memory zeroed(std::size_t words);
  [[nodiscard]] frame_buffer in_place(std::size_t segment_words);
  [[nodiscard]] frame_buffer gathered(kj::ArrayPtr<const kj::ArrayPtr<const capnp::word>> segments) const;

  codec::conversation conversation_;
  std::size_t first_words_;
  memory frame_;               // Header, segment table of one segment, first segment.
  std::vector<memory> spill_;  // Further segments.
  std::size_t words_so_far_ = 0;
};

/// \name Sizes in words
/// @{
[[nodiscard]] constexpr std::size_t words_for_bytes(std::size_t bytes) { return (bytes + sizeof(word) - 1) / sizeof(word); }
[[nodiscard]] inline std::size_t words_of(const blob& b) { return words_for_bytes(b.size()); }
/// Elements of a struct list, its tag included; an empty list is left null.
[[nodiscard]] constexpr std::size_t words_of_list(std::size_t count, std::size_t words_each) {
  return count == 0 ? 0 : 1 + count * words_each;
}
template <class Struct>
inline constexpr std::size_t struct_words = Struct::_capnpPrivate::dataWordSize + Struct::_capnpPrivate::pointerCount;
/// @}

[[nodiscard]] inline capnp::Data::Reader data(const blob& b) { return {reinterpret_cast<const capnp::byte*>(b.view().data()), b.size()}; }
/// Text of a string; a null byte within is kept.
[[nodiscard]] inline capnp::Text::Reader text(const std::string& s) { return {s.c_str(), s.size()}; }

[[nodiscard]] inline unsigned count(const auto& range) {
  require(range.size() < (1u << 29), "a list has fewer than 2^29 elements");
  return static_cast<unsigned>(range.size());
}

/// Writes each element of `from` into the struct of the list that has its place.
template <class ListBuilder, class Range, class Write>
void write_list(ListBuilder to, const Range& from, Write write_one) {
  unsigned at = 0;
  for (const auto& element : from) write_one(to[at++], element);
}

/// Writes strong numbers into a list of integers.
template <class ListBuilder, class Range>
void write_numbers(ListBuilder to, const Range& from) {
  unsigned at = 0;
  for (const auto& number : from) to.set(at++, number.value());
}

}  // namespace troupe::codec
