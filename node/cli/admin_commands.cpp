// set-backups, reset-lost, force-view, shutdown: an operator's orders.
#include <ostream>

#include <troupe/node/cli/cluster_report.hpp>
#include <troupe/node/cli/command.hpp>
#include <troupe/node/cli/json_text.hpp>
#include <troupe/node/cli/printable.hpp>
#include <troupe/node/config/command_line.hpp>

namespace troupe::cli {

namespace {

/// `accepted` says what happens now: an order is accepted before it is carried out.
int order(const context& c, std::string_view name, const admin_command& what, const std::string& accepted) {
  const auto status = report_answer(c, name, c.client.ask({nobody}, what, c.deadline()).front());
  if (status == exit_done) say(c, accepted);
  return status;
}

int shut_all_down(const context& c) {
  const auto v = view_or_word(c);
  if (!v) return exit_usage;
  std::vector<member_no> whom;
  for (const auto& m : v->members) whom.push_back(m.number);
  const auto answers = c.client.ask(whom, client_message::command::shutdown{true}, c.deadline());
  std::uint64_t asked = 0;
  for (std::size_t i = 0; i < whom.size(); ++i) {
    if (answers[i].error.empty()) {
      ++asked;
    } else {
      say(c, "shutdown of " + to_string(v->members[i].address) + ": " + printable(answers[i].error));
    }
  }
  if (c.json) print_json(c, {{"members", whom.size()}, {"shut_down", asked}});
  say(c, std::to_string(asked) + " of " + counted(whom.size(), "member", "members") + " shut down");
  return asked == whom.size() ? exit_done : exit_no;
}

}  // namespace

int run(const set_backups_request& r, const context& c) {
  const auto status = report_answer(c, "set-backups", c.client.ask({nobody}, client_message::command::set_counts{r.map, r.to}, c.deadline()).front());
  if (status == exit_done) {
    say(c, counted(r.to.backups, "backup", "backups") + " and " + counted(r.to.async_backups, "async backup", "async backups") +
               " of every entry, as far as there are members for them");
  }
  return status;
}

int run(const reset_lost_request&, const context& c) {
  const auto v = view_or_word(c);
  if (!v) return exit_usage;
  const auto* outcome = report_on(*v).lost > 0 ? "lost rows go on, empty; 'troupe lost' shows what is left" : "no row was lost: there was nothing to reset";
  return order(c, "reset-lost", client_message::command::reset_lost{}, outcome);
}

int run(const force_view_request&, const context& c) {
  return order(c, "force-view", client_message::command::force_view{},
               "it goes on without the members that it can't hear; 'troupe members' and 'troupe lost' show what is left");
}

int run(const shutdown_request& r, const context& c) {
  return r.all ? shut_all_down(c) : order(c, "shutdown", client_message::command::shutdown{false}, "it hands its rows over, then ends; 'troupe members' shows when");
}

}  // namespace troupe::cli
