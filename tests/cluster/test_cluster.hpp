/// \file
/// A cluster of real processes for one test: started, watched, and ended with it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/cluster/connection.hpp"
#include "tests/cluster/private_network.hpp"
#include "tests/cluster/running_member.hpp"

namespace troupe::cluster {

/// The path of a configuration beside these tests.
[[nodiscard]] std::string configuration(const std::string& file_name);

class test_cluster {
 public:
  /// Founds a cluster of `size` members, one after the other, all with this configuration.
  /// \param network where they shall be, that at position i at its end i + 1; null: all here, at 127.0.0.1
  /// \param program what they are, where it is not troupe-node; here only
  explicit test_cluster(std::size_t size, const std::string& file_name = "durabilities.xml", const private_network* network = nullptr,
                        std::string program = {});

  [[nodiscard]] const std::string& name() const { return name_; }
  /// By position: in the order of the first starts.
  [[nodiscard]] running_member& operator[](std::size_t position) { return *members_[position]; }
  /// Where members listen, or did.
  [[nodiscard]] std::vector<address> addresses() const;
  /// Another member, ready; with these flags too.
  running_member& add(const std::vector<std::string>& flags = {});
  /// A new process, ready, where one has ended: at its address.
  running_member& restart(std::size_t position);

  /// A client that stays connected from the first member on.
  [[nodiscard]] connection& client() { return *client_; }
  /// The number that the view gave to this member. Throws std::runtime_error when the client's view does not have it.
  [[nodiscard]] member_no number(std::size_t position) const;
  [[nodiscard]] bool has_in_view(std::size_t position) const;
  /// Until the view has exactly so many members, no row is lost, every row has all the copies that so many can hold, and none is on the
  /// move.
  [[nodiscard]] bool wait_safe(std::size_t members) const;
  /// The view has exactly so many members, no row is lost, and every row has in sync all the copies that so many can hold. Rows may be on
  /// the move to better places: that takes none of their copies before another is there.
  [[nodiscard]] bool has_all_copies(std::size_t members) const;

 private:
  [[nodiscard]] std::unique_ptr<running_member> start(std::size_t position, const std::vector<std::string>& flags) const;

  const std::string name_ = fresh_cluster_name();
  const std::string config_;
  const private_network* const network_;
  const std::string program_;
  const std::uint16_t first_port_ = free_ports(8);
  std::vector<std::unique_ptr<running_member>> members_;
  std::unique_ptr<connection> client_;
};

/// The row of a key of this map. Requires: the view has the map.
[[nodiscard]] row_id row_of(const view& v, const std::string& map, std::string_view key);

/// `count` keys that begin with `prefix` and lie in rows that are as `wanted` says. Throws std::runtime_error when it can't find so many.
[[nodiscard]] std::vector<std::string> keys_in_rows(const view& v, const std::string& map, const std::string& prefix, std::size_t count,
                                                    const std::function<bool(const row&)>& wanted);

}  // namespace troupe::cluster
