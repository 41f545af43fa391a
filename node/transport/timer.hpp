/// \file
/// A timer of a shard: one job at one instant, unless it is cancelled first.
#pragma once

#include <memory>
#include <utility>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>

#include <troupe/node/transport/boot_clock.hpp>
#include <troupe/node/transport/job.hpp>

namespace troupe {

/// Its destruction cancels it: once that returned the job does not run. Used on its shard's thread only (or after that has ended).
/// Time is CLOCK_BOOTTIME; after a suspension of the machine a timer fires late by at most what it had left when the suspension began.
class timer {
 public:
  /// Not armed.
  timer() = default;
  timer(boost::asio::io_context& io, instant when, job work) : wait_(std::make_shared<wait>(io, std::move(work))) {
    wait_->clock.expires_at(when);
    wait_->clock.async_wait([w = wait_](const boost::system::error_code&) {
      // A cancellation that comes after the expiry can't recall this handler, but takes its job away.
      if (auto due = std::exchange(w->work, {})) due();
    });
  }
  timer(timer&& other) noexcept = default;
  timer& operator=(timer&& other) noexcept {
    if (this != &other) {
      cancel();
      wait_ = std::move(other.wait_);
    }
    return *this;
  }
  ~timer() { cancel(); }

  [[nodiscard]] bool armed() const { return wait_ && wait_->work; }
  void cancel() {
    if (!wait_) return;
    wait_->work = {};
    wait_->clock.cancel();
    wait_.reset();
  }

 private:
  struct wait {
    wait(boost::asio::io_context& io, job t) : clock(io), work(std::move(t)) {}
    boost::asio::basic_waitable_timer<boot_clock> clock;
    job work;
  };

  std::shared_ptr<wait> wait_;
};

}  // namespace troupe
