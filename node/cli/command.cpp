#include <troupe/node/cli/command.hpp>

#include <algorithm>
#include <ostream>

#include <troupe/node/cli/json_text.hpp>
#include <troupe/node/cli/printable.hpp>
#include <troupe/node/config/command_line.hpp>

namespace troupe::cli {

namespace {

/// How long to look for a member: with a cluster there, one answers within milliseconds; one that restarts takes seconds.
constexpr duration connect_within = seconds{10};
/// A wait as long as this is noticed.
constexpr duration silent_wait = seconds{1};

using unreached_list = std::vector<unreached_address>;

bool is_hopeless(const unreached_list& all) {
  return std::all_of(all.begin(), all.end(), [](const unreached_address& a) { return a.refuses_for_good(); });
}

std::string line_of(const unreached_address& a) { return to_string(a.where) + ": " + printable(a.text); }

void say_that_it_waits(const context& c, const unreached_list& all, duration left) {
  std::string text;
  for (const auto& a : all) text += (text.empty() ? "" : "; ") + line_of(a);
  say(c, "no connection yet (" + text + "); trying for another " + std::to_string(std::chrono::round<seconds>(left).count()) + " s");
}

void say_why_unreached(const context& c, const unreached_list& all) {
  using cause = unreached_address::cause;
  const auto any = [&](cause why) { return std::any_of(all.begin(), all.end(), [&](const auto& a) { return a.why == why; }); };
  say(c, to_string(failure::no_cluster));
  for (const auto& a : all) say(c, line_of(a));
  if (any(cause::another_cluster)) say(c, "is the cluster's name '" + printable(c.cluster) + "'? --name gives another one");
  if (any(cause::another_version)) say(c, "use the 'troupe' that came with the members");
  if (any(cause::no_answer)) say(c, "is a member running there? --connect names other addresses");
}

}  // namespace

int run(const request& what, map_client& client, const console& io) {
  const context where{client, io, what.json, what.timeout, what.cluster_name};
  // Waiting for a cluster to come up is what wait-safe is for.
  const bool may_wait = std::holds_alternative<wait_safe_request>(what.what);
  if (!may_wait && !view_or_word(where, client.now() + std::min(what.timeout, connect_within))) return exit_usage;
  const auto status = std::visit([&](const auto& one) { return run(one, where); }, what.what);
  io.out.flush();
  if (io.out) return status;
  say(where, "the result could not be written to standard output");
  return std::max(status, exit_no);
}

void say(const context& c, std::string_view text) { c.io.err << "troupe: " << text << '\n'; }

std::string reason_of(const protocol::map_result& r) {
  const auto why = std::string{to_string(r.why)};
  if (r.result == outcome::indeterminate) return "may have been done or not: " + why;
  return "not done: " + why;
}

bool is_hopeless(const protocol::map_result& r) { return r.why == failure::no_cluster || r.why == failure::closed; }

int report_failure(const context& c, std::string_view what, const protocol::map_result& r) {
  say(c, std::string{what} + ": " + reason_of(r));
  if (c.json) print_json(c, {{"outcome", to_string(r.result)}, {"why", to_string(r.why)}});
  return is_hopeless(r) ? exit_usage : exit_no;
}

int report_answer(const context& c, std::string_view what, const client_message::command_result& answer) {
  const bool done = answer.error.empty();
  if (!done) say(c, std::string{what} + ": " + printable(answer.error));
  if (c.json) print_json(c, done ? json{{"outcome", "ok"}} : json{{"outcome", "not applied"}, {"why", answer.error}});
  return done ? exit_done : exit_no;
}

view_ptr view_or_word(const context& c, instant deadline) {
  auto v = c.client.current_view(std::min(deadline, c.client.now() + silent_wait));
  const auto left = deadline - c.client.now();
  if (!v && left > duration{} && !is_hopeless(c.client.unreached())) {
    if (left >= silent_wait) say_that_it_waits(c, c.client.unreached(), left);
    v = c.client.current_view(deadline);
  }
  if (!v) say_why_unreached(c, c.client.unreached());
  return v;
}

}  // namespace troupe::cli
