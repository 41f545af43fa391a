#include <troupe/messages/codec/internal/building.hpp>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

namespace troupe::codec {

// Header and segment table are written as native integers, and so is everything by Cap'n Proto on such a machine.
static_assert(std::endian::native == std::endian::little);
static_assert(sizeof(capnp::word) == sizeof(word) && alignof(capnp::word) <= alignof(word));

namespace {

constexpr std::size_t header_words = 1;
constexpr std::size_t one_segment_table_words = 1;
constexpr std::size_t prefix_words = header_words + one_segment_table_words;

constexpr word header_of(conversation c, std::size_t payload_words) {
  return static_cast<word>(payload_words) | static_cast<word>(c) << 32;
}

}  // namespace

void end_for_broken_requirement(const char* requirement) {
  std::fprintf(stderr, "troupe: broken requirement in the codec: %s\n", requirement);
  std::abort();
}

frame_builder::frame_builder(codec::conversation c, std::size_t segment_words)
    : conversation_(c), first_words_(std::max<std::size_t>(segment_words, 1)), frame_(zeroed(prefix_words + first_words_)) {}

frame_builder::memory frame_builder::zeroed(std::size_t words) {
  // calloc, because it knows which memory is zero already: a large frame is not written twice.
  auto* memory_of_words = static_cast<word*>(std::calloc(words, sizeof(word)));
  if (memory_of_words == nullptr) throw std::bad_alloc{};
  return memory{memory_of_words};
}

kj::ArrayPtr<capnp::word> frame_builder::allocateSegment(unsigned minimum_words) {
  if (words_so_far_ == 0 && minimum_words <= first_words_) {
    words_so_far_ = first_words_;
    return {reinterpret_cast<capnp::word*>(frame_.get() + prefix_words), first_words_};
  }
  const auto words = std::max<std::size_t>(minimum_words, words_so_far_);  // Doubles the message: few segments, whatever its size.
  words_so_far_ += words;
  spill_.push_back(zeroed(words));
  return {reinterpret_cast<capnp::word*>(spill_.back().get()), words};
}

frame_buffer frame_builder::finish() {
  const auto segments = getSegmentsForOutput();
  return spill_.empty() ? in_place(segments[0].size()) : gathered(segments);
}

frame_buffer frame_builder::in_place(std::size_t segment_words) {
  require(segment_words < std::numeric_limits<std::uint32_t>::max(), "a frame has less than 2^32 words");
  frame_[0] = header_of(conversation_, one_segment_table_words + segment_words);
  frame_[1] = static_cast<word>(segment_words) << 32;  // One segment (encoded as 0), and its size.
  frame_buffer done;
  done.memory_ = std::move(frame_);
  done.words_ = prefix_words + segment_words;
  return done;
}

frame_buffer frame_builder::gathered(kj::ArrayPtr<const kj::ArrayPtr<const capnp::word>> segments) const {
  const auto table_words = segments.size() / 2 + 1;
  auto payload_words = table_words;
  for (const auto& segment : segments) payload_words += segment.size();
  require(payload_words <= std::numeric_limits<std::uint32_t>::max(), "a frame has less than 2^32 words");

  frame_buffer done;
  done.memory_ = zeroed(header_words + payload_words);
  done.words_ = header_words + payload_words;
  done.memory_[0] = header_of(conversation_, payload_words);

  // The table: the number of segments less one, then their sizes, 32 bits each.
  auto* const table = reinterpret_cast<unsigned char*>(done.memory_.get() + header_words);
  const auto put = [&](std::size_t at, std::size_t value) {
    const auto entry = static_cast<std::uint32_t>(value);
    std::memcpy(table + at * sizeof(entry), &entry, sizeof(entry));
  };
  put(0, segments.size() - 1);
  auto* to = done.memory_.get() + header_words + table_words;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    put(i + 1, segments[i].size());
    std::memcpy(to, segments[i].begin(), segments[i].size() * sizeof(word));
    to += segments[i].size();
  }
  return done;
}

}  // namespace troupe::codec
