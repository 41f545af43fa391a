/// \file
/// A member inside the test, where reads may be served by the copies that it holds itself. CAF stays behind it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <troupe/messages/types/ids.hpp>

namespace troupe::cluster {

class embedded_member {
 public:
  /// Joins, and returns when it is a member. Throws std::runtime_error when that does not happen.
  embedded_member(const std::string& cluster, const std::string& config_file, std::uint16_t port, const address& join);
  ~embedded_member();

  /// Reads through this member's own map handle. Throws std::runtime_error when that fails.
  [[nodiscard]] std::optional<std::string> get(const std::string& map, const std::string& key);

 private:
  class parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace troupe::cluster
