/// \file
/// A cluster in a test's memory, on a time of its own: what commands are run against. It also checks what they may not do.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <troupe/messages/types/client_message.hpp>
#include <troupe/node/cli/commands.hpp>

namespace troupe::testing {

/// Ctrl-C at a moment that a test chooses.
struct fake_interruption : cli::interruption {
  bool attended = false;
  bool pressed = false;
  void attend() override { attended = true; }
  [[nodiscard]] bool came() const override { return attended && pressed; }
};

class fake_cluster : public cli::map_client {
 public:
  // What the test arranges.
  std::map<std::string, std::map<std::string, std::string>> maps;
  std::set<std::string> locked;  ///< keys, of whatever map
  duration latency = milliseconds{1};
  std::map<std::string, protocol::map_result> results_by_key;  ///< instead of doing anything
  std::optional<protocol::map_result> result_of_all;           ///< likewise, for every call
  std::size_t entries_a_page = 2;
  view_ptr current = std::make_shared<view>();
  std::optional<instant> current_from;  ///< until then there is no view
  std::vector<cli::unreached_address> addresses{{{"10.0.0.1", 5701}, cli::unreached_address::cause::no_answer, "Connection refused"}};
  std::map<member_no, client_message::command_result> answers;  ///< of those not listed: `silent`
  std::function<void(instant)> at_each_wait;                    ///< things that happen meanwhile
  fake_interruption interrupt;

  // What the test looks at.
  std::size_t most_under_way = 0;
  std::size_t most_bytes_under_way = 0;
  std::size_t calls = 0;
  std::vector<instant> starts;
  std::vector<duration> timeouts;
  std::vector<std::pair<std::vector<member_no>, cli::admin_command>> asked;
  instant time{seconds{1000}};

  [[nodiscard]] instant now() const override { return time; }
  [[nodiscard]] view_ptr current_view(instant deadline) override;
  [[nodiscard]] std::vector<cli::unreached_address> unreached() const override { return addresses; }
  void start(protocol::call_id id, const std::string& map, protocol::map_call what, instant deadline) override;
  [[nodiscard]] std::vector<cli::finished_call> wait(instant until) override;
  [[nodiscard]] std::vector<client_message::command_result> ask(const std::vector<member_no>& whom, const cli::admin_command& what,
                                                                instant deadline) override;

 private:
  struct started {
    protocol::call_id id;
    std::string map;
    protocol::map_call what;
    instant ends_at;
  };

  [[nodiscard]] protocol::map_result carry_out(const started& s);
  [[nodiscard]] protocol::map_result single(std::map<std::string, std::string>& entries, const protocol::map_call& what);
  [[nodiscard]] protocol::map_result scan(const std::map<std::string, std::string>& entries, const protocol::map_call& what) const;

  std::vector<started> under_way_;
  std::size_t bytes_under_way_ = 0;
  std::set<std::string> keys_under_way_;
};

/// What a command printed, and its status.
struct outcome_of_run {
  int status = -1;
  std::string out;
  std::string err;
};

/// Runs a command line against the cluster; what is not a request fails the test.
outcome_of_run run_command(fake_cluster& cluster, std::vector<const char*> arguments, const std::string& standard_input = {},
                           bool terminal = false);

protocol::map_result failed(outcome result, failure why);

/// Members 1 to `count` at 10.0.0.1:5701, 10.0.0.2:5701 and so on.
view view_of(unsigned count);
/// A row with these roles, served.
row row_of(member_no primary, member_set in_sync, member_set async_backups = {}, member_set learners = {});

}  // namespace troupe::testing
