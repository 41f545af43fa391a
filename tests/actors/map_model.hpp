/// \file
/// What a map means, as plainly as it can be said: an executable specification, to hold whole clusters against (docs/api.md in code).
///
/// It is about one key: its state, what each operation answers, and what becomes of it. A map is a std::map of such states; what asks for
/// several keys asks for each. It knows neither partitions nor copies nor faults. Two things it can't foretell: when exactly between its
/// call and its answer an operation was done, so lives and leases end within a span; and which fence a lock gets.
///
/// Beside the plain words of docs/api.md it says:
/// - only what asks for an entry by its key keeps it from being idle: neither lock, unlock, force_unlock, is_locked, nor size, clear and
/// entries do;
/// - `replace` in both forms, as put, set and put_all, gives the entry the map's lifetime; a processor's set_value_only leaves it as it is.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <troupe/actors/entry_listener.hpp>
#include <troupe/actors/entry_options.hpp>
#include <troupe/actors/processor.hpp>
#include <troupe/messages/types/lifetime.hpp>
#include <troupe/messages/types/lock.hpp>
#include <troupe/messages/types/operation.hpp>
#include <troupe/messages/types/time.hpp>

namespace troupe::test::model {

inline constexpr milliseconds never = milliseconds::max();

/// Something happens between these two moments of virtual time, which one is not known.
struct span {
  milliseconds from{}, to{};
  friend bool operator==(const span&, const span&) = default;
};
[[nodiscard]] span later(const span& s, milliseconds by);  ///< `never` stays

/// Who locks: a member, and a number that was drawn there; 0: nobody.
struct holder {
  std::size_t member = 0;
  std::uint32_t number = 0;
  friend bool operator==(const holder&, const holder&) = default;
};

/// What the processor `rewrite` does with an entry. It answers what it found: `old_text` of that.
struct rewrite {
  enum deed : std::int64_t { keep, set, set_value_only, remove, fail };
  static constexpr std::string_view processor_name = "rewrite";
  using entry = processed_entry<std::string, std::string>;
  std::int64_t what = keep;
  std::string value{};
  std::int64_t ttl_ms = entry_options::as_the_map, max_idle_ms = entry_options::as_the_map;  ///< of `set`

  std::string operator()(entry& e) const;
  [[nodiscard]] static std::string old_text(const std::optional<std::string>& value);
  friend bool operator==(const rewrite&, const rewrite&) = default;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, rewrite& x) {
  return f(x.what, x.value, x.ttl_ms, x.max_idle_ms);
}

enum class kind : std::uint8_t {
  // Of one key.
  get,
  get_entry_view,
  contains_key,
  put,
  set,
  put_if_absent,
  replace,
  replace_if_equal,
  remove,
  remove_if_equal,
  erase,
  try_put,
  try_remove,
  set_ttl,
  execute_on_key,
  lock,
  try_lock,
  unlock,
  is_locked,
  force_unlock,
  // Of several, or of the whole map.
  get_all,
  put_all,
  execute_on_keys,
  execute_on_entries,
  size,
  is_empty,
  entries,
  keys,
  clear,
};
[[nodiscard]] std::string_view to_string(kind);
[[nodiscard]] bool only_reads(kind);
[[nodiscard]] bool is_of_one_key(kind);
[[nodiscard]] bool is_about_locks(kind);
/// What fails without having been done, or with nobody knowing, where there are faults.
[[nodiscard]] bool is_fault(failure why);
/// Waits while somebody else holds the lock of a key that it writes.
[[nodiscard]] bool waits_for_locks(kind);

struct request {
  kind what = kind::get;
  std::string key{}, value{}, expected{};
  entry_options life{};                                      ///< set_ttl: its `ttl_ms`
  holder who{};                                              ///< on whose behalf
  milliseconds lease{}, wait{};                              ///< lock, try_lock; try_put, try_remove: `wait`
  std::vector<std::string> keys{};                           ///< get_all, execute_on_keys
  std::vector<std::pair<std::string, std::string>> pairs{};  ///< put_all
  rewrite processor{};                                       ///< execute_…
  std::uint32_t page_bytes = 0;                              ///< entries, keys
  std::uint8_t copies = 0;                                   ///< with_copies; 0: nothing is said of it
  friend bool operator==(const request&, const request&) = default;
};
[[nodiscard]] std::string to_string(const request&);
/// An entry may be there after it that was not there before.
[[nodiscard]] bool may_add(const request&);

/// As the value of an answer: what is known of an entry for certain. (Its end the model knows as a span only.)
[[nodiscard]] std::string view_text(const std::string& value, milliseconds ttl, milliseconds max_idle);

/// What else a view of an entry says.
struct looked_at {
  std::uint64_t version = 0;
  std::optional<milliseconds> ends_in{};
  friend bool operator==(const looked_at&, const looked_at&) = default;
};

/// What a request came to: of a cluster, or as the model says.
struct answer {
  outcome how = outcome::ok;
  failure why = failure::none;
  std::optional<std::string> value{};  ///< what was there; what a processor returned
  bool flag = false;                   ///< contains_key, set_ttl, try_put, try_remove, …_if_equal, is_locked, force_unlock, is_empty; erase: there was a record
  std::uint64_t number = 0;            ///< unlock, size, clear, put_all; set: copies
  std::optional<lock_fence> fence{};   ///< lock, try_lock
  std::vector<std::pair<std::string, std::string>> pairs{};  ///< get_all, entries, keys (without values), execute_on_keys, execute_on_entries
  std::optional<looked_at> view{};                           ///< get_entry_view: not foretold, but compared
  friend bool operator==(const answer&, const answer&) = default;
};
[[nodiscard]] std::string to_string(const answer&);

/// What a listener is told of a key. `cleared`: its entry went with others of its partition.
struct event {
  entry_event_kind what = entry_event_kind::added;
  std::string value{}, old_value{};
  friend bool operator==(const event&, const event&) = default;
};
[[nodiscard]] std::string to_string(const event&);

/// A predicate of listeners: it lets through what is of one of these kinds, and of values that end in one of these characters; and whatever it
/// can't know.
struct sieve {
  static constexpr std::string_view predicate_name = "sieve";
  using event = entry_event<std::string, std::string>;
  std::int64_t kinds = 0;  ///< bits, by entry_event_kind
  std::string ends{};

  bool operator()(const event& e) const;
  [[nodiscard]] bool lets_through(entry_event_kind what, const std::string& value) const;
  friend bool operator==(const sieve&, const sieve&) = default;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, sieve& x) {
  return f(x.kinds, x.ends);
}
/// Keys that begin so are no keys of the model: what is written to them says that everything before it has been heard.
inline constexpr std::string_view marker = "marker ";

/// What somebody wants to hear of a map.
struct wish_to_hear {
  std::optional<std::string> key{};  ///< of this one only,
  std::optional<sieve> through{};    ///< or of what this lets through
  bool values = true, old_values = true;

  /// The event as it is told; nothing: it is not.
  [[nodiscard]] std::optional<event> told(const std::string& of_key, const event&) const;
};
[[nodiscard]] std::string to_string(const wish_to_hear&);

struct entry {
  std::string value;
  milliseconds ttl{}, max_idle{};  ///< 0: without limit
  span too_old{never, never};      ///< when its time to live is over
  span too_idle{never, never};     ///< when its idle time is, unless somebody asks for it

  [[nodiscard]] span dies() const { return {std::min(too_old.from, too_idle.from), std::min(too_old.to, too_idle.to)}; }
  friend bool operator==(const entry&, const entry&) = default;
};

struct lock {
  holder who;
  std::uint32_t holds = 0;
  lock_fence fence;
  span ends{never, never};    ///< by its lease, or because its member is not heard any more
  bool is_of_silent = false;  ///< the latter
  friend bool operator==(const lock&, const lock&) = default;
};

struct key_state {
  std::optional<model::entry> entry{};
  std::optional<model::lock> lock{};
  lock_fence greatest{};      ///< of all locks of this key so far
  std::vector<event> told{};  ///< what happened since somebody looked

  /// Its life is over.
  void expire();
  /// It makes room for others.
  void evict();
  friend bool operator==(const key_state&, const key_state&) = default;
};

/// What a request finds around it.
struct circumstances {
  span when;                          ///< from its call to its answer
  lifetime_defaults life{};           ///< as the map's definition says
  std::optional<lock_fence> fence{};  ///< what the cluster says that the lock has: any that is greater than all before
  std::uint64_t copies = 1;           ///< members that hold what is written
};

/// Somebody else holds the lock, and the request has to wait until that ends.
[[nodiscard]] bool must_wait(const key_state&, const request&);
/// What is answered when it has waited in vain.
[[nodiscard]] answer waited_in_vain(const request&);
/// Requires: is_of_one_key(), and !must_wait(). The map's semantics, all of them.
[[nodiscard]] answer carry_out(key_state&, const request&, const circumstances&);
/// The part of a clear that is about one key. Whether an entry went.
bool clear_key(key_state&);

}  // namespace troupe::test::model
