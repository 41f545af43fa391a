/// \file
/// A function that is told how something ended, once, whatever becomes of whoever should tell it.
#pragma once

#include <functional>
#include <utility>

#include <troupe/actors/map_api.hpp>
#include <troupe/actors/result.hpp>

namespace troupe::detail {

/// Calls it at the latest when it goes.
template <class T>
class once {
 public:
  explicit once(std::function<void(result<T>)> done) : done_{std::move(done)} {}
  once(const once&) = delete;
  once& operator=(const once&) = delete;
  ~once() { end(make_map_error(outcome::indeterminate, failure::closed)); }
  void end(result<T> with) {
    if (auto done = std::exchange(done_, nullptr)) done(std::move(with));
  }

 private:
  std::function<void(result<T>)> done_;
};

}  // namespace troupe::detail
