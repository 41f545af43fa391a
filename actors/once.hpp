/// \file
/// A function that is told how something ended, once, whatever becomes of whoever should tell it.
#pragma once

#include <functional>
#include <utility>

namespace troupe {

/// Calls it at the latest when it goes: with `otherwise`.
template <class T>
class once {
 public:
  once(std::function<void(T)> done, T otherwise) : done_{std::move(done)}, otherwise_{std::move(otherwise)} {}
  once(const once&) = delete;
  once& operator=(const once&) = delete;
  ~once() { end(std::move(otherwise_)); }
  void end(T with) {
    if (const auto done = std::exchange(done_, nullptr)) done(std::move(with));
  }

 private:
  std::function<void(T)> done_;
  T otherwise_;
};

}  // namespace troupe
