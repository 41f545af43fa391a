/// \file
/// What the commands share: the context that they run in, and how they speak of failures. Not for use outside this folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <troupe/messages/types/client_message.hpp>
#include <troupe/node/cli/commands.hpp>

namespace troupe::cli {

struct context {
  map_client& client;
  const console& io;
  bool json = false;
  duration timeout{};
  std::string_view cluster;  ///< its name

  [[nodiscard]] instant deadline() const { return client.now() + timeout; }
};

// One overload a request, in the file of its theme.
int run(const put_request&, const context&);
int run(const set_ttl_request&, const context&);
int run(const entry_request&, const context&);
int run(const get_request&, const context&);
int run(const remove_request&, const context&);
int run(const contains_request&, const context&);
int run(const is_locked_request&, const context&);
int run(const force_unlock_request&, const context&);
int run(const size_request&, const context&);
int run(const clear_request&, const context&);
int run(const destroy_request&, const context&);
int run(const set_backups_request&, const context&);
int run(const load_request&, const context&);
int run(const verify_request&, const context&);
int run(const dump_request&, const context&);
int run(const members_request&, const context&);
int run(const partitions_request&, const context&);
int run(const stats_request&, const context&);
int run(const wait_safe_request&, const context&);
int run(const lost_request&, const context&);
int run(const reset_lost_request&, const context&);
int run(const force_view_request&, const context&);
int run(const shutdown_request&, const context&);

/// `troupe: text` on standard error.
void say(const context&, std::string_view text);

/// `not applied: the key is larger than …`, `indeterminate, may have been done or not: …`
[[nodiscard]] std::string reason_of(const protocol::map_result&);
/// Says what became of a call that did not end well, also as `{"outcome":…,"why":…}` where JSON is wanted; the exit status for it.
int report_failure(const context&, std::string_view what, const protocol::map_result&);
/// Whether it can't get better by going on: nobody is there.
[[nodiscard]] bool is_hopeless(const protocol::map_result&);

/// Says what is wrong with an answer, if anything is; prints `{"outcome":…}` where JSON is wanted; the exit status for it.
int report_answer(const context&, std::string_view what, const client_message::command_result&);

/// The view to work with, waited for until `deadline`. None, with a word about each address: all refuse for good, or nobody answers in
/// time.
[[nodiscard]] view_ptr view_or_word(const context&, instant deadline);
[[nodiscard]] inline view_ptr view_or_word(const context& c) { return view_or_word(c, c.deadline()); }

}  // namespace troupe::cli
