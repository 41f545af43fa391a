#include <troupe/node/transport/frame_stream.hpp>

#include <algorithm>
#include <utility>

#include <boost/asio/buffer.hpp>

#include <troupe/node/transport/assertion.hpp>

namespace troupe {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

/// How much is encoded ahead of a socket that takes everything.
constexpr std::size_t encode_ahead_bytes = 1024 * 1024;

/// So many frames of the largest size may wait for a peer before it counts as one that does not read.
constexpr std::size_t queued_frames_min = 4;

}  // namespace

stream_limits stream_limits::of(const size_limits& sizes) {
  stream_limits limits;
  const auto default_frame = limits.payload_bytes_max;
  limits.payload_bytes_max = sizes.frame_bytes_max;
  limits.queue_bytes_max = std::max(limits.queue_bytes_max, queued_frames_min * limits.payload_bytes_max);
  limits.frame_arrival_max *= std::max<std::size_t>(1, limits.payload_bytes_max / default_frame);
  return limits;
}

frame_stream::frame_stream(shard& home, asio::ip::tcp::socket socket, stream_limits limits, receive_buffer received)
    : home_(home),
      socket_(std::move(socket)),
      limits_(limits),
      receive_bytes_max_(limits.payload_bytes_max),
      received_(std::move(received)),
      outbox_(limits.payload_bytes_max, home.log()) {
  error_code ignored;  // A socket that has just broken tells so at the first read.
  socket_.non_blocking(true, ignored);
  socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
}

void frame_stream::start(owner& who) {
  expect(home_.accessible(), "a stream is used on its shard's thread");
  owner_ = &who;
  wants_read_ = true;
  ask_for_turn_end();
}

void frame_stream::send_encoded(codec::frame_buffer frame) {
  if (!is_open() || sending_ended_) return;
  outbox_.add_encoded(std::move(frame));
  ask_for_turn_end();
}

void frame_stream::send_all(outbox waiting) {
  if (!is_open() || sending_ended_) return;
  outbox_.append(std::move(waiting));
  ask_for_turn_end();
}

void frame_stream::ask_for_turn_end() {
  if (std::exchange(wants_turn_end_, true)) return;
  home_.at_turn_end(shared_from_this());
}

void frame_stream::turn_ended() {
  wants_turn_end_ = false;
  if (is_open()) flush();
  // What came with a handed-over socket, or before a pause, is handled before more is read.
  if (is_open() && wants_read_) take_frames();
  if (is_open() && may_read() && std::exchange(wants_read_, false)) read();
}

bool frame_stream::may_read() const { return !paused_ && (!unread_ || unread_here_ <= encode_ahead_bytes); }

void frame_stream::count_unread(std::size_t bytes) {
  if (unread_) unread_->change(std::exchange(unread_here_, bytes), bytes);
}

void frame_stream::resume_reading() {
  if (std::exchange(paused_, false) && is_open()) ask_for_turn_end();
}

void frame_stream::read() {
  const auto room = received_.space();
  socket_.async_read_some(asio::buffer(room.data(), room.size()), [self = shared_from_this()](const error_code& failed, std::size_t count) {
    if (!self->is_open()) return;
    if (failed) return self->end({end_reason::closed, failed.message()});
    ++self->figures_.reads;
    self->received_.received(count);
    self->take_frames();
    if (!self->is_open()) return;
    self->wants_read_ = true;
    self->ask_for_turn_end();
  });
}

void frame_stream::take_frames() {
  while (is_open() && may_read()) {
    if (ignores_input_) {
      received_.discard();
      return;
    }
    auto next = received_.next(receive_bytes_max_);
    if (!next) return end({end_reason::malformed, next.error().text});
    if (!next->has_value()) return watch_arrival();
    ++figures_.frames_received;
    const auto& frame = **next;
    if (auto wrong = owner_->on_frame(frame.conversation, frame.payload)) return end({end_reason::malformed, std::move(wrong->text)});
  }
}

/// One check serves many frames: it finds out itself which one it has to wait for.
void frame_stream::watch_arrival() {
  if (received_.empty()) return;
  if (const auto number = figures_.frames_received + 1; arriving_ != number) {
    arriving_ = number;
    arriving_since_ = shard::now();
  }
  if (arrival_check_.armed()) return;
  arrival_check_ = home_.at(arriving_since_ + limits_.frame_arrival_max, [self = weak_from_this()] {
    if (auto s = self.lock()) s->check_arrival();
  });
}

void frame_stream::check_arrival() {
  if (!is_open() || received_.empty() || arriving_ != figures_.frames_received + 1) return;  // The next frame that begins is watched anew.
  error_code failed;
  // Who did not read for that long, because it was busy or asleep, has no business to judge.
  const bool our_fault = !may_read() || wants_read_ || socket_.available(failed) > 0;
  if (our_fault) arriving_since_ = shard::now();
  if (shard::now() < arriving_since_ + limits_.frame_arrival_max) return watch_arrival();
  end({end_reason::timed_out, "a frame began to arrive, and never ended"});
}

void frame_stream::flush() {
  if (waits_until_writable_) {
    outbox_.encode(limits_.queue_bytes_max + 1);
  } else {
    switch (write_frames()) {
      case write_outcome::all_written:
      case write_outcome::failed: return count_unread(0);
      case write_outcome::blocked: wait_until_writable();
    }
  }
  count_unread(outbox_.bytes());
  if (outbox_.bytes() > limits_.queue_bytes_max)
    end({end_reason::overflow, "more than " + std::to_string(limits_.queue_bytes_max) + " bytes wait for a peer that does not read"});
  else if (unread_ && unread_->are_too_many() && unread_here_ > encode_ahead_bytes)
    end({end_reason::overflow, "more than " + std::to_string(unread_->bytes_max()) + " bytes wait for clients that do not read"});
}

frame_stream::write_outcome frame_stream::write_frames() {
  for (;;) {
    outbox_.encode(encode_ahead_bytes);
    if (outbox_.bytes() == 0) return write_outcome::all_written;
    error_code failed;
    const auto count = socket_.write_some(outbox_.next_pieces(), failed);
    if (failed == asio::error::would_block) {
      outbox_.encode(limits_.queue_bytes_max + 1);
      return write_outcome::blocked;
    }
    if (failed) {  // The reading side will see why, perhaps behind a last word of the peer.
      sending_ended_ = true;
      outbox_.clear();
      return write_outcome::failed;
    }
    ++figures_.writes;
    outbox_.written(count);
  }
}

void frame_stream::wait_until_writable() {
  waits_until_writable_ = true;
  socket_.async_wait(asio::ip::tcp::socket::wait_write, [self = shared_from_this()](const error_code& failed) {
    self->waits_until_writable_ = false;
    if (self->is_open() && !failed) self->ask_for_turn_end();
  });
}

bool frame_stream::write_now() { return is_open() && write_frames() == write_outcome::all_written; }

stream_figures frame_stream::figures() const {
  auto all = figures_;
  all.frames_sent = outbox_.frames_total();
  return all;
}

void frame_stream::end_sending() {
  sending_ended_ = true;
  error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

void frame_stream::close() {
  if (!is_open()) return;
  if (!waits_until_writable_) write_frames();
  shut();
}

frame_stream::detached frame_stream::detach(asio::io_context& to) {
  expect(is_open() && outbox_.bytes() == 0, "a stream is given away with nothing left to write");
  owner_ = nullptr;
  arrival_check_.cancel();
  detached away{asio::ip::tcp::socket{to}, std::move(received_)};
  error_code failed;  // A socket that has broken meanwhile arrives closed.
  const auto protocol = socket_.local_endpoint(failed).protocol();
  const auto native = socket_.release(failed);
  if (!failed) away.socket.assign(protocol, native, failed);
  return away;
}

void frame_stream::end(link_end why) {
  auto* who = owner_;
  shut();
  if (who != nullptr) who->on_end(why);
}

void frame_stream::shut() {
  owner_ = nullptr;
  arrival_check_.cancel();
  outbox_.clear();
  count_unread(0);
  error_code ignored;
  socket_.close(ignored);
}

std::string remote_name(const asio::ip::tcp::socket& socket) {
  error_code failed;
  const auto remote = socket.remote_endpoint(failed);
  return failed ? "?" : to_string(address{remote.address().to_string(), remote.port()});
}

}  // namespace troupe
