/// \file
/// A map as an application sees it: an ordinary typed CAF actor. Ask it with `request(...)`, pass its handle around, publish it.
///
/// Keys and values are bytes here; map.hpp has maps of C++ types. Names and meaning follow Hazelcast's IMap. Every operation either succeeds, or fails with a
/// caf::error from which outcome_of() and failure_of() tell whether it was definitely not applied, or may have been.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <troupe/actors/caf_compat.hpp>
#include <troupe/actors/entry_options.hpp>
#include <troupe/actors/protocol/router/listening.hpp>
#include <troupe/actors/protocol/router/map_call.hpp>
#include <troupe/messages/types/api.hpp>
#include <troupe/messages/types/holders.hpp>
#include <troupe/messages/types/member_set.hpp>
#include <troupe/messages/types/operation.hpp>
#include <troupe/messages/types/time.hpp>

namespace troupe {

/// A value, or that there is none.
struct TROUPE_API lookup {
  bool found = false;
  std::string value;

  explicit operator bool() const { return found; }
  friend bool operator==(const lookup&, const lookup&) = default;
};

/// Where a write stands in its row's log: it is on the primary and on every sync backup.
struct TROUPE_API receipt {
  std::uint64_t epoch = 0;
  std::uint64_t seq = 0;
  std::uint8_t copies = 0;  ///< how many members held it when it was answered, the primary included,
  holders members{};        ///< and which, by their numbers in the cluster (`troupe members`, cluster_events); of more than eight the first
  friend bool operator==(const receipt&, const receipt&) = default;
};

/// A page of a scan: entries partition by partition, within a partition ordered by key bytes.
struct TROUPE_API page {
  std::vector<std::pair<std::string, std::string>> entries;
  std::string cursor;  ///< for the next page; empty when there is none
  friend bool operator==(const page&, const page&) = default;
};

using key_list = std::vector<std::string>;
using entry_list = std::vector<std::pair<std::string, std::string>>;

/// How long an operation may take when nothing is said.
inline constexpr duration call_timeout_default = seconds{30};
/// The longest deadline; more is taken for this.
inline constexpr duration call_timeout_max = seconds{7 * 24 * 3600};

/// What is done to a map as a whole, by the agreement of the cluster.
struct TROUPE_API map_change {
  enum class kind : std::uint8_t { none, destroy, set_backups };
  kind what = kind::none;
  std::uint32_t backups = 0;  ///< set_backups
  std::uint32_t async_backups = 0;
};

/// Any operation in one form, with a deadline of its own: what maps of C++ types send.
struct TROUPE_API timed_call {
  protocol::map_call what;  ///< unless `change` says anything
  duration timeout = call_timeout_default;  ///< after it the call ends as not_applied or indeterminate; at most call_timeout_max
  std::string problem = {};                 ///< not empty: its asker could not write the key or the value. Comes back as an error
  map_change change = {};
  std::stop_token cancelled_by = {};  ///< asked to stop, it takes the call back. Stays in its process
};

/// Adds a listener: an actor that takes entry_events. Answered with the listener's subscription when all partitions are heard. entry_listener.hpp has
/// what is promised, and maps of C++ types.
struct TROUPE_API listener_request {
  caf::actor listener;
  protocol::listening_wish what = {};
  duration timeout = call_timeout_default;  ///< then, if some partition is not heard yet, it has not been added; at most call_timeout_max
  std::string problem = {};  ///< not empty: its asker could not write the key or the predicate. Comes back as an error
  std::stop_token cancelled_by = {};  ///< as of a timed_call
};
/// Ends a subscription; answered with whether there was one.
struct TROUPE_API listener_removal {
  caf::actor subscription;
  duration timeout = call_timeout_default;  ///< of who asks another process; stays in this one
};

/// A batch for a listener, partition by partition. The next one comes when its handler has returned, or has kept the promise that it returned.
struct TROUPE_API entry_events {
  std::vector<protocol::row_events> rows;
  bool has_values = true;       ///< as was asked for
  bool has_old_values = false;  ///< likewise
  failure why = failure::none;  ///< else nothing follows, for this reason
  std::string text = {};        ///< the same for people
};

/// The categories of a map's errors: codes are a failure plus one, or, of type errors, an outcome plus one. outcome_of() and failure_of() read them.
enum class not_applied_error : std::uint8_t {};
enum class indeterminate_error : std::uint8_t {};
enum class type_error : std::uint8_t {};

template <class Inspector>
auto inspect(Inspector& f, lookup& x) {
  return compat::inspect_as(f, x, "troupe::lookup", compat::named_field<bool>{"found", x.found},
                            compat::named_field<std::string>{"value", x.value});
}
template <class Inspector>
auto inspect(Inspector& f, holders& x) {
  using numbers = std::vector<std::uint32_t>;
  return compat::inspect_converted(
      f,
      [&x] {
        numbers all;
        for (const auto m : x) all.push_back(m.value());
        return all;
      },
      [&x](const numbers& all) {
        member_set members;
        for (const auto n : all) members.insert(member_no{n});
        x = holders{members};
      });
}
template <class Inspector>
auto inspect(Inspector& f, receipt& x) {
  return compat::inspect_as(f, x, "troupe::receipt", compat::named_field<std::uint64_t>{"epoch", x.epoch},
                            compat::named_field<std::uint64_t>{"seq", x.seq}, compat::named_field<std::uint8_t>{"copies", x.copies},
                            compat::named_field<holders>{"members", x.members});
}
template <class Inspector>
auto inspect(Inspector& f, entry_options& x) {
  return compat::inspect_as(f, x, "troupe::entry_options", compat::named_field<std::int64_t>{"ttl_ms", x.ttl_ms},
                            compat::named_field<std::int64_t>{"max_idle_ms", x.max_idle_ms});
}
template <class Inspector>
auto inspect(Inspector& f, lifetime_choice& x) {
  // Not `as_the_map`: what is impossible has to arrive as it is, to be refused.
  constexpr auto nothing = std::numeric_limits<std::int64_t>::min();
  const auto ms = [](const std::optional<milliseconds>& span) { return span ? span->count() : nothing; };
  const auto span = [](std::int64_t count) { return count == nothing ? std::nullopt : std::optional{milliseconds{count}}; };
  return compat::inspect_converted(
      f, [&x, ms] { return entry_options{ms(x.ttl), ms(x.max_idle)}; },
      [&x, span](const entry_options& from) { x = {span(from.ttl_ms), span(from.max_idle_ms)}; });
}
template <class Inspector>
auto inspect(Inspector& f, map_change& x) {
  return compat::inspect_as(f, x, "troupe::map_change", compat::named_field<map_change::kind>{"what", x.what},
                            compat::named_field<std::uint32_t>{"backups", x.backups}, compat::named_field<std::uint32_t>{"async_backups", x.async_backups});
}
template <class Inspector>
auto inspect(Inspector& f, timed_call& x) {
  return compat::inspect_as(f, x, "troupe::timed_call", compat::named_field<protocol::map_call>{"what", x.what},
                            compat::named_field<duration>{"timeout", x.timeout}, compat::named_field<std::string>{"problem", x.problem},
                            compat::named_field<map_change>{"change", x.change});
}
template <class Inspector>
auto inspect(Inspector& f, blob& x) {
  return compat::inspect_converted(f, [&x] { return std::string{x.view()}; }, [&x](const std::string& bytes) { x = blob{bytes}; });
}
template <class Inspector, class Tag, class Rep>
auto inspect(Inspector& f, strong_number<Tag, Rep>& x) {
  return compat::inspect_converted(f, [&x] { return x.value(); }, [&x](Rep value) { x = strong_number<Tag, Rep>{value}; });
}
template <class Inspector>
auto inspect(Inspector& f, map_entry& x) {
  return compat::inspect_as(f, x, "troupe::map_entry", compat::named_field<blob>{"key", x.key}, compat::named_field<blob>{"value", x.value});
}
template <class Inspector>
auto inspect(Inspector& f, entry_facts& x) {
  return compat::inspect_as(f, x, "troupe::entry_facts", compat::named_field<seq_number>{"version", x.version},
                            compat::named_field<std::uint64_t>{"bytes", x.bytes}, compat::named_field<milliseconds>{"ttl", x.ttl},
                            compat::named_field<milliseconds>{"max_idle", x.max_idle}, compat::named_field<milliseconds>{"ends_in", x.ends_in},
                            compat::named_field<bool>{"is_counted", x.is_counted},
                            compat::named_field<milliseconds>{"since_created", x.since_created},
                            compat::named_field<milliseconds>{"since_written", x.since_written},
                            compat::named_field<milliseconds>{"since_asked", x.since_asked}, compat::named_field<std::uint64_t>{"hits", x.hits});
}
/// As a list of one, or none.
template <class Inspector>
auto inspect(Inspector& f, boxed<entry_facts>& x) {
  return compat::inspect_converted(
      f, [&x] { return x ? std::vector<entry_facts>{*x} : std::vector<entry_facts>{}; },
      [&x](const std::vector<entry_facts>& from) { x = from.empty() ? boxed<entry_facts>{} : boxed<entry_facts>{from.front()}; });
}
template <class Inspector>
auto inspect(Inspector& f, page& x) {
  return compat::inspect_as(f, x, "troupe::page", compat::named_field<entry_list>{"entries", x.entries},
                            compat::named_field<std::string>{"cursor", x.cursor});
}

template <class Inspector>
auto inspect(Inspector& f, row_event& x) {
  return compat::inspect_as(f, x, "troupe::row_event", compat::named_field<row_event_kind>{"what", x.what}, compat::named_field<seq_number>{"at", x.at},
                            compat::named_field<blob>{"key", x.key}, compat::named_field<blob>{"value", x.value},
                            compat::named_field<blob>{"old_value", x.old_value}, compat::named_field<bool>{"before_unknown", x.before_unknown},
                            compat::named_field<std::uint64_t>{"number", x.number}, compat::named_field<gap_reason>{"why", x.why},
                            compat::named_field<seq_number>{"since", x.since});
}

namespace protocol {

template <class Inspector>
auto inspect(Inspector& f, listening_wish& x) {
  return compat::inspect_as(f, x, "troupe::listening_wish", compat::named_field<bool>{"by_key", x.by_key}, compat::named_field<blob>{"key", x.key},
                            compat::named_field<blob>{"predicate", x.predicate}, compat::named_field<blob>{"argument", x.argument},
                            compat::named_field<bool>{"values", x.values}, compat::named_field<bool>{"old_values", x.old_values});
}
template <class Inspector>
auto inspect(Inspector& f, row_events& x) {
  return compat::inspect_as(f, x, "troupe::row_events", compat::named_field<partition_id>{"partition", x.partition},
                            compat::named_field<std::vector<row_event>>{"events", x.events});
}
template <class Inspector>
auto inspect(Inspector& f, map_call& x) {
  return compat::inspect_as(f, x, "troupe::map_call", compat::named_field<map_call::kind>{"what", x.what},
                            compat::named_field<operation_kind>{"operation", x.operation}, compat::named_field<blob>{"key", x.key},
                            compat::named_field<blob>{"value", x.value}, compat::named_field<blob>{"expected", x.expected},
                            compat::named_field<lifetime_choice>{"life", x.life}, compat::named_field<std::vector<blob>>{"keys", x.keys},
                            compat::named_field<std::vector<map_entry>>{"entries", x.entries},
                            compat::named_field<std::string>{"cursor", x.cursor},
                            compat::named_field<std::uint32_t>{"page_bytes", x.page_bytes}, compat::named_field<bool>{"keys_only", x.keys_only},
                            compat::named_field<blob>{"processor", x.processor},
                            compat::named_field<std::uint8_t>{"copies_min", x.copies_min},
                            compat::named_field<owner_number>{"owner", x.owner}, compat::named_field<milliseconds>{"wait", x.wait},
                            compat::named_field<bool>{"may_find_locked", x.may_find_locked});
}
template <class Inspector>
auto inspect(Inspector& f, map_result& x) {
  return compat::inspect_as(f, x, "troupe::map_result", compat::named_field<outcome>{"result", x.result},
                            compat::named_field<failure>{"why", x.why}, compat::named_field<bool>{"found", x.found},
                            compat::named_field<blob>{"value", x.value}, compat::named_field<boxed<entry_facts>>{"facts", x.facts},
                            compat::named_field<std::uint64_t>{"number", x.number}, compat::named_field<std::vector<map_entry>>{"entries", x.entries},
                            compat::named_field<std::string>{"cursor", x.cursor}, compat::named_field<epoch_number>{"epoch", x.epoch},
                            compat::named_field<seq_number>{"seq", x.seq}, compat::named_field<std::uint8_t>{"copies", x.copies},
                            compat::named_field<holders>{"held_by", x.held_by}, compat::named_field<blob>{"detail", x.detail});
}

}  // namespace protocol

template <class Inspector>
auto inspect(Inspector& f, listener_request& x) {
  return compat::inspect_as(f, x, "troupe::listener_request", compat::named_field<caf::actor>{"listener", x.listener},
                            compat::named_field<protocol::listening_wish>{"what", x.what}, compat::named_field<duration>{"timeout", x.timeout},
                            compat::named_field<std::string>{"problem", x.problem});
}
template <class Inspector>
auto inspect(Inspector& f, listener_removal& x) {
  return compat::inspect_as(f, x, "troupe::listener_removal", compat::named_field<caf::actor>{"subscription", x.subscription});
}
template <class Inspector>
auto inspect(Inspector& f, entry_events& x) {
  return compat::inspect_as(f, x, "troupe::entry_events", compat::named_field<std::vector<protocol::row_events>>{"rows", x.rows},
                            compat::named_field<bool>{"has_values", x.has_values}, compat::named_field<bool>{"has_old_values", x.has_old_values},
                            compat::named_field<failure>{"why", x.why}, compat::named_field<std::string>{"text", x.text});
}

}  // namespace troupe

CAF_BEGIN_TYPE_ID_BLOCK(troupe, caf::first_custom_type_id + 7000)
  CAF_ADD_TYPE_ID(troupe, (troupe::lookup))
  CAF_ADD_TYPE_ID(troupe, (troupe::receipt))
  CAF_ADD_TYPE_ID(troupe, (troupe::page))
  CAF_ADD_TYPE_ID(troupe, (troupe::entry_options))
  CAF_ADD_TYPE_ID(troupe, (troupe::key_list))
  CAF_ADD_TYPE_ID(troupe, (troupe::entry_list))
  CAF_ADD_TYPE_ID(troupe, (troupe::timed_call))
  CAF_ADD_TYPE_ID(troupe, (troupe::protocol::map_result))
  CAF_ADD_TYPE_ID(troupe, (troupe::listener_request))
  CAF_ADD_TYPE_ID(troupe, (troupe::listener_removal))
  CAF_ADD_TYPE_ID(troupe, (troupe::entry_events))
  TROUPE_ATOM(troupe, get_atom, "get")
  TROUPE_ATOM(troupe, contains_atom, "contains")
  TROUPE_ATOM(troupe, put_atom, "put")
  TROUPE_ATOM(troupe, set_atom, "set")
  TROUPE_ATOM(troupe, put_if_absent_atom, "putabsent")
  TROUPE_ATOM(troupe, replace_atom, "replace")
  TROUPE_ATOM(troupe, remove_atom, "remove")
  TROUPE_ATOM(troupe, erase_atom, "erase")
  TROUPE_ATOM(troupe, size_atom, "size")
  TROUPE_ATOM(troupe, is_empty_atom, "isempty")
  TROUPE_ATOM(troupe, clear_atom, "clear")
  TROUPE_ATOM(troupe, destroy_atom, "destroy")
  TROUPE_ATOM(troupe, set_backups_atom, "setbackups")
  TROUPE_ATOM(troupe, get_all_atom, "getall")
  TROUPE_ATOM(troupe, put_all_atom, "putall")
  TROUPE_ATOM(troupe, scan_atom, "scan")
  TROUPE_ATOM(troupe, set_ttl_atom, "setttl")
  TROUPE_ATOM(troupe, execute_atom, "execute")
  TROUPE_ATOM(troupe, execute_all_atom, "executeall")
  TROUPE_ERROR_CATEGORY(troupe, troupe::not_applied_error, "trpNotDone")
  TROUPE_ERROR_CATEGORY(troupe, troupe::indeterminate_error, "trpUnknown")
  TROUPE_ERROR_CATEGORY(troupe, troupe::type_error, "trpType")
CAF_END_TYPE_ID_BLOCK(troupe)

namespace troupe {

inline const compat::known_types<caf::id_block::troupe> map_types{};

/// The handle of a map. `old` values are those that the operation replaced or removed.
using map_actor = compat::typed_actor<
    caf::result<lookup>(get_atom, std::string),                                         // key → value
    caf::result<bool>(contains_atom, std::string),                                      // key
    caf::result<lookup>(put_atom, std::string, std::string),                            // key, value → old
    caf::result<lookup>(put_atom, std::string, std::string, entry_options),             // the same, here and below
    caf::result<receipt>(set_atom, std::string, std::string),                           // key, value
    caf::result<receipt>(set_atom, std::string, std::string, entry_options),
    caf::result<bool>(set_ttl_atom, std::string, std::int64_t),                         // key, ms from now on, 0 without limit → was it there?
    caf::result<lookup>(put_if_absent_atom, std::string, std::string),                  // key, value → what was there and stays
    caf::result<lookup>(put_if_absent_atom, std::string, std::string, entry_options),
    caf::result<lookup>(replace_atom, std::string, std::string),                        // key, value → old; nothing happens without one
    caf::result<bool>(replace_atom, std::string, std::string, std::string),             // key, expected, value → did it match?
    caf::result<lookup>(remove_atom, std::string),                                      // key → old
    caf::result<bool>(remove_atom, std::string, std::string),                           // key, expected → did it match?
    caf::result<receipt>(erase_atom, std::string),                                      // key (IMap's delete)
    caf::result<std::uint64_t>(size_atom),                                              // entries
    caf::result<bool>(is_empty_atom),
    caf::result<std::uint64_t>(clear_atom),                                             // → entries removed
    caf::result<bool>(destroy_atom),                                                    // the map and its entries; true when it existed
    caf::result<bool>(set_backups_atom, std::uint32_t, std::uint32_t),                  // backups, async backups; once there are so many: true if the map exists
    caf::result<entry_list>(get_all_atom, key_list),                                    // those found
    caf::result<std::uint64_t>(put_all_atom, entry_list),                               // → entries stored; not atomic across keys
    caf::result<page>(scan_atom, std::string),                                          // cursor, "" at the start
    // A processor by its name, and its argument. What it returned; of several keys with each of them.
    caf::result<std::string>(execute_atom, std::string, std::string, std::string),      // key, processor, argument → result
    caf::result<entry_list>(execute_atom, key_list, std::string, std::string),          // keys, processor, argument → keys and results
    caf::result<entry_list>(execute_all_atom, std::string, std::string),                // processor, argument → keys and results of all entries
    caf::result<protocol::map_result>(timed_call),                                      // any of them, and locks
    caf::result<caf::actor>(listener_request),                                          // → its subscription
    caf::result<bool>(listener_removal)>;                                               // was there one?

/// Makes these types known to CAF. With 0.17: needed only to publish map handles; with 1.x: needed always, before the actor system.
TROUPE_API void register_types(caf::actor_system_config& config);

/// A failed operation as a caf::error. `detail`: more for people.
[[nodiscard]] TROUPE_API caf::error make_map_error(outcome result, failure why, std::string_view detail = {});
/// An operation that ended so, though some bytes were not those of the map's types. `ok`: what it was to do is done, only what came back can't
/// be read. `not_applied`: a key or a value of the caller's can't be written.
[[nodiscard]] TROUPE_API caf::error make_type_error(outcome result, std::string text);
/// Of an error that came from a map: not_applied or indeterminate; ok of one of make_type_error. Other errors (a timeout of CAF's own):
/// indeterminate.
[[nodiscard]] TROUPE_API outcome outcome_of(const caf::error& e);
/// Of an error that came from a map; nothing for others.
[[nodiscard]] TROUPE_API std::optional<failure> failure_of(const caf::error& e);
/// Was it made by make_type_error?
[[nodiscard]] TROUPE_API bool is_type_error(const caf::error& e);
/// For people.
[[nodiscard]] TROUPE_API std::string describe(const caf::error& e);

}  // namespace troupe
