#include <troupe/node/transport/dial_session.hpp>

#include <algorithm>
#include <string>

#include <spdlog/spdlog.h>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/address.hpp>

#include <troupe/node/transport/assertion.hpp>
#include <troupe/node/transport/link_frames.hpp>

namespace troupe {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

refusal_cause cause_of(const welcome& answer, const hello& self) {
  if (answer.version != self.version) return refusal_cause::another_version;
  return answer.refused == another_cluster_text ? refusal_cause::another_cluster : refusal_cause::other;
}

}  // namespace

struct dial_session::attempt {
  explicit attempt(asio::io_context& io) : resolver(io), socket(io) {}
  tcp::resolver resolver;
  tcp::socket socket;
};

dial_session::dial_session(shard& home, link_target target, hello self, dial_settings settings, dialled_link_callbacks callbacks)
    : home_(home),
      target_(std::move(target)),
      self_(std::move(self)),
      settings_(settings),
      callbacks_(std::move(callbacks)),
      waiting_(settings.limits.payload_bytes_max, home.log()),
      pause_(settings.backoff_min) {
  expect(home_.accessible(), "a link is made on its shard's thread");
}

void dial_session::begin_attempt() {
  state_ = state::connecting;
  attempt_ = std::make_shared<attempt>(home_.io());
  deadline_ = home_.after(settings_.attempt_timeout, [self = weak_from_this()] {
    if (auto s = self.lock()) s->attempt_over({end_reason::timed_out, "no connection and welcome in time"});
  });
  error_code not_literal;
  const auto literal = asio::ip::make_address(target_.address.host, not_literal);
  if (not_literal)
    resolve(attempt_);
  else
    connect(attempt_, {tcp::endpoint{literal, target_.address.port}});
}

void dial_session::resolve(const std::shared_ptr<attempt>& a) {
  a->resolver.async_resolve(target_.address.host, std::to_string(target_.address.port),
                            [self = shared_from_this(), a](const error_code& failed, const tcp::resolver::results_type& found) {
                              if (self->attempt_ != a) return;
                              if (failed) return self->attempt_over({end_reason::unreachable, failed.message()});
                              std::vector<tcp::endpoint> endpoints;
                              for (const auto& entry : found) endpoints.push_back(entry.endpoint());
                              self->connect(a, endpoints);
                            });
}

void dial_session::connect(const std::shared_ptr<attempt>& a, const std::vector<tcp::endpoint>& endpoints) {
  asio::async_connect(a->socket, endpoints, [self = shared_from_this(), a](const error_code& failed, const tcp::endpoint&) {
    if (self->attempt_ != a) return;
    if (failed) return self->attempt_over({end_reason::unreachable, failed.message()});
    self->greet(*a);
  });
}

void dial_session::greet(attempt& a) {
  state_ = state::greeting;
  stream_ = std::make_shared<frame_stream>(home_, std::move(a.socket), settings_.limits);
  stream_->receive_at_most(codec::handshake_bytes_max);
  stream_->start(*this);
  stream_->send_encoded(codec::encode(self_));
}

std::optional<codec::error> dial_session::on_frame(codec::conversation what, std::span<const codec::word> payload) {
  const auto keep_alive = shared_from_this();
  if (state_ == state::greeting) return on_welcome(what, payload);
  auto frame = read_frame(self_.role, what, payload);
  if (!frame) return frame.error();
  if (callbacks_.frame) callbacks_.frame(std::move(*frame));
  return {};
}

std::optional<codec::error> dial_session::on_welcome(codec::conversation what, std::span<const codec::word> payload) {
  if (what != codec::conversation::link) return codec::error{codec::error_kind::value, "something else came before the welcome"};
  auto answer = codec::decode_welcome(payload);
  if (!answer) return answer.error();
  if (!answer->refused.empty())
    attempt_over({end_reason::refused, answer->refused, cause_of(*answer, self_)});
  else if (answer->version != self_.version)
    attempt_over({end_reason::refused, "the peer speaks protocol version " + std::to_string(answer->version), cause_of(*answer, self_)});
  else if (target_.expected && answer->who != *target_.expected)
    attempt_over({end_reason::wrong_peer, to_string(answer->who) + " answers instead of " + to_string(*target_.expected)});
  else
    now_up(answer->who);
  return {};
}

void dial_session::now_up(const incarnation& peer) {
  state_ = state::up;
  failure_logged_ = false;
  up_since_ = shard::now();
  deadline_.cancel();
  stream_->receive_at_most(settings_.limits.payload_bytes_max);
  stream_->send_all(std::exchange(waiting_, outbox{settings_.limits.payload_bytes_max, home_.log()}));
  home_.log().info("link_up shard={} role={} peer={} address={}", home_.name(), to_string(self_.role), to_string(peer),
                   to_string(target_.address));
  if (callbacks_.up) callbacks_.up(peer, target_.address);
}

void dial_session::ask_for_turn_end() {
  if (std::exchange(wants_turn_end_, true)) return;
  home_.at_turn_end(shared_from_this());
}

void dial_session::turn_ended() {
  wants_turn_end_ = false;
  if (state_ != state::connecting && state_ != state::greeting) return;
  const auto most = settings_.limits.queue_bytes_max;
  waiting_.encode(most + 1);
  if (waiting_.bytes() > most) attempt_over({end_reason::overflow, "more than " + std::to_string(most) + " bytes wait for the connection"});
}

void dial_session::attempt_over(const link_end& why) {
  const auto keep_alive = shared_from_this();
  const bool was_up = state_ == state::up;
  log_end(why, was_up);
  deadline_.cancel();
  if (attempt_) {
    attempt_->resolver.cancel();
    error_code ignored;
    attempt_->socket.close(ignored);
    attempt_.reset();
  }
  if (auto stream = std::exchange(stream_, nullptr)) stream->close();
  waiting_.clear();
  state_ = state::pausing;
  next_attempt_ = home_.after(next_pause(why), [self = weak_from_this()] {
    if (auto s = self.lock()) s->begin_attempt();
  });
  if (callbacks_.down) callbacks_.down(why);
}

duration dial_session::next_pause(const link_end& why) {
  // A peer that welcomes and then closes at once must not be dialled in a tight circle either.
  const auto since = std::exchange(up_since_, instant{});
  if (since != instant{} && shard::now() - since >= settings_.backoff_max) pause_ = settings_.backoff_min;
  if (why.reason == end_reason::refused || why.reason == end_reason::wrong_peer) pause_ = settings_.backoff_max;
  return std::exchange(pause_, std::min(2 * pause_, settings_.backoff_max));
}

void dial_session::log_end(const link_end& why, bool was_up) {
  // Transitions, not each attempt of a long row of them.
  const auto is_news = was_up || (!std::exchange(failure_logged_, true) && !settings_.is_quiet);
  const auto level = is_news ? spdlog::level::info : spdlog::level::debug;
  home_.log().log(level, "link_down shard={} role={} address={} reason={} detail=\"{}\"", home_.name(), to_string(self_.role),
                  to_string(target_.address), to_string(why.reason), why.detail);
}

void dial_session::close() {
  expect(home_.accessible(), "a link is closed on its shard's thread");
  state_ = state::closed;
  deadline_.cancel();
  next_attempt_.cancel();
  attempt_.reset();
  if (auto stream = std::exchange(stream_, nullptr)) stream->close();
}

}  // namespace troupe
