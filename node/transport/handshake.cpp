#include <troupe/node/transport/handshake.hpp>

#include <utility>

namespace troupe {
namespace {

/// Refusals quote what strangers sent; they must fit a frame before the handshake is through, with room to spare.
constexpr std::size_t refusal_chars_max = 1024;

stream_limits handshake_limits() { return {codec::handshake_bytes_max, codec::handshake_bytes_max + codec::frame_header_bytes}; }

}  // namespace

handshake::handshake(shard& home, supervisor& over, boost::asio::ip::tcp::socket socket)
    : home_(home),
      supervisor_(over),
      remote_(remote_name(socket)),
      stream_(std::make_shared<frame_stream>(home, std::move(socket), handshake_limits())) {}

void handshake::start(duration timeout) {
  deadline_ = home_.after(timeout, [self = weak_from_this()] {
    if (auto h = self.lock()) h->fail({end_reason::timed_out, "no hello in time"});
  });
  stream_->start(*this);
}

void handshake::close() {
  deadline_.cancel();
  stream_->close();
}

std::optional<codec::error> handshake::on_frame(codec::conversation what, std::span<const codec::word> payload) {
  const auto keep_alive = shared_from_this();
  if (what != codec::conversation::link) return codec::error{codec::error_kind::value, "something else came before the hello"};
  const auto greeting = codec::decode_greeting(payload);
  if (!greeting) return greeting.error();
  if (greeting->version != protocol_version) {
    refuse("this member speaks protocol version " + std::to_string(protocol_version) + ", you speak " + std::to_string(greeting->version));
    return {};
  }
  if (greeting->cluster != supervisor_.cluster()) {
    refuse(std::string{another_cluster_text});  // Whoever does not know its name does not learn it here.
    return {};
  }
  auto peer = codec::decode_hello(payload);
  if (!peer) return peer.error();
  if (auto why = supervisor_.refusal(*peer); !why.empty())
    refuse(std::move(why));
  else
    admit(*peer);
  return {};
}

void handshake::refuse(std::string why) {
  refused_ = why.substr(0, refusal_chars_max);
  stream_->send_encoded(codec::encode(welcome{protocol_version, supervisor_.self(), refused_}));
  stream_->write_now();
  stream_->end_sending();
  stream_->ignore_input();
}

void handshake::admit(const hello& peer) {
  stream_->send_encoded(codec::encode(welcome{protocol_version, supervisor_.self(), {}}));
  if (!stream_->write_now()) return fail({end_reason::closed, "the peer does not take the welcome"});
  deadline_.cancel();
  auto& home = supervisor_.home_of(peer);
  supervisor_.handshake_done(*this, peer, home, stream_->detach(home.io()));
}

void handshake::on_end(const link_end& why) {
  const auto keep_alive = shared_from_this();
  fail(why);
}

void handshake::fail(const link_end& why) {
  close();
  supervisor_.handshake_failed(*this, refused_.empty() ? why : link_end{end_reason::refused, refused_});
}

}  // namespace troupe
