/// \file
/// Commands under way: each takes one connection at a time, another when that breaks and the command may be asked twice, and ends exactly
/// once: with the answer of a member, or with an error when there is none.
///
/// It owns no connection: command_ways has them. Lives on one shard.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>

#include <troupe/messages/types/client_message.hpp>
#include <troupe/messages/types/operation.hpp>
#include <troupe/messages/types/strong.hpp>
#include <troupe/node/transport/shard.hpp>

namespace troupe {

/// A member to connect to, by its place in the list of them.
using seed_index = strong_number<struct seed_index_tag, std::size_t>;
/// The connection that a command takes.
using command_way = std::variant<seed_index, member_no>;

/// Which connection to take, when there is one.
struct choice_of_way {
  std::optional<command_way> way;
  bool may_come = false;  ///< without a way: later there may be one
};

/// The connections, as far as commands need them.
class command_ways {
 public:
  virtual ~command_ways() = default;
  /// To this member and no other.
  [[nodiscard]] virtual choice_of_way way_to(member_no to) const = 0;
  /// To the first one in the list of those to connect to that lives: for what only the member named shall do.
  [[nodiscard]] virtual choice_of_way way_to_first_seed() const = 0;
  [[nodiscard]] virtual choice_of_way way_to_any() const = 0;
  /// False: it can't be taken now.
  virtual bool send(const command_way& way, const client_message::command& what) = 0;
  /// What keeps this client from being connected, for people.
  [[nodiscard]] virtual std::string problem() const = 0;
};

/// How a command ended.
struct command_end {
  /// Of the member. Without one its error says why, for people.
  client_message::command_result answer;
  outcome result = outcome::ok;  ///< ok: a member answered, whatever it said; else whether one may have carried the command out
  failure why = failure::none;
  bool may_be_done = false;  ///< by a member that was asked before the one that answered
};

class open_commands {
 public:
  using done = std::function<void(command_end)>;

  open_commands(shard& home, command_ways& ways) : home_{home}, ways_{ways} {}

  /// `finished` is called exactly once, maybe at once. To `nobody` is to the first seed that lives where the command is not repeatable,
  /// else to whoever is connected. The number of `what` is given here.
  void begin(member_no to, client_message::command what, instant deadline, done finished);
  void answered(client_message::command_result what);
  /// This connection broke, or could not be made.
  void lost(const command_way& way);
  /// The ways may be other ones than before: what waits for one looks again.
  void ways_changed();
  /// Ends all, and whatever begins from now on: `closed`.
  void close();
  [[nodiscard]] std::size_t size() const { return open_.size(); }

 private:
  struct open_command {
    member_no to;
    client_message::command what;
    done finished;
    timer deadline;
    std::optional<command_way> way;  ///< nothing: it waits for one
    bool was_sent = false;           ///< by another way before
  };
  using place = std::unordered_map<request_number, open_command>::iterator;

  void send(place at);
  [[nodiscard]] choice_of_way way_for(const open_command& c) const;
  void fail(place at, failure why, std::string text);
  void end(place at, command_end how);

  shard& home_;
  command_ways& ways_;
  std::unordered_map<request_number, open_command> open_;
  request_number last_;
  bool closed_ = false;
};

/// Asked twice, it leaves what it leaves asked once.
[[nodiscard]] bool is_repeatable(const client_message::command& what);

}  // namespace troupe
