/// \file
/// A map of C++ types over a map of bytes. A handle: cheap to copy, good for as long as the member or client that it came from.
///
/// Names and meaning follow Hazelcast's IMap. Each operation is a call (map_call.hpp) that is made in one of these ways:
///
///     orders.put(key, value).request(self).then(on_value, on_error);   // inside an actor; or .await(…), or .receive(…) in a blocking one
///     auto old = orders.put(key, value).within(2s).wait();             // elsewhere: a result, in 2 s at most
///     auto later = orders.put(key, value).future();                    // elsewhere: a future of a result
///     orders.put(key, value).async([](auto result) { … });
///
/// Errors are caf::errors: outcome_of() tells whether the operation was not applied or may have been, failure_of() why. One error more than the
/// map of bytes has: is_type_error(), when bytes are none of K or V. Where the map has been written as another type, say. A write has then been
/// done, if what can't be read is the old value (outcome_of() says `ok`); set() and erase() read none.
///
/// What K and V may be, and which bytes they become: messages/encoding/encoding.hpp. Keys are equal when their bytes are; all members and clients
/// find a key by its bytes. A `map<std::string, std::string>` is what `troupe put` and `troupe get` see.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <troupe/actors/call_gate.hpp>
#include <troupe/actors/entry_listener.hpp>
#include <troupe/actors/entry_view.hpp>
#include <troupe/actors/map_api.hpp>
#include <troupe/actors/map_call.hpp>
#include <troupe/actors/processor.hpp>
#include <troupe/messages/encoding/inspected.hpp>

namespace troupe {

/// A page of a scan: entries partition by partition, within a partition in the order of the bytes of their keys.
template <class K, class V>
struct entry_page {
  std::vector<std::pair<K, V>> entries;
  std::string next;  ///< for entries(); empty: there is no further page
};

/// The same, of keys alone.
template <class K>
struct key_page {
  std::vector<K> keys;
  std::string next;  ///< for keys(); empty: there is no further page
};

template <class K, class V>
class map {
 public:
  static_assert(encodable<K>,
                "troupe::map<K, V>: K can't be encoded. Specialise troupe::encoding<K> for it, or give it an inspect function; see "
                "troupe/messages/encoding/encoding.hpp");
  static_assert(encodable<V>,
                "troupe::map<K, V>: V can't be encoded. Specialise troupe::encoding<V> for it, or give it an inspect function; see "
                "troupe/messages/encoding/encoding.hpp");

  using key_type = K;
  using mapped_type = V;
  using entry = std::pair<K, V>;
  /// What the processor P answers.
  template <class P>
  using returned_by = typename detail::processor_traits<P>::result_type;

  /// `timeout`: of calls for which within() says nothing else; 0 to 7 days.
  explicit map(map_actor handle, duration timeout = call_timeout_default) : handle_{std::move(handle)}, timeout_{timeout} {}
  /// With the shortest way for threads outside of actors; members and clients make such maps.
  map(map_actor handle, std::shared_ptr<const call_gate> gate, duration timeout)
      : handle_{std::move(handle)}, gate_{std::move(gate)}, timeout_{timeout} {}

  /// The map of bytes: what is sent to other actors, and published.
  [[nodiscard]] const map_actor& handle() const { return handle_; }
  [[nodiscard]] duration timeout() const { return timeout_; }

  // Reads.
  call<std::optional<V>> get(const K& key) const { return on_key(operation_kind::get, key).template as<std::optional<V>>(value_or_nothing); }
  call<bool> contains_key(const K& key) const { return on_key(operation_kind::contains, key).template as<bool>(whether_found); }
  /// Those that were found. Not one state of the map: each is the latest when it is read.
  template <class Keys>
  call<std::vector<entry>> get_all(const Keys& keys) const {
    draft d{*this, protocol::map_call::kind::get_all};
    for (const K& k : keys) d.write_key(k, d.call.what.keys.emplace_back());
    return std::move(d).template as<std::vector<entry>>(all_entries);
  }
  call<std::uint64_t> size() const { return draft{*this, protocol::map_call::kind::size}.template as<std::uint64_t>(count); }
  call<bool> is_empty() const { return draft{*this, protocol::map_call::kind::size}.template as<bool>(whether_none); }
  /// About `page_bytes` of entries, at least one; 1 byte to 1 MiB, else the call is refused. `from`: entry_page::next of the page before; empty: the first page. An entry
  /// that is there all the time is on one page; one that comes or goes meanwhile on one or none.
  call<entry_page<K, V>> entries(std::string from = {}, std::uint32_t page_bytes = 256 * 1024) const {
    return scan_from(std::move(from), page_bytes).template as<entry_page<K, V>>(a_page);
  }
  /// The same, of keys, whose values stay where they are: a page then has about `page_bytes` of keys. The two take each other's `next`.
  call<key_page<K>> keys(std::string from = {}, std::uint32_t page_bytes = 256 * 1024) const {
    auto d = scan_from(std::move(from), page_bytes);
    d.call.what.keys_only = true;
    return std::move(d).template as<key_page<K>>(a_key_page);
  }
  /// The entry, with what its row knows of it (entry_view.hpp). Nobody has asked for the entry by that: it is no hit, and its idle time goes on.
  call<std::optional<entry_view<V>>> get_entry_view(const K& key) const {
    return on_key(operation_kind::get_entry_view, key).template as<std::optional<entry_view<V>>>(view_or_nothing);
  }

  // Writes. On the primary and on every sync backup when they are answered. `life`: entry_options::living_for(10min), say; as the map's definition
  // says, where nothing is given.
  /// The old value.
  call<std::optional<V>> put(const K& key, const V& value, const entry_options& life = {}) const {
    return on_entry(operation_kind::put, key, value, life).template as<std::optional<V>>(value_or_nothing);
  }
  /// As put, without reading the old value.
  call<receipt> set(const K& key, const V& value, const entry_options& life = {}) const {
    return on_entry(operation_kind::set, key, value, life).template as<receipt>(a_receipt);
  }
  /// The entry lives for so long from now, its value and its max idle time stay; 0: without limit. Whether it was there.
  call<bool> set_ttl(const K& key, milliseconds ttl) const {
    auto d = on_key(operation_kind::set_ttl, key);
    d.call.what.life.ttl = ttl;
    return std::move(d).template as<bool>(whether_found);
  }
  /// What was there, and stays; nothing: `value` was put.
  call<std::optional<V>> put_if_absent(const K& key, const V& value, const entry_options& life = {}) const {
    return on_entry(operation_kind::put_if_absent, key, value, life).template as<std::optional<V>>(value_or_nothing);
  }
  /// The old value; nothing: there was none, and nothing happened.
  call<std::optional<V>> replace(const K& key, const V& value) const {
    return on_entry(operation_kind::replace, key, value).template as<std::optional<V>>(value_or_nothing);
  }
  /// Whether the value was `expected`, and has been replaced.
  call<bool> replace(const K& key, const V& expected, const V& value) const {
    auto d = on_entry(operation_kind::replace_if_equal, key, value);
    d.write_value(expected, d.call.what.expected);
    return std::move(d).template as<bool>(whether_found);
  }
  /// The old value.
  call<std::optional<V>> remove(const K& key) const {
    return on_key(operation_kind::remove, key).template as<std::optional<V>>(value_or_nothing);
  }
  /// Whether the value was `expected`, and has been removed.
  call<bool> remove(const K& key, const V& expected) const {
    auto d = on_key(operation_kind::remove_if_equal, key);
    d.write_value(expected, d.call.what.expected);
    return std::move(d).template as<bool>(whether_found);
  }
  /// IMap's `delete`: as remove, without reading the old value.
  call<receipt> erase(const K& key) const { return on_key(operation_kind::erase, key).template as<receipt>(a_receipt); }
  /// As set, but where somebody else holds the key's lock it waits `wait` for that at most, and not longer than the deadline. False: nothing was stored.
  call<bool> try_put(const K& key, const V& value, milliseconds wait = {}) const {
    return without_long_wait(on_entry(operation_kind::set, key, value), wait).template as<bool>(whether_written);
  }
  /// As remove, likewise. False: nothing was removed, for it was locked so long, or not there.
  call<bool> try_remove(const K& key, milliseconds wait = {}) const {
    return without_long_wait(on_key(operation_kind::remove, key), wait).template as<bool>(whether_found);
  }
  /// How many were stored. Not atomic across keys; of several entries of one key the last one counts.
  template <class Entries>
  call<std::uint64_t> put_all(const Entries& entries) const {
    draft d{*this, protocol::map_call::kind::put_all};
    for (const auto& [k, v] : entries) {
      auto& e = d.call.what.entries.emplace_back();
      d.write_key(k, e.key);
      d.write_value(v, e.value);
    }
    return std::move(d).template as<std::uint64_t>(count);
  }
  /// How many were removed. Not atomic: entries that come meanwhile may stay. Those of locked keys stay, whoever has locked them.
  call<std::uint64_t> clear() const { return draft{*this, protocol::map_call::kind::clear}.template as<std::uint64_t>(count); }

  // The map as a whole, by the agreement of the cluster.
  /// Removes the map, its entries, locks and listeners at once. Whether there was one, as far as this member or client knows yet. Who uses it later makes a new
  /// map. Neither is a write to a key: with_copies() and as() say nothing to them.
  call<bool> destroy() const { return change({map_change::kind::destroy}); }
  /// Other backup counts, at most 6 together, while the map is used. Answered when each entry has as many copies as there are members for, which takes as long as
  /// entries must be copied: give it time, `.within(10min)`. At its deadline it ends as indeterminate, and may go on. (A client waits an hour at most, and half
  /// a minute for destroy(): ask again.) Whether there is such a map.
  call<bool> set_backups(std::uint32_t backups, std::uint32_t async_backups = 0) const {
    return change({map_change::kind::set_backups, backups, async_backups});
  }

  // Processors (processor.hpp), which the members run that lead the entries. Each run takes effect once, or not at all.
  /// What it returned. It may find that the key is not there.
  template <class P>
  call<returned_by<P>> execute_on_key(const K& key, const P& processor) const {
    auto d = on_key(operation_kind::execute, key);
    d.write_processor(processor);
    return std::move(d).template as<returned_by<P>>(what_it_returned<P>);
  }
  /// The keys, each once, with what it returned. Not atomic across keys: of a call that fails, some runs may have been done.
  template <class Keys, class P>
  call<std::vector<std::pair<K, returned_by<P>>>> execute_on_keys(const Keys& keys, const P& processor) const {
    draft d{*this, protocol::map_call::kind::execute_keys};
    for (const K& k : keys) d.write_key(k, d.call.what.keys.emplace_back());
    d.write_processor(processor);
    return std::move(d).template as<std::vector<std::pair<K, returned_by<P>>>>(all_that_it_returned<P>);
  }
  /// The same on all entries. One that is there all the time is met once, one that comes or goes meanwhile once or not at all; there is no moment
  /// at which all are as they were. The first failure ends it, with some runs done.
  template <class P>
  call<std::vector<std::pair<K, returned_by<P>>>> execute_on_entries(const P& processor) const {
    draft d{*this, protocol::map_call::kind::execute_entries};
    d.write_processor(processor);
    return std::move(d).template as<std::vector<std::pair<K, returned_by<P>>>>(all_that_it_returned<P>);
  }

  // Locks of keys, whether there is an entry or not. While an owner holds one, what others write to the key waits until it is free, or ends as
  // `locked`, not applied; reads don't wait. A lock is on the primary and on every sync backup, as entries are. Its owner says who he is with each write:
  // `orders.set(key, value).as(me)`.
  /// For lock() and as().
  static owner new_owner() { return owner::fresh(); }
  /// Waits for the lock until the deadline; then the call ends as `locked`, and the lock is not held. (It ends as indeterminate where the row did not
  /// answer in time; what was granted nevertheless is given back by itself.) An owner may lock again what it holds, up to 255 times, and unlocks as often.
  /// `lease`: the lock ends after that, 1 ms at least, whatever happens; 0: it ends when it is unlocked, or nothing has been heard of this member or client for
  /// ten times `suspect-after`, 10 s by default. Locked again, it ends at the later one.
  ///
  /// The fence is greater than that of any owner before, and the same when an owner locks again. Whoever was paused for too long goes on to
  /// believe that he holds the lock: let what the lock protects, where it is not in this map, refuse a fence smaller than the greatest that it has seen.
  call<lock_fence> lock(const K& key, const owner& who, milliseconds lease = {}) const {
    return on_lock(operation_kind::lock, key, who, lease).template as<lock_fence>(a_fence);
  }
  /// The same, for `wait` at most, and not longer than the deadline. Nothing: somebody else holds it.
  call<std::optional<lock_fence>> try_lock(const K& key, const owner& who, milliseconds wait = {}, milliseconds lease = {}) const {
    auto d = on_lock(operation_kind::lock, key, who, lease);
    d.call.what.wait = wait;
    return std::move(d).template as<std::optional<lock_fence>>(a_fence_or_nothing);
  }
  /// How often the owner holds the lock now; 0: it is free. Not applied, as `not_owner`, where the owner does not hold it (any more).
  call<std::uint32_t> unlock(const K& key, const owner& who) const {
    return on_lock(operation_kind::unlock, key, who, {}).template as<std::uint32_t>(holds_left);
  }
  /// Whether anybody holds it.
  call<bool> is_locked(const K& key) const { return on_key(operation_kind::is_locked, key).template as<bool>(whether_found); }
  /// Takes it from whoever holds it. Whether anybody did.
  call<bool> force_unlock(const K& key) const { return on_key(operation_kind::force_unlock, key).template as<bool>(whether_found); }

  // Listeners: entry_listener.hpp. Confirmed when all partitions are heard, with the listener's subscription.
  using adding = listener_call<listener_request, caf::actor>;
  using removal = listener_call<listener_removal, bool>;
  using event = entry_event<K, V>;
  /// To all events of the map.
  adding add_entry_listener(const caf::actor& listener, const listener_options& options = {}) const { return {handle_, draft_listener(listener, options)}; }
  /// To those of one key, and clears.
  adding add_entry_listener(const caf::actor& listener, const K& key, const listener_options& options = {}) const {
    auto what = draft_listener(listener, options);
    what.what.by_key = true;
    if (auto bytes = to_bytes(key)) what.what.key = std::move(*bytes);
    else what.problem = "the key has no encoding: it is too large, or nested too deeply";
    return {handle_, std::move(what)};
  }
  /// To those of which the predicate says so where the entry is led, and clears.
  template <detail::event_predicate P>
  adding add_entry_listener(const caf::actor& listener, const P& predicate, const listener_options& options = {}) const {
    static_assert(std::is_same_v<typename P::event, event>,
                  "this predicate is of a map of other types: its `event` is not troupe::entry_event<K, V> of this map");
    auto what = draft_listener(listener, options);
    what.what.predicate = blob{detail::predicate_traits<P>::name()};
    if (auto bytes = detail::argument_of(predicate)) what.what.argument = std::move(*bytes);
    else what.problem = "the predicate has no encoding: it is too large, or nested too deeply";
    return {handle_, std::move(what)};
  }
  /// Whether it was still there. What is under way to the listener still comes.
  removal remove_entry_listener(const caf::actor& subscription) const { return {handle_, {subscription, timeout_}}; }
  /// The events of a batch, partition by partition. What can't be read is an event that says so.
  [[nodiscard]] std::vector<event> read(const entry_events& batch) const {
    std::vector<event> all;
    for (const auto& row : batch.rows) {
      for (const auto& e : row.events) {
        const auto has_old_value = batch.has_old_values && !e.before_unknown && detail::takes_value(e.what);
        all.push_back(detail::read_event<K, V>(row.partition, e, batch.has_values && detail::brings_value(e.what), has_old_value));
      }
    }
    if (batch.why != failure::none) {
      all.emplace_back();
      all.back().what = entry_event_kind::ended;
      all.back().text = batch.text;
    }
    return all;
  }

  friend bool operator==(const map& a, const map& b) { return a.handle_ == b.handle_; }

 private:
  using answer = protocol::map_result;

  /// A call as it is put together.
  struct draft : detail::drafted_call {
    draft(const map& of, protocol::map_call::kind kind) : drafted_call{of.handle_, of.gate_, of.timeout_, kind} {}

    void write_key(const K& key, blob& into) { take(to_bytes(key), into, "the key has no encoding: it is too large, or nested too deeply"); }
    void write_value(const V& value, blob& into) { take(to_bytes(value), into, "the value has no encoding: it is too large, or nested too deeply"); }

    template <class P>
    void write_processor(const P& processor) {
      static_assert(std::is_same_v<typename P::entry, processed_entry<K, V>>,
                    "this processor works on a map of other types: its `entry` is not troupe::processed_entry<K, V> of this map");
      call.what.processor = blob{detail::processor_traits<P>::name()};
      take(detail::argument_of(processor), call.what.value, "the processor has no encoding: it is too large, or nested too deeply");
    }

    template <class T>
    troupe::call<T> as(detail::answer_reader<T> read) && {
      return {std::move(*this), read};
    }
  };

  [[nodiscard]] listener_request draft_listener(const caf::actor& listener, const listener_options& options) const {
    listener_request what{listener};
    what.timeout = timeout_;
    what.what.values = options.values;
    what.what.old_values = options.old_values;
    return what;
  }

  /// Through the map's actor: the router knows nothing of the cluster's agreement.
  [[nodiscard]] call<bool> change(const map_change& what) const { return {detail::drafted_call{handle_, timeout_, what}, whether_found}; }

  [[nodiscard]] draft on_key(operation_kind kind, const K& key) const {
    draft d{*this, protocol::map_call::kind::single};
    d.call.what.operation = kind;
    d.write_key(key, d.call.what.key);
    return d;
  }
  [[nodiscard]] draft on_lock(operation_kind kind, const K& key, const owner& who, milliseconds lease) const {
    auto d = on_key(kind, key);
    d.call.what.owner = who.number;
    if (lease != milliseconds{}) d.call.what.life.ttl = lease;
    return d;
  }
  [[nodiscard]] draft on_entry(operation_kind kind, const K& key, const V& value, const entry_options& life = {}) const {
    auto d = on_key(kind, key);
    d.call.what.life = life.choice();
    d.write_value(value, d.call.what.value);
    return d;
  }

  [[nodiscard]] static draft without_long_wait(draft d, milliseconds wait) {
    d.call.what.wait = wait;
    d.call.what.may_find_locked = true;
    return d;
  }

  [[nodiscard]] draft scan_from(std::string cursor, std::uint32_t page_bytes) const {
    draft d{*this, protocol::map_call::kind::scan};
    d.call.what.cursor = std::move(cursor);
    d.call.what.page_bytes = page_bytes;
    if (page_bytes == 0 || page_bytes > protocol::page_bytes_max) d.call.problem = "a page has about 1 byte to 1 MiB";
    return d;
  }

  // How answers read.
  static caf::error unreadable(const char* what, const blob& bytes) {
    return make_type_error(outcome::ok, std::string{what} + " of " + std::to_string(bytes.size()) + " bytes is none of this map's type");
  }
  static result<std::optional<V>> value_or_nothing(answer&& a) {
    if (!a.found) return std::optional<V>{};
    auto value = from_bytes<V>(a.value);
    if (!value) return unreadable("a value", a.value);
    return value;
  }
  static result<std::vector<entry>> all_entries(answer&& a) {
    std::vector<entry> all;
    all.reserve(a.entries.size());
    for (const auto& e : a.entries) {
      auto key = from_bytes<K>(e.key);
      if (!key) return unreadable("a key", e.key);
      auto value = from_bytes<V>(e.value);
      if (!value) return unreadable("a value", e.value);
      all.emplace_back(std::move(*key), std::move(*value));
    }
    return all;
  }
  static result<entry_page<K, V>> a_page(answer&& a) {
    auto cursor = std::move(a.cursor);
    auto all = all_entries(std::move(a));
    if (!all) return all.error();
    return entry_page<K, V>{std::move(*all), std::move(cursor)};
  }
  static result<key_page<K>> a_key_page(answer&& a) {
    key_page<K> page;
    page.keys.reserve(a.entries.size());
    for (const auto& e : a.entries) {
      auto key = from_bytes<K>(e.key);
      if (!key) return unreadable("a key", e.key);
      page.keys.push_back(std::move(*key));
    }
    page.next = std::move(a.cursor);
    return page;
  }
  static result<std::optional<entry_view<V>>> view_or_nothing(answer&& a) {
    if (!a.found || !a.facts) return std::optional<entry_view<V>>{};
    auto value = from_bytes<V>(a.value);
    if (!value) return unreadable("a value", a.value);
    return std::optional{detail::make_entry_view(std::move(*value), *a.facts)};
  }
  template <class P>
  static result<returned_by<P>> what_it_returned(answer&& a) {
    auto value = detail::read_result<P>(a.value);
    if (!value) return unreadable("a result", a.value);
    return std::move(*value);
  }
  template <class P>
  static result<std::vector<std::pair<K, returned_by<P>>>> all_that_it_returned(answer&& a) {
    std::vector<std::pair<K, returned_by<P>>> all;
    all.reserve(a.entries.size());
    for (const auto& e : a.entries) {
      auto key = from_bytes<K>(e.key);
      if (!key) return unreadable("a key", e.key);
      auto value = detail::read_result<P>(e.value);
      if (!value) return unreadable("a result", e.value);
      all.emplace_back(std::move(*key), std::move(*value));
    }
    return all;
  }
  static result<std::optional<lock_fence>> a_fence_or_nothing(answer&& a) {
    return a.found ? std::optional{fence_of(a.value, a.epoch, a.seq)} : std::nullopt;
  }
  static result<lock_fence> a_fence(answer&& a) {
    if (!a.found) return make_map_error(outcome::not_applied, failure::locked);
    return fence_of(a.value, a.epoch, a.seq);
  }
  static result<std::uint32_t> holds_left(answer&& a) { return static_cast<std::uint32_t>(a.number); }
  static result<bool> whether_found(answer&& a) { return a.found; }
  static result<bool> whether_written(answer&& a) { return a.seq != seq_number{}; }
  static result<bool> whether_none(answer&& a) { return a.number == 0; }
  static result<std::uint64_t> count(answer&& a) { return a.number; }
  static result<receipt> a_receipt(answer&& a) { return receipt{a.epoch.value(), a.seq.value(), a.copies, a.held_by}; }

  map_actor handle_;
  std::shared_ptr<const call_gate> gate_;  ///< null: calls go through the actor
  duration timeout_;
};

}  // namespace troupe
