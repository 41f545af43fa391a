#include <troupe/node/transport/receive_buffer.hpp>

#include <cstring>
#include <utility>

namespace troupe {

std::span<std::byte> receive_buffer::space() {
  if (memory_ == nullptr) resize(initial_bytes);
  if (empty()) {
    small_drains_ = end_ <= initial_bytes ? small_drains_ + 1 : 0;
    begin_ = end_ = 0;
    if (capacity_ > initial_bytes && small_drains_ > small_drains_before_shrinking) resize(initial_bytes);
  } else if (capacity_ - end_ < capacity_ / 2) {
    if (begin_ > 0) {  // The start of a frame moves to the front, where it is aligned again.
      std::memmove(bytes(), bytes() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (end_ == capacity_) resize(capacity_ * 2);
  }
  return {bytes() + end_, capacity_ - end_};
}

codec::result<std::optional<receive_buffer::frame>> receive_buffer::next(std::size_t payload_bytes_max) {
  if (end_ - begin_ < codec::frame_header_bytes) return std::optional<frame>{};
  const auto* at = memory_.get() + begin_ / sizeof(codec::word);
  const auto header =
      codec::parse_header(std::span<const std::byte, codec::frame_header_bytes>{bytes() + begin_, codec::frame_header_bytes}, payload_bytes_max);
  if (!header) return header.error();
  if (end_ - begin_ - codec::frame_header_bytes < header->payload_bytes()) return std::optional<frame>{};
  begin_ += codec::frame_header_bytes + header->payload_bytes();
  return std::optional<frame>{frame{header->conversation, {at + 1, header->payload_words}}};
}

void receive_buffer::resize(std::size_t wanted) {
  auto larger = std::make_unique_for_overwrite<codec::word[]>(wanted / sizeof(codec::word));
  if (!empty()) std::memcpy(larger.get(), bytes() + begin_, end_ - begin_);
  memory_ = std::move(larger);
  end_ -= begin_;
  begin_ = 0;
  capacity_ = wanted;
}

}  // namespace troupe
