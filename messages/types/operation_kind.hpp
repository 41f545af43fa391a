/// \file
/// What can be asked of a row, and what each of these is: the one place that knows the traits of an operation.
#pragma once

#include <cstdint>

namespace troupe {

enum class operation_kind : std::uint8_t {
  get,               ///< value of the key
  contains,          ///< is the key there?
  put,               ///< value in; the old value out
  set,               ///< value in; nothing out
  put_if_absent,     ///< value in unless the key is there; the present value out
  replace,           ///< value in if the key is there; the old value out
  replace_if_equal,  ///< value in if the present one equals `expected`
  remove,            ///< key away; the old value out
  remove_if_equal,   ///< key away if its value equals `expected`
  erase,             ///< key away; nothing out (IMap's delete)
  count,             ///< entries of the map in this row
  clear,             ///< all entries of the map in this row away; how many were there
  scan,              ///< a page of entries with keys after `key` (after `expected` = "" too: from the start), ordered by key bytes
  set_ttl,           ///< the entry lives on for so long from now; was it there?
  execute,           ///< what a registered function makes of the key's entry, or of there being none; what it returns
  execute_if_present,  ///< the same, but nothing happens where the key is not there
  listen,            ///< what has happened to entries of the map in this row: answered when there is something to tell, or after a while
  lock,              ///< the key's lock to `owner`, for at most `life.ttl`; was it granted within `wait_ms`?
  unlock,            ///< one hold of the owner's on the key's lock away; how many are left
  force_unlock,      ///< the key's lock away, whoever holds it; was there one?
  withdraw_lock,     ///< the lock of an earlier attempt of this write is not wanted any more: its hold away, or never taken
  is_locked,         ///< does anybody hold the key's lock?
  keep_locks,        ///< the client lives; how many locks it holds on keys of the map in this row
  get_entry_view,    ///< value of the key, and what is known of the entry beside it. Nobody has asked for the entry by that
};

/// Reads may be served, and asked again, any number of times.
[[nodiscard]] constexpr bool is_read(operation_kind k) {
  return k == operation_kind::get || k == operation_kind::contains || k == operation_kind::count || k == operation_kind::scan ||
         k == operation_kind::listen || k == operation_kind::get_entry_view || k == operation_kind::is_locked || k == operation_kind::keep_locks;
}
/// Is about the key's lock, or locks, and not about entries.
[[nodiscard]] constexpr bool is_about_locks(operation_kind k) { return k >= operation_kind::lock && k <= operation_kind::keep_locks; }
/// Names the client that asks.
[[nodiscard]] constexpr bool names_client(operation_kind k) { return !is_read(k) || k == operation_kind::keep_locks; }
/// Asks for a page of what the row has of the map.
[[nodiscard]] constexpr bool asks_for_page(operation_kind k) { return k == operation_kind::scan || k == operation_kind::listen; }
/// Is about one key, which the row must be that of.
[[nodiscard]] constexpr bool has_key(operation_kind k) {
  return k != operation_kind::count && k != operation_kind::clear && k != operation_kind::scan && k != operation_kind::listen &&
         k != operation_kind::keep_locks;
}
/// Whoever asks so asks for the entry of the key: it is not idle then, and a hit if it is there.
[[nodiscard]] constexpr bool asks_for_entry(operation_kind k) { return has_key(k) && !is_about_locks(k) && k != operation_kind::get_entry_view; }
/// Waits while somebody else holds the key's lock.
[[nodiscard]] constexpr bool waits_for_lock(operation_kind k) {
  return !is_read(k) && has_key(k) && (!is_about_locks(k) || k == operation_kind::lock);
}
/// Runs a registered function: `operation::processor`, with the argument `operation::value`.
[[nodiscard]] constexpr bool runs_processor(operation_kind k) {
  return k == operation_kind::execute || k == operation_kind::execute_if_present;
}
/// Carries a value to store.
[[nodiscard]] constexpr bool takes_value(operation_kind k) {
  return k == operation_kind::put || k == operation_kind::set || k == operation_kind::put_if_absent || k == operation_kind::replace ||
         k == operation_kind::replace_if_equal;
}
/// Gives the entry a life: `operation::life`.
[[nodiscard]] constexpr bool gives_life(operation_kind k) { return takes_value(k) || k == operation_kind::set_ttl; }
/// Compares with `expected`.
[[nodiscard]] constexpr bool takes_expected(operation_kind k) {
  return k == operation_kind::replace_if_equal || k == operation_kind::remove_if_equal;
}
/// Asked twice, it leaves what it leaves asked once, and returns nothing of what was there.
[[nodiscard]] constexpr bool is_idempotent(operation_kind k) {
  return is_read(k) || k == operation_kind::set || k == operation_kind::erase || k == operation_kind::withdraw_lock;
}
/// Tells whether a value was there, or whether the comparison held.
[[nodiscard]] constexpr bool tells_presence(operation_kind k) {
  return has_key(k) && k != operation_kind::set && k != operation_kind::erase && !is_about_locks(k);
}
/// Tells the value that was there.
[[nodiscard]] constexpr bool tells_value(operation_kind k) {
  return tells_presence(k) && k != operation_kind::contains && k != operation_kind::set_ttl && !takes_expected(k) && !runs_processor(k);
}

}  // namespace troupe
