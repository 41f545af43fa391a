#include <troupe/node/transport/accepted_link.hpp>

#include <string>
#include <utility>

#include <spdlog/spdlog.h>

#include <troupe/node/transport/assertion.hpp>
#include <troupe/node/transport/link_frames.hpp>

namespace troupe {

class accepted_session final : public frame_stream::owner, public std::enable_shared_from_this<accepted_session> {
 public:
  accepted_session(shard& home, frame_stream::detached connection, hello peer, stream_limits limits, std::shared_ptr<unread_bytes> unread)
      : home_(home),
        peer_(std::move(peer)),
        remote_(remote_name(connection.socket)),
        stream_(std::make_shared<frame_stream>(home, std::move(connection.socket), limits, std::move(connection.received))) {
    if (unread) stream_->serve(std::move(unread));
  }

  void start(accepted_link_callbacks callbacks) {
    callbacks_ = std::move(callbacks);
    if (home_.may_log_strangers())
      home_.log().info("link_accepted shard={} role={} peer={} remote={}", home_.name(), to_string(peer_.role), to_string(peer_.who),
                       remote_);
    stream_->start(*this);
  }
  void close() {
    expect(home_.accessible(), "a link is closed on its shard's thread");
    stream_->close();
  }
  [[nodiscard]] const hello& peer() const { return peer_; }
  [[nodiscard]] frame_stream& stream() const { return *stream_; }

 private:
  std::optional<codec::error> on_frame(codec::conversation what, std::span<const codec::word> payload) override {
    const auto keep_alive = shared_from_this();
    auto frame = read_frame(peer_.role, what, payload);
    if (!frame) return frame.error();
    if (callbacks_.frame) callbacks_.frame(std::move(*frame));
    return {};
  }
  void on_end(const link_end& why) override {
    const auto keep_alive = shared_from_this();
    log_end(why);
    if (callbacks_.closed) callbacks_.closed(why);
  }

  void log_end(const link_end& why) {
    if (!home_.may_log_strangers()) return;
    const auto level = why.reason == end_reason::closed ? spdlog::level::info : spdlog::level::warn;
    home_.log().log(level, "link_closed shard={} role={} peer={} remote={} reason={} detail=\"{}\"", home_.name(), to_string(peer_.role),
                    to_string(peer_.who), remote_, to_string(why.reason), why.detail);
  }

  shard& home_;
  const hello peer_;
  const std::string remote_;
  std::shared_ptr<frame_stream> stream_;
  accepted_link_callbacks callbacks_;
};

accepted_link::accepted_link(shard& home, frame_stream::detached connection, hello peer, stream_limits limits, connection_count::seat seat,
                             std::shared_ptr<unread_bytes> unread)
    : session_(std::make_shared<accepted_session>(home, std::move(connection), std::move(peer), limits, std::move(unread))), seat_(std::move(seat)) {}

accepted_link::~accepted_link() { session_->close(); }

void accepted_link::start(accepted_link_callbacks callbacks) { session_->start(std::move(callbacks)); }
const hello& accepted_link::peer() const { return session_->peer(); }
void accepted_link::send(any_frame message) { session_->stream().send(std::move(message)); }
void accepted_link::send(shared_frame frame) { session_->stream().send(std::move(frame)); }
void accepted_link::pause_reading() { session_->stream().pause_reading(); }
void accepted_link::resume_reading() { session_->stream().resume_reading(); }
stream_figures accepted_link::figures() const { return session_->stream().figures(); }

}  // namespace troupe
