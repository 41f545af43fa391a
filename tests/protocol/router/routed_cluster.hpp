/// \file
/// A router before a cluster that exists as a view only: the test plays the members, the network and the clock.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <troupe/actors/protocol/router/router.hpp>
#include <troupe/messages/types/partitioning.hpp>

namespace troupe::protocol::test {

inline constexpr member_no alice{1};
inline constexpr member_no bob{2};
inline constexpr member_no carol{3};

inline constexpr durability one_backup{1, 0};
inline constexpr duration patience = seconds{30};

/// A view of Alice, Bob and Carol, with a map `plays` of one backup. All rows are Alice's until said otherwise.
class cluster_view {
 public:
  explicit cluster_view(std::uint32_t partition_count = 8);

  cluster_view& led_by(member_no who);  ///< all rows
  cluster_view& led_by(member_no who, partition_id partition);
  cluster_view& lost(partition_id partition);
  cluster_view& without(member_no who);
  cluster_view& with_map(const std::string& name);
  cluster_view& with_copy_reads(const std::string& name);
  cluster_view& emptied(partition_id partition, epoch_number since);
  /// The map moves into a group of its own, whose rows are as told; its rows are led by the same.
  cluster_view& moving(const std::string& name, row_status there);
  cluster_view& without_map(const std::string& name);
  cluster_view& with_limits(const size_limits& limits);
  /// A new cluster, begun from scratch by the same members; its views have small numbers again.
  cluster_view& founded_anew(std::uint32_t partition_count = 8);
  /// A successor of what was published before.
  [[nodiscard]] view_ptr publish();

 private:
  view view_;
};

class routed_cluster {
 public:
  explicit routed_cluster(const router_limits& limits = {}) : router_(client_id{{7}}, limits) {}

  /// The router learns of it.
  void shows(const view_ptr& v);
  call_id calls(map_call what, duration wait = patience, std::string_view map = "plays");
  call_id calls(operation_kind kind, const std::string& key = "hamlet", const std::string& value = "");
  void cancels(const std::unordered_set<call_id>& which);
  void passes(duration time);
  void breaks_connection_to(member_no who, const std::vector<router_effects::send>& never_left = {});
  void could_not_send(const router_effects::send& what);
  void refuses_map(const std::string& name, failure why);
  void closes();

  void answers(const router_effects::send& to, reply what);
  void answers_ok(const router_effects::send& to) { answers(to, reply{}); }
  void refuses(const router_effects::send& to);  ///< retry
  void copy_answers(const reply& what);
  void fails(const router_effects::send& to, outcome result, failure why);

  /// What was sent since the last time somebody asked for it.
  [[nodiscard]] std::vector<router_effects::send> sent();
  [[nodiscard]] router_effects::send only_sent();
  /// Likewise, what the copy in the router's process was asked for.
  [[nodiscard]] std::vector<operation> copy_reads();
  [[nodiscard]] std::vector<std::string> wanted_maps();
  [[nodiscard]] std::optional<map_result> result_of(call_id call) const;
  [[nodiscard]] bool is_open(call_id call) const { return !result_of(call); }
  [[nodiscard]] router& core() { return router_; }

 private:
  void take_effects();

  router router_;
  instant now_{seconds{1}};
  std::uint64_t last_call_ = 0;
  router_effects effects_;
  std::vector<router_effects::send> sent_;
  std::vector<operation> copy_reads_;
  std::vector<std::string> wanted_;
  std::map<call_id, map_result> results_;
};

/// Fails the test unless the call is over, like this.
void check_finished(const routed_cluster& c, call_id call, outcome result, failure why);

[[nodiscard]] map_call bulk(map_call::kind what);
[[nodiscard]] map_call get_all(const std::vector<std::string>& keys);
[[nodiscard]] map_call put_all(const std::vector<std::pair<std::string, std::string>>& entries);
[[nodiscard]] map_call scan(const std::string& cursor = "", std::uint32_t page_bytes = 1000);

}  // namespace troupe::protocol::test
