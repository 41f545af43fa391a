#include <troupe/node/client/open_commands.hpp>

#include <utility>
#include <vector>

#include <troupe/actors/administration_actor.hpp>

namespace troupe {

bool is_repeatable(const client_message::command& what) {
  return !std::holds_alternative<client_message::command::force_view>(what.what) &&
         !std::holds_alternative<client_message::command::shutdown>(what.what);
}

void open_commands::begin(member_no to, client_message::command what, instant deadline, done finished) {
  last_ = last_.next();
  what.request = last_;
  const auto at = open_.emplace(last_, open_command{to, std::move(what), std::move(finished), {}, {}, false}).first;
  if (closed_) return fail(at, failure::closed, std::string{to_string(failure::closed)});
  at->second.deadline = home_.at(deadline, [this, request = last_] {
    const auto late = open_.find(request);
    const auto& c = late->second;
    fail(late, failure::deadline, c.way || c.was_sent ? "no answer within the time" : ways_.problem());
  });
  send(at);
}

choice_of_way open_commands::way_for(const open_command& c) const {
  if (c.to != nobody) return ways_.way_to(c.to);
  return is_repeatable(c.what) ? ways_.way_to_any() : ways_.way_to_first_seed();
}

void open_commands::send(place at) {
  auto& c = at->second;
  const auto found = way_for(c);
  if (found.way && ways_.send(*found.way, c.what)) {
    c.way = found.way;
  } else if (!found.may_come) {
    fail(at, failure::no_cluster, c.to == nobody ? ways_.problem() : "no connection to member " + std::to_string(c.to.value()));
  }
}

void open_commands::answered(client_message::command_result what) {
  const auto at = open_.find(what.request);
  if (at == open_.end()) return;
  const auto& c = at->second;
  const auto* destroyed = std::get_if<client_message::command::destroy_map>(&c.what.what);
  // The member asked first has seen to it that there is none any more.
  if (destroyed != nullptr && c.was_sent && what.error == no_such_map(destroyed->name)) what.error.clear();
  end(at, {std::move(what), outcome::ok, failure::none, c.was_sent});
}

void open_commands::lost(const command_way& way) {
  std::vector<request_number> cut_off;
  for (const auto& [request, c] : open_) {
    if (c.way == way) cut_off.push_back(request);
  }
  for (const auto request : cut_off) {
    const auto at = open_.find(request);
    auto& c = at->second;
    if (c.to != nobody || !is_repeatable(c.what)) {
      fail(at, failure::connection_lost, "the connection was lost before an answer came: it may have been done or not");
      continue;
    }
    c.way.reset();
    c.was_sent = true;
    send(at);
  }
}

void open_commands::ways_changed() {
  std::vector<request_number> waiting;
  for (const auto& [request, c] : open_) {
    if (!c.way) waiting.push_back(request);
  }
  for (const auto request : waiting) send(open_.find(request));
}

void open_commands::close() {
  closed_ = true;
  while (!open_.empty()) fail(open_.begin(), failure::closed, std::string{to_string(failure::closed)});
}

void open_commands::fail(place at, failure why, std::string text) {
  const auto& c = at->second;
  command_end how;
  how.answer.request = at->first;
  how.answer.error = std::move(text);
  how.result = c.way || c.was_sent ? outcome::indeterminate : outcome::not_applied;
  how.why = why;
  end(at, std::move(how));
}

void open_commands::end(place at, command_end how) {
  const auto finished = std::move(at->second.finished);
  open_.erase(at);
  finished(std::move(how));
}

}  // namespace troupe
