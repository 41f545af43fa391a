// members, partitions, stats, lost, wait-safe: what the cluster says of itself.
#include <algorithm>
#include <ostream>

#include <troupe/actors/protocol/membership/electorate.hpp>
#include <troupe/node/cli/command.hpp>
#include <troupe/node/cli/json_text.hpp>
#include <troupe/node/cli/printable.hpp>
#include <troupe/node/cli/rendering.hpp>
#include <troupe/node/config/command_line.hpp>

namespace troupe::cli {

namespace {

std::vector<member_no> numbers_of(const view& v) {
  std::vector<member_no> all;
  for (const auto& m : v.members) all.push_back(m.number);
  return all;
}

/// Two voters can't tell a crash of the other from a cut between them: so both go on, or only the older one does.
void warn_of_two_voters(const context& c, const view& v) {
  const auto voters = protocol::electorate_of(v);
  if (voters.lets_one_survive()) {
    say(c, "two members are safe against a crash, not against a split between them; add a third");
  } else if (voters.voters().size() == 2) {
    say(c, "of two members the older one, " + to_string(v.find(*voters.voters().begin())->address) + ", has to be there; add a third");
  }
}

std::string names_of(const view& v, const std::vector<member_no>& members) {
  std::string text;
  for (const auto m : members) {
    const auto* found = v.find(m);
    text += (text.empty() ? "" : ", ") + (found == nullptr ? std::to_string(m.value()) : to_string(found->address));
  }
  return text;
}

/// How often wait-safe looks.
constexpr duration look_every = milliseconds{200};
/// How long a member may take to say how it fares before it counts as silent. Short: it is asked again.
constexpr duration answer_within = seconds{1};

/// A view says what was agreed on, not who is there now. True: all of its members answer; else a word says who does not, and what that means.
bool do_all_answer(const context& c, const view& v) {
  const auto whom = numbers_of(v);
  const auto answers = c.client.ask(whom, client_message::command::stats{}, std::min(c.deadline(), c.client.now() + answer_within));
  const auto silent = report_on(whom, answers).unanswered;
  if (silent.empty()) return true;
  say(c, "no answer from " + names_of(v, silent) + ": what is shown was agreed on before that");
  member_set there;
  for (const auto m : whom) {
    if (std::find(silent.begin(), silent.end(), m) == silent.end()) there.insert(m);
  }
  const auto voters = protocol::electorate_of(v);
  if (!voters.lets_one_survive() && !voters.is_quorum(there)) {
    say(c, "without a majority nothing can be decided, reads and writes wait: bring them back; if they are gone for good, see 'troupe force-view --help'");
  }
  return false;
}

/// What still keeps a cluster from being safe; empty: nothing.
std::string unsafe_because(const context& c, const view& v, instant deadline) {
  const auto report = report_on(v);
  if (!report.is_safe()) return summary_of(report);
  // The view alone proves nothing: a member that crashed just now is still in it. So all of them have to answer.
  const auto whom = numbers_of(v);
  // The time to answer is theirs, even past the deadline: a question cut short would blame members that are well.
  const auto stats = report_on(whom, c.client.ask(whom, client_message::command::stats{}, c.client.now() + answer_within));
  if (!stats.unanswered.empty()) return "no answer from " + names_of(v, stats.unanswered);
  if (stats.totals.rows_not_serving > 0) return counted(stats.totals.rows_not_serving, "row is", "rows are") + " not served yet";
  if (stats.totals.async_behind > 0) return counted(stats.totals.async_behind, "async backup lags", "async backups lag") + " behind";
  const auto now = c.client.current_view(deadline);
  if (!now || now->name != v.name) return "the view is changing";
  return {};
}

int report_safety(const context& c, const view_ptr& v, const std::string& obstacle) {
  const bool safe = obstacle.empty();
  if (c.json) {
    json shown{{"safe", safe}};
    if (!safe) shown["why"] = obstacle;
    print_json(c, shown);
  }
  say(c, safe ? "safe: " + summary_of(report_on(*v)) : "not safe: " + obstacle);
  return safe ? exit_done : exit_no;
}

}  // namespace

int run(const members_request&, const context& c) {
  const auto v = view_or_word(c);
  if (!v) return exit_usage;
  if (c.json) {
    c.io.out << members_as_json(*v) << '\n';
  } else {
    print_members(c.io.out, *v, c.io.out_is_terminal);
  }
  warn_of_two_voters(c, *v);
  return do_all_answer(c, *v) ? exit_done : exit_no;
}

int run(const partitions_request&, const context& c) {
  const auto v = view_or_word(c);
  if (!v) return exit_usage;
  if (c.json) {
    c.io.out << partitions_as_json(*v) << '\n';
  } else {
    print_partitions(c.io.out, *v, c.io.out_is_terminal);
  }
  return do_all_answer(c, *v) ? exit_done : exit_no;
}

int run(const stats_request& r, const context& c) {
  const auto v = view_or_word(c);
  if (!v) return exit_usage;
  const auto whom = numbers_of(*v);
  const auto report = report_on(whom, c.client.ask(whom, client_message::command::stats{}, c.deadline()), r.map);
  const bool unknown = r.map && v->find_map(*r.map) == nullptr && report.maps.empty();
  if (unknown) say(c, "no map '" + printable(*r.map, 60) + '\'');
  if (!report.unanswered.empty()) say(c, "the sums lack what did not answer: " + names_of(*v, report.unanswered));
  if (c.json) {
    c.io.out << stats_as_json(*v, report) << '\n';
  } else {
    print_stats(c.io.out, *v, report, c.io.out_is_terminal);
  }
  return unknown || !report.unanswered.empty() ? exit_no : exit_done;
}

int run(const lost_request&, const context& c) {
  const auto v = view_or_word(c);
  if (!v) return exit_usage;
  const auto report = report_on(*v);
  if (c.json) {
    c.io.out << lost_as_json(report) << '\n';
  } else {
    print_lost(c.io.out, report, c.io.out_is_terminal);
  }
  say(c, report.lost == 0 ? "no row is lost" : counted(report.lost, "row is lost", "rows are lost") + "; see 'troupe reset-lost --help'");
  return do_all_answer(c, *v) && report.lost == 0 ? exit_done : exit_no;
}

int run(const wait_safe_request&, const context& c) {
  const auto deadline = c.deadline();
  auto v = view_or_word(c, deadline);
  if (!v) return exit_usage;
  c.io.interrupt.attend();
  while (true) {
    const auto obstacle = unsafe_because(c, *v, deadline);
    if (obstacle.empty() || c.client.now() >= deadline) return report_safety(c, v, obstacle);
    if (c.io.interrupt.came()) {
      report_safety(c, v, obstacle);
      say(c, "interrupted");
      return exit_interrupted;
    }
    pause(c.client, std::min(deadline, c.client.now() + look_every));
    if (auto newer = c.client.current_view(deadline)) v = std::move(newer);
  }
}

}  // namespace troupe::cli
