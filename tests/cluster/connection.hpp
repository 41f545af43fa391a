/// \file
/// A client of the cluster under test, inside the test, for tests to read as prose. CAF stays behind it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <troupe/actors/protocol/router/router.hpp>
#include <troupe/messages/types/view.hpp>
#include <troupe/node/cli/stats_report.hpp>

#include "tests/cluster/patience.hpp"

namespace troupe::cluster {

using protocol::map_call;
using protocol::map_result;

/// One operation on one key.
[[nodiscard]] map_call single(operation_kind kind, std::string_view key, std::string_view value = {});

class connection {
 public:
  /// Returns when a member has told its view. Throws std::runtime_error when none does.
  connection(const std::string& cluster, std::vector<address> members);
  ~connection();

  /// The newest view that this client knows.
  [[nodiscard]] view_ptr view() const;
  /// `done` is called once, on a thread of CAF's.
  void submit(const std::string& map, map_call what, std::function<void(map_result&&)> done);
  [[nodiscard]] map_result call(const std::string& map, map_call what);

  /// \name Calls that must succeed
  /// Throw std::runtime_error when they don't.
  /// @{
  void set(const std::string& map, std::string_view key, std::string_view value);
  [[nodiscard]] std::optional<std::string> get(const std::string& map, std::string_view key);
  [[nodiscard]] std::uint64_t size(const std::string& map);
  /// What all members of the view together have of this map.
  [[nodiscard]] cli::stats_sums totals(const std::string& map);
  /// @}

 private:
  class parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace troupe::cluster
