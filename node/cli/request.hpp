/// \file
/// What a command line of `troupe` asks for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <troupe/messages/types/ids.hpp>
#include <troupe/messages/types/lifetime.hpp>
#include <troupe/messages/types/time.hpp>

namespace troupe::cli {

struct put_request {
  std::string map, key, value;
  lifetime_choice life{};
};
struct set_ttl_request {
  std::string map, key;
  milliseconds ttl{};
};
struct get_request {
  std::string map, key;
};
struct entry_request {
  std::string map, key;
};
struct remove_request {
  std::string map, key;
};
struct contains_request {
  std::string map, key;
};
struct is_locked_request {
  std::string map, key;
};
struct force_unlock_request {
  std::string map, key;
};
struct size_request {
  std::string map;
};
struct clear_request {
  std::string map;
};
struct destroy_request {
  std::string map;
};
struct set_backups_request {
  std::string map;
  durability to;
};
struct load_request {
  std::string map;
  std::string file;            ///< `-`: standard input
  std::optional<double> rate;  ///< entries a second at most
  lifetime_choice life{};
};
struct verify_request {
  std::string map, file;
};
struct dump_request {
  std::string map;
};
struct members_request {};
struct partitions_request {};
struct stats_request {
  std::optional<std::string> map;
};
struct wait_safe_request {};
struct lost_request {};
struct reset_lost_request {};
struct force_view_request {};
struct shutdown_request {
  bool all = false;
};

using any_request = std::variant<put_request, set_ttl_request, get_request, entry_request, remove_request, contains_request,
                                 is_locked_request, force_unlock_request, size_request, clear_request, destroy_request, set_backups_request,
                                 load_request, verify_request, dump_request, members_request, partitions_request, stats_request,
                                 wait_safe_request, lost_request, reset_lost_request, force_view_request, shutdown_request>;

struct request {
  std::vector<address> connect{{"127.0.0.1", 5701}};  ///< members to try, in this order
  std::string cluster_name = "dev";
  bool json = false;
  /// How long one operation may take, or all of `wait-safe`.
  duration timeout = seconds{30};
  any_request what;
};

}  // namespace troupe::cli
