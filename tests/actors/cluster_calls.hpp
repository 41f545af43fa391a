/// \file
/// Calls of typed maps in a test's own cluster, on virtual time.
#pragma once

#include <catch2/catch.hpp>

#include <future>

#include <troupe/actors/map.hpp>
#include <troupe/node/testing/cluster.hpp>

namespace troupe::test {

/// Makes a call by a future, and lets virtual time pass until it ends.
template <class T>
result<T> ended(test::cluster& c, const call<T>& what, duration patience = seconds{60}) {
  auto later = what.future();
  const auto is_there = [&later] { return later.wait_for(seconds{0}) == std::future_status::ready; };
  c.run();
  for (duration waited{}; waited < patience && !is_there(); waited += milliseconds{10}) c.advance(milliseconds{10});
  if (!is_there()) FAIL("the call has not ended");
  return later.get();
}

/// As above, for an operation that shall succeed.
template <class T>
T must(test::cluster& c, const call<T>& what) {
  auto r = ended(c, what);
  if (!r) FAIL(r.text());
  return *std::move(r);
}

}  // namespace troupe::test
