/// \file
/// A job: something to run once, somewhere else. Like std::function<void()>, but what it captures need not be copyable (a socket, say).
#pragma once

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace troupe {

class job {
 public:
  /// Nothing to run.
  job() = default;
  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, job> && std::invocable<std::decay_t<F>&>)
  job(F&& work) : body_(std::make_unique<body_of<std::decay_t<F>>>(std::forward<F>(work))) {}

  [[nodiscard]] explicit operator bool() const { return body_ != nullptr; }
  /// Requires: there is something to run.
  void operator()() { body_->run(); }

 private:
  struct body {
    virtual ~body() = default;
    virtual void run() = 0;
  };
  template <class F>
  struct body_of final : body {
    template <class G>
    explicit body_of(G&& g) : work(std::forward<G>(g)) {}
    void run() override { work(); }
    F work;
  };

  std::unique_ptr<body> body_;
};

}  // namespace troupe
