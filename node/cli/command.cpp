#include <troupe/node/cli/command.hpp>

#include <algorithm>
#include <ostream>

#include <troupe/node/cli/json_text.hpp>
#include <troupe/node/cli/printable.hpp>
#include <troupe/node/config/command_line.hpp>

namespace troupe::cli {

namespace {

/// How long to look for a member: with a cluster there, one answers within milliseconds.
constexpr duration connect_within = seconds{10};

bool is_connected(const request& what, map_client& client) {
  return client.current_view(client.now() + std::min(what.timeout, connect_within)) != nullptr;
}

}  // namespace

int run(const request& what, map_client& client, const console& io) {
  const context where{client, io, what.json, what.timeout};
  // Waiting for a cluster to come up is what wait-safe is for.
  const bool may_wait = std::holds_alternative<wait_safe_request>(what.what);
  if (!may_wait && !is_connected(what, client)) {
    say(where, to_string(failure::no_cluster));
    return exit_usage;
  }
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

view_ptr view_or_word(const context& c) {
  auto v = c.client.current_view(c.deadline());
  if (!v) say(c, to_string(failure::no_cluster));
  return v;
}

}  // namespace troupe::cli
