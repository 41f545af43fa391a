// put, set-ttl, get, entry, remove, contains, is-locked, force-unlock, size, clear, destroy: one operation each.
#include <troupe/node/cli/command.hpp>
#include <troupe/node/cli/json_text.hpp>
#include <troupe/node/cli/printable.hpp>
#include <troupe/node/cli/rendering.hpp>
#include <troupe/node/config/command_line.hpp>

namespace troupe::cli {

namespace {

protocol::map_call single(operation_kind kind, const std::string& key, const std::string& value = {}) {
  protocol::map_call what;
  what.operation = kind;
  what.key = blob{key};
  what.value = blob{value};
  return what;
}

protocol::map_call whole(protocol::map_call::kind kind) {
  protocol::map_call what;
  what.what = kind;
  return what;
}

/// Calls, and speaks of a failure; nothing then, with `status` set.
std::optional<protocol::map_result> attempt(const context& c, std::string_view name, const std::string& map, protocol::map_call what,
                                            int& status) {
  auto result = call(c.client, map, std::move(what), c.deadline());
  if (result.result == outcome::ok) return result;
  status = report_failure(c, name, result);
  return std::nullopt;
}

int no_such_key(const context& c, const std::string& map, const std::string& key) {
  say(c, "no key '" + printable(key, 60) + "' in map '" + printable(map, 60) + '\'');
  return exit_no;
}

/// Questions about locks must not make a map: that would hide a misspelt name. The exit status then.
std::optional<int> missing_map(const context& c, std::string_view name, const std::string& map) {
  const auto v = view_or_word(c);
  if (!v) return exit_usage;
  if (v->find_map(map) != nullptr) return std::nullopt;
  const auto why = "there is no map '" + printable(map, 60) + '\'';
  say(c, std::string{name} + ": " + why);
  if (c.json) print_json(c, {{"outcome", "not applied"}, {"why", why}});
  return exit_no;
}

int yes_or_no(const context& c, std::string_view name, const std::string& map, protocol::map_call what, const char* in_json) {
  int status = exit_done;
  const auto result = attempt(c, name, map, std::move(what), status);
  if (!result) return status;
  if (c.json) {
    print_json(c, {{"outcome", "ok"}, {in_json, result->found}});
  } else {
    c.io.out << (result->found ? "true" : "false") << '\n';
  }
  return result->found ? exit_done : exit_no;
}

}  // namespace

int run(const put_request& r, const context& c) {
  int status = exit_done;
  // `set` rather than `put`: nobody wants the old value.
  auto what = single(operation_kind::set, r.key, r.value);
  what.life = r.life;
  if (attempt(c, "put", r.map, std::move(what), status) && c.json) print_json(c, {{"outcome", "ok"}});
  return status;
}

int run(const set_ttl_request& r, const context& c) {
  int status = exit_done;
  auto what = single(operation_kind::set_ttl, r.key);
  what.life.ttl = r.ttl;
  const auto result = attempt(c, "set-ttl", r.map, std::move(what), status);
  if (!result) return status;
  if (c.json) print_json(c, {{"outcome", "ok"}, {"found", result->found}});
  return result->found ? exit_done : no_such_key(c, r.map, r.key);
}

int run(const get_request& r, const context& c) {
  int status = exit_done;
  const auto result = attempt(c, "get", r.map, single(operation_kind::get, r.key), status);
  if (!result) return status;
  if (c.json) {
    json shown{{"outcome", "ok"}, {"found", result->found}};
    if (result->found) add_bytes(shown, "value", result->value.view());
    print_json(c, shown);
  } else if (result->found) {
    c.io.out << result->value.view() << '\n';
  }
  return result->found ? exit_done : no_such_key(c, r.map, r.key);
}

int run(const entry_request& r, const context& c) {
  int status = exit_done;
  const auto result = attempt(c, "entry", r.map, single(operation_kind::get_entry_view, r.key), status);
  if (!result) return status;
  if (!result->found || !result->facts) {
    if (c.json) print_json(c, {{"outcome", "ok"}, {"found", false}});
    return no_such_key(c, r.map, r.key);
  }
  if (c.json) {
    c.io.out << entry_as_json(result->value, *result->facts) << '\n';
  } else {
    print_entry(c.io.out, result->value, *result->facts);
  }
  return exit_done;
}

int run(const remove_request& r, const context& c) {
  int status = exit_done;
  const auto result = attempt(c, "remove", r.map, single(operation_kind::remove, r.key), status);
  if (!result) return status;
  if (c.json) print_json(c, {{"outcome", "ok"}, {"found", result->found}});
  return result->found ? exit_done : no_such_key(c, r.map, r.key);
}

int run(const contains_request& r, const context& c) { return yes_or_no(c, "contains", r.map, single(operation_kind::contains, r.key), "found"); }
int run(const is_locked_request& r, const context& c) {
  if (const auto status = missing_map(c, "is-locked", r.map)) return *status;
  return yes_or_no(c, "is-locked", r.map, single(operation_kind::is_locked, r.key), "locked");
}

int run(const force_unlock_request& r, const context& c) {
  if (const auto status = missing_map(c, "force-unlock", r.map)) return *status;
  int status = exit_done;
  const auto result = attempt(c, "force-unlock", r.map, single(operation_kind::force_unlock, r.key), status);
  if (!result) return status;
  if (c.json) print_json(c, {{"outcome", "ok"}, {"was_locked", result->found}});
  if (result->found) {
    say(c, "taken; whoever waits for it has it next");
    return exit_done;
  }
  say(c, "nobody holds a lock of key '" + printable(r.key, 60) + "' in map '" + printable(r.map, 60) + '\'');
  return exit_no;
}

int run(const size_request& r, const context& c) {
  int status = exit_done;
  const auto result = attempt(c, "size", r.map, whole(protocol::map_call::kind::size), status);
  if (!result) return status;
  if (c.json) {
    print_json(c, {{"outcome", "ok"}, {"size", result->number}});
  } else {
    c.io.out << result->number << '\n';
  }
  return exit_done;
}

int run(const clear_request& r, const context& c) {
  int status = exit_done;
  const auto result = attempt(c, "clear", r.map, whole(protocol::map_call::kind::clear), status);
  if (!result) return status;
  if (c.json) {
    print_json(c, {{"outcome", "ok"}, {"removed", result->number}});
  } else {
    say(c, counted(result->number, "entry", "entries") + " removed");
  }
  return exit_done;
}

int run(const destroy_request& r, const context& c) {
  const auto answer = c.client.ask({nobody}, client_message::command::destroy_map{r.map}, c.deadline()).front();
  return report_answer(c, "destroy", answer);
}

}  // namespace troupe::cli
