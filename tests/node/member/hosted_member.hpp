/// \file
/// Members inside a test's process: real threads, real sockets on loopback, any free port.
#pragma once

#include <string>

#include <caf/all.hpp>
#include <catch2/catch.hpp>

#include <troupe/node/member/member.hpp>

namespace troupe::test {

/// How long a test waits for what must happen. Only failures take this long.
inline constexpr std::chrono::seconds patience{20};

/// A configuration for tests: a port of its own, a name that no other test process has, and nothing that takes seconds.
[[nodiscard]] member_config test_config();

/// A member, and an application that asks it.
class hosted_member {
 public:
  explicit hosted_member(member_config config) : member_{system_, std::move(config)}, asker_{system_} {}

  [[nodiscard]] local_member& operator*() { return member_; }
  [[nodiscard]] local_member* operator->() { return &member_; }

  /// Asks the map of that name and waits. A failure of the operation fails the test.
  template <class Result, class... Ts>
  Result must(const std::string& map, const Ts&... xs) {
    Result result{};
    std::string problem;
    compat::request(asker_, member_.map(map), patience, xs...)
        .receive([&](const Result& r) { result = r; }, [&](const caf::error& e) { problem = describe(e); });
    if (!problem.empty()) FAIL(problem);
    return result;
  }
  /// How a set of this entry ended: nothing when it succeeded.
  [[nodiscard]] std::optional<failure> failure_of_set(const std::string& map, const std::string& key, const std::string& value);

 private:
  caf::actor_system_config config_;
  caf::actor_system system_{compat::set_option(config_, "scheduler.max-threads", 1)};
  local_member member_;
  caf::scoped_actor asker_;
};

/// `config` for one that shall join `other`.
[[nodiscard]] member_config joining(member_config config, const local_member& other);

/// Until this row's copies are on so many members, as `member` sees it. Each look comes after an answered operation. False: it did not
/// happen in time.
[[nodiscard]] bool copied_to(hosted_member& member, const std::string& map, const std::string& key, std::size_t members);

}  // namespace troupe::test
