#include <troupe/node/transport/outbox.hpp>

#include <utility>
#include <variant>

#include <troupe/messages/codec/codec.hpp>
#include <troupe/node/transport/assertion.hpp>

namespace troupe {
namespace {

/// What Asio passes to one sendmsg().
constexpr std::size_t pieces_per_write_max = 64;

codec::frame_buffer encode_any(const any_frame& message) {
  return std::visit([](const auto& m) { return codec::encode(m); }, message);
}

}  // namespace

void outbox::add_encoded(codec::frame_buffer frame) { push({std::move(frame), nullptr}); }

void outbox::push(outgoing frame) {
  const auto size = frame.bytes().size();
  if (size > frame_bytes_max_ + codec::frame_header_bytes) {
    log_->error("frame_dropped bytes={} limit={}", size, frame_bytes_max_);
    return;
  }
  bytes_ += size;
  ++frames_total_;
  frames_.push_back(std::move(frame));
}

void outbox::encode(std::size_t bytes_max) {
  while (has_messages() && bytes_ < bytes_max) {
    auto& next = messages_[encoded_messages_++];
    if (auto* shared = std::get_if<shared_frame>(&next))
      push({{}, std::move(*shared)});
    else
      push({encode_any(std::get<any_frame>(next)), nullptr});
  }
  if (has_messages()) return;
  messages_.clear();
  encoded_messages_ = 0;
}

std::span<const boost::asio::const_buffer> outbox::next_pieces() {
  pieces_.clear();
  std::size_t skip = front_written_;
  for (auto frame = frames_.begin(); frame != frames_.end() && pieces_.size() < pieces_per_write_max; ++frame) {
    const auto rest = frame->bytes().subspan(std::exchange(skip, 0));
    pieces_.emplace_back(rest.data(), rest.size());
  }
  return pieces_;
}

void outbox::written(std::size_t count) {
  bytes_ -= count;
  front_written_ += count;
  while (!frames_.empty() && front_written_ >= frames_.front().bytes().size()) {
    front_written_ -= frames_.front().bytes().size();
    frames_.pop_front();
  }
}

void outbox::append(outbox other) {
  expect(!has_messages() && other.front_written_ == 0, "outboxes are joined before anything of the second was written");
  for (auto& frame : other.frames_) frames_.push_back(std::move(frame));
  bytes_ += other.bytes_;
  frames_total_ += other.frames_total_;
  messages_ = std::move(other.messages_);
  encoded_messages_ = other.encoded_messages_;
}

void outbox::clear() {
  messages_.clear();
  encoded_messages_ = 0;
  frames_.clear();
  front_written_ = 0;
  bytes_ = 0;
}

}  // namespace troupe
