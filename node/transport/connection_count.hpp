/// \file
/// How many connections of one kind there are, on all shards together.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

namespace troupe {

class connection_count {
 public:
  /// Counts as one connection until it is destroyed, on whatever thread, also after the count itself.
  class seat {
   public:
    explicit seat(std::shared_ptr<std::atomic<std::size_t>> taken) : taken_(std::move(taken)) { ++*taken_; }
    seat(seat&&) noexcept = default;
    seat& operator=(seat&&) = delete;
    ~seat() {
      if (taken_) --*taken_;
    }

   private:
    std::shared_ptr<std::atomic<std::size_t>> taken_;
  };

  [[nodiscard]] seat take() const { return seat{taken_}; }
  [[nodiscard]] std::size_t taken() const { return *taken_; }

 private:
  std::shared_ptr<std::atomic<std::size_t>> taken_ = std::make_shared<std::atomic<std::size_t>>(0);
};

}  // namespace troupe
