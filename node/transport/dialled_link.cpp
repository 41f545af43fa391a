#include <troupe/node/transport/dialled_link.hpp>

#include <utility>

#include <troupe/node/transport/dial_session.hpp>

namespace troupe {
namespace {

duration times(duration d, double factor) { return duration{static_cast<duration::rep>(static_cast<double>(d.count()) * factor)}; }

}  // namespace

dial_settings dial_settings::scaled(double factor) const {
  auto all = *this;
  all.attempt_timeout = times(attempt_timeout, factor);
  all.backoff_min = times(backoff_min, factor);
  all.backoff_max = times(backoff_max, factor);
  return all;
}

dialled_link::dialled_link(shard& home, link_target target, hello self, dial_settings settings, dialled_link_callbacks callbacks)
    : session_(std::make_shared<dial_session>(home, std::move(target), std::move(self), settings, std::move(callbacks))) {
  session_->begin_attempt();
}

dialled_link::~dialled_link() { session_->close(); }

bool dialled_link::send(any_frame message) { return session_->send(std::move(message)); }
bool dialled_link::send(shared_frame frame) { return session_->send(std::move(frame)); }
bool dialled_link::is_up() const { return session_->is_up(); }
stream_figures dialled_link::figures() const { return session_->figures(); }

}  // namespace troupe
