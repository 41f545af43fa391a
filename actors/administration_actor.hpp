/// \file
/// The administration actor of a member: creates and destroys maps, changes their backup counts, takes statistics, resets lost rows, ends the
/// member. What needs the agreement of the cluster it wishes for, again and again, until a view shows it or nobody waits for it any more.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <troupe/actors/local_messages.hpp>
#include <troupe/messages/types/client_message.hpp>
#include <troupe/messages/types/stats.hpp>

namespace troupe {

namespace local {

/// From a client of this member; answered through administration_environment::answer.
struct client_command {
  protocol::origin_id from;
  client_message::command what;
};
/// From this process's router, again and again as long as it means it: no answer but the view, or administration_environment::map_refused.
struct create_map {
  std::string name;
};
/// From a map actor of this process; its answer (bool: it existed) goes to whoever asked that. After the timeout: indeterminate.
struct destroy_map {
  std::string name;
  duration timeout = seconds{30};
};

/// From a map actor of this process: other backup counts for that map. Its answer (bool: there is such a map) goes to whoever asked that, once every
/// row has as many copies as the members at hand can hold. After the timeout: indeterminate, and it goes on.
struct set_counts {
  std::string map;
  durability to;  ///< valid
  duration timeout = seconds{30};
};

}  // namespace local

/// What the administration actor needs of the place it lives in.
class administration_environment {
 public:
  virtual ~administration_environment() = default;
  virtual void wish(std::vector<membership_message::wish> list) = 0;
  virtual void force_view() = 0;
  virtual void shut_down(bool without_moving) = 0;
  /// `done` gets one census per row that this member hosts, on any thread.
  virtual void take_census(std::function<void(std::vector<local::row_census>)> done) = 0;
  virtual void answer(protocol::origin_id to, client_message::command_result what) = 0;
  virtual void map_refused(const std::string& name, failure why) = 0;
  [[nodiscard]] virtual member_no self() const = 0;
  /// Of this member, in bytes; 0: none.
  [[nodiscard]] virtual std::uint64_t memory_limit() const = 0;
};

/// Who waits for views at most, over all wishes; more are `overloaded`.
inline constexpr std::size_t waiting_for_wishes_max = 10'000;
/// How long a wish of a client or of the router stands without being asked for anew.
inline constexpr duration wish_stands_for = seconds{30};
/// The same of other backup counts: entries may have to be copied. (Whose connection ends does not wait any more.)
inline constexpr duration counts_stand_for = seconds{3600};

/// The error of a command to destroy a map that is not there.
[[nodiscard]] std::string no_such_map(const std::string& name);

/// Behaviour: the messages above, local::view_installed, local::origin_gone (nobody waits for what that client asked any more), and
/// local::tick (sent by itself). When it ends it answers whoever still waits: `closed`.
[[nodiscard]] caf::actor spawn_administration(caf::actor_system& system, std::shared_ptr<administration_environment> environment);

/// Sums the rows up, by map.
[[nodiscard]] member_stats summarize(const std::vector<local::row_census>& rows, const view& v, member_no self);

}  // namespace troupe

CAF_BEGIN_TYPE_ID_BLOCK(troupe_administration, caf::first_custom_type_id + 7200)
  TROUPE_LOCAL_MESSAGE(troupe_administration, troupe::local::client_command)
  TROUPE_LOCAL_MESSAGE(troupe_administration, troupe::local::create_map)
  TROUPE_LOCAL_MESSAGE(troupe_administration, troupe::local::destroy_map)
  TROUPE_LOCAL_MESSAGE(troupe_administration, troupe::local::set_counts)
CAF_END_TYPE_ID_BLOCK(troupe_administration)

namespace troupe::local {

inline const compat::known_types<caf::id_block::troupe_administration> administration_types{};

}  // namespace troupe::local
