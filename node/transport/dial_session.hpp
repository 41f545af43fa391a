/// \file
/// The inside of a dialled link: the attempts to connect, one after the other, and the stream of the one that succeeded.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include <troupe/node/transport/dialled_link.hpp>

namespace troupe {

class dial_session final : public frame_stream::owner, public turn_end_work, public std::enable_shared_from_this<dial_session> {
 public:
  dial_session(shard& home, link_target target, hello self, dial_settings settings, dialled_link_callbacks callbacks);

  void begin_attempt();
  void close();
  template <class Message>
  bool send(Message&& message) {
    if (state_ == state::up) {
      stream_->send(std::forward<Message>(message));
      return true;
    }
    if (state_ != state::connecting && state_ != state::greeting) return false;
    waiting_.add(std::forward<Message>(message));
    ask_for_turn_end();
    return true;
  }
  [[nodiscard]] bool is_up() const { return state_ == state::up; }
  [[nodiscard]] stream_figures figures() const { return stream_ ? stream_->figures() : stream_figures{}; }

  void turn_ended() override;

 private:
  enum class state {
    pausing,     ///< until the next attempt
    connecting,  ///< resolving the name, then connecting
    greeting,    ///< hello is on its way, welcome is awaited
    up,
    closed,  ///< for good
  };

  /// What the handlers of one attempt share. Handlers of an attempt that is not the current one any more do nothing.
  struct attempt;

  void resolve(const std::shared_ptr<attempt>&);
  void connect(const std::shared_ptr<attempt>&, const std::vector<boost::asio::ip::tcp::endpoint>&);
  void greet(attempt&);
  std::optional<codec::error> on_frame(codec::conversation, std::span<const codec::word> payload) override;
  std::optional<codec::error> on_welcome(codec::conversation, std::span<const codec::word> payload);
  void on_end(const link_end& why) override { attempt_over(why); }
  void now_up(const incarnation& peer);
  void attempt_over(const link_end& why);
  [[nodiscard]] duration next_pause(const link_end& why);
  void ask_for_turn_end();
  void log_end(const link_end& why, bool was_up);

  shard& home_;
  const link_target target_;
  const hello self_;
  const dial_settings settings_;
  dialled_link_callbacks callbacks_;

  state state_ = state::pausing;
  std::shared_ptr<attempt> attempt_;
  std::shared_ptr<frame_stream> stream_;
  outbox waiting_;  // what was sent since the attempt began, until the link is up
  bool wants_turn_end_ = false;
  timer deadline_;
  timer next_attempt_;
  duration pause_;
  instant up_since_{};
  bool failure_logged_ = false;
};

}  // namespace troupe
