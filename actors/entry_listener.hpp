/// \file
/// Listeners: actors that are told what happens to the entries of a map, in the terms of Hazelcast's IMap.
///
///     auto listening = orders.add_entry_listener(listener).wait();          // or .request(self).then(…), in an actor
///     orders.add_entry_listener(listener, "apples");                        // to one key
///     orders.add_entry_listener(listener, larger_than{100});                // to what a predicate lets through, at the entry's member
///     orders.remove_entry_listener(*listening).wait();
///
/// The listener is any actor with a handler for batches, of bytes, which the map reads:
///
///     [orders](const troupe::entry_events& batch) {
///       for (const auto& e : orders.read(batch)) … e.what … *e.key … *e.value …
///     }
///
/// Events of one key come in the order in which its writes committed, each once, also when primaries die; nothing that has not committed is told.
/// The next batch comes when the handler is done with this one (a handler that returns a promise is done when it keeps it). Who is too slow for the
/// logs of the map's rows is told of a *gap*: what happened between two positions. Between two gaps nothing is missing (ADR 8).
///
/// A listener begins with what happens after it was confirmed, or a little before. Who wants a state, and everything after it, adds the listener
/// first, then reads the map, and lets events win. It ends when it is removed, when its actor does, when its handler fails or has no place for
/// batches, or for a reason that its last event says: the map was destroyed, the predicate failed, the member or client was stopped.
///
/// A predicate is registered as processors are (processor_registry.hpp), at all members that hold data, and called as they are: it must not block.
///
///     struct larger_than {
///       static constexpr std::string_view predicate_name = "larger_than";  // the same at all members
///       using event = troupe::entry_event<std::string, std::int64_t>;     // of which map
///       std::int64_t limit = 0;                                            // its argument: the fields of its object
///
///       bool operator()(const event& e) const { return e.value && *e.value > limit; }
///     };
///     processors->add_predicate<larger_than>();
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <troupe/actors/map_api.hpp>
#include <troupe/actors/map_call.hpp>
#include <troupe/actors/processor.hpp>
#include <troupe/actors/result.hpp>
#include <troupe/messages/encoding/inspected.hpp>
#include <troupe/messages/types/api.hpp>

namespace troupe {

struct listener_options {
  bool values = true;       ///< events have the new value
  bool old_values = false;  ///< and the one before
};

enum class entry_event_kind : std::uint8_t {
  added,
  updated,
  removed,
  expired,
  evicted,     ///< it made room for others
  cleared,     ///< all entries of one partition at once: a clear is told by each of them
  gap,         ///< something is missing
  unreadable,  ///< a key or a value is none of the map's types; `text` says which
  ended,       ///< the last one; `text` says why
};
[[nodiscard]] TROUPE_API std::string_view to_string(entry_event_kind);

/// What has happened to an entry of a `map<K, V>`, or to many.
template <class K, class V>
struct entry_event {
  using key_type = K;
  using mapped_type = V;

  entry_event_kind what = entry_event_kind::added;
  std::optional<K> key;        ///< added, updated, removed, expired, evicted
  std::optional<V> value;      ///< added, updated; with listener_options::values
  std::optional<V> old_value;  ///< updated, removed, expired, evicted; with listener_options::old_values
  bool before_unknown = false;  ///< nobody knows what was there any more: there is no old value, and `updated` may be `added`
  std::uint64_t entries = 0;   ///< cleared: how many
  partition_id partition;      ///< in whose log,
  seq_number at;               ///< and where: order within the partition. Of a gap: the last position that is missing
  seq_number since;            ///< of a gap: what is behind this is missing
  gap_reason why{};            ///< of a gap
  std::string text{};          ///< for people
};

namespace detail {

template <class P>
concept event_predicate = requires { typename P::event; { P::predicate_name } -> std::convertible_to<std::string_view>; };

/// What a predicate is made of; where it isn't, the compiler says so.
template <event_predicate P>
struct predicate_traits {
  static_assert(std::predicate<const P&, const typename P::event&>,
                "a predicate is a function of an event: bool operator()(const event&) const; see troupe/actors/entry_listener.hpp");
  static_assert(std::is_empty_v<P> || encodable<P>,
                "a predicate's fields are its argument, and can't be encoded: give it an inspect function, or specialise troupe::encoding<P>");
  using event = typename P::event;
  [[nodiscard]] static std::string_view name() { return P::predicate_name; }
};

/// The kind that a listener sees; and the text of a gap.
[[nodiscard]] TROUPE_API entry_event_kind kind_of(row_event_kind);
[[nodiscard]] TROUPE_API std::string text_of(const row_event&);

template <class K, class V>
[[nodiscard]] entry_event<K, V> unreadable(entry_event<K, V> e, const char* what, const blob& bytes) {
  e.what = entry_event_kind::unreadable;
  e.text = std::string{what} + " of " + std::to_string(bytes.size()) + " bytes is none of this map's type";
  return e;
}

/// The event, as far as it can be read.
template <class K, class V>
[[nodiscard]] entry_event<K, V> read_event(partition_id where, const row_event& from, bool has_value, bool has_old_value) {
  entry_event<K, V> e;
  e.what = kind_of(from.what);
  e.partition = where;
  e.at = from.at;
  e.since = from.since;
  e.why = from.why;
  e.before_unknown = from.before_unknown;
  e.entries = from.number;
  if (from.what == row_event_kind::cleared || from.what == row_event_kind::gap) {
    e.text = text_of(from);
    return e;
  }
  if (!(e.key = from_bytes<K>(from.key))) return unreadable(std::move(e), "a key", from.key);
  if (has_value && !(e.value = from_bytes<V>(from.value))) return unreadable(std::move(e), "a value", from.value);
  if (has_old_value && !(e.old_value = from_bytes<V>(from.old_value))) return unreadable(std::move(e), "an old value", from.old_value);
  return e;
}

[[nodiscard]] inline bool brings_value(row_event_kind k) { return k == row_event_kind::added || k == row_event_kind::updated; }
[[nodiscard]] inline bool takes_value(const row_event_kind k) {
  return k == row_event_kind::updated || k == row_event_kind::removed || k == row_event_kind::expired || k == row_event_kind::evicted;
}

/// P as a function of bytes. What can't be read is told: whoever listens shall know of it.
template <class P>
[[nodiscard]] protocol::predicate_outcome run_predicate(const protocol::event_view& shown, const blob& argument) {
  using event = typename predicate_traits<P>::event;
  const auto predicate = processor_of<P>(argument);
  if (!predicate) {
    return protocol::processor_failure{failure::processor_failed, std::string{predicate_traits<P>::name()} + ": the argument is none of its type"};
  }
  row_event raw;
  raw.what = shown.what;
  raw.key = shown.key;
  if (shown.value != nullptr) raw.value = *shown.value;
  if (shown.old_value != nullptr) raw.old_value = *shown.old_value;
  const auto e = read_event<typename event::key_type, typename event::mapped_type>({}, raw, shown.value != nullptr, shown.old_value != nullptr);
  return e.what == entry_event_kind::unreadable || static_cast<bool>(std::invoke(*predicate, e));
}

}  // namespace detail

namespace detail {

/// Makes such a request outside of actors: the first two block, the others call `done` once.
[[nodiscard]] TROUPE_API result<caf::actor> ask(const map_actor& to, const listener_request& what);
[[nodiscard]] TROUPE_API result<bool> ask(const map_actor& to, const listener_removal& what);
TROUPE_API void ask(const map_actor& to, const listener_request& what, std::function<void(result<caf::actor>)> done);
TROUPE_API void ask(const map_actor& to, const listener_removal& what, std::function<void(result<bool>)> done);
/// Whom to ask instead of the map, and how long to wait.
[[nodiscard]] TROUPE_API map_actor asked_for(const map_actor& to, caf::actor_system& here, const listener_request& what);
[[nodiscard]] inline const map_actor& asked_for(const map_actor& to, caf::actor_system&, const listener_removal&) { return to; }
[[nodiscard]] inline std::optional<duration> patience_with(const map_actor& to, const caf::node_id& here, const listener_request& what) {
  return patience_with(to, here, what.timeout);  // In this process the subscription sees to it.
}
[[nodiscard]] inline std::optional<duration> patience_with(const map_actor& to, const caf::node_id& here, const listener_removal& what) {
  return patience_with(to, here, what.timeout);
}

}  // namespace detail

/// A listener, or the end of one, before it is asked for. It is made in the ways in which a call is (map_call.hpp): by request() inside an actor, by wait(),
/// future() or async() elsewhere, by co_await in a coroutine.
template <class Message, class T>
class [[nodiscard("nothing happens until request(), wait(), future(), async() or co_await")]] listener_call {
 public:
  using value_type = T;

  listener_call(map_actor to, Message what) : to_{std::move(to)}, what_{std::move(what)} {}

  /// With another deadline, 0 to 7 days: whoever is not heard by all partitions then has not been added.
  [[nodiscard]] listener_call within(duration timeout) && {
    what_.timeout = timeout;
    return std::move(*this);
  }
  [[nodiscard]] listener_call within(duration timeout) const& { return listener_call{*this}.within(timeout); }
  /// When the token's source is asked to stop, from whatever thread, and the listener has not been added yet, it will not be: `cancelled`.
  /// (Through a map of another process it may be, and hear something; then it is removed again.)
  [[nodiscard]] listener_call cancelled_by(std::stop_token token) &&
    requires std::is_same_v<Message, listener_request>
  {
    what_.cancelled_by = std::move(token);
    return std::move(*this);
  }
  [[nodiscard]] listener_call cancelled_by(std::stop_token token) const&
    requires std::is_same_v<Message, listener_request>
  {
    return listener_call{*this}.cancelled_by(std::move(token));
  }

  /// Inside an actor: `.then(on_value, on_error)`, as CAF's requests. The value is a T.
  template <class Self>
  [[nodiscard]] auto request(Self&& self) const {
    const auto asked = detail::asked_for(to_, self->home_system(), what_);
    return compat::request(self, asked, detail::patience_with(asked, self->node(), what_), what_);
  }
  /// Outside of actors: blocks until all partitions have confirmed, or the deadline has passed.
  [[nodiscard]] result<T> wait() const { return detail::ask(to_, what_); }
  /// Outside of actors: returns at once. The future never throws.
  [[nodiscard]] std::future<result<T>> future() const {
    auto promise = std::make_shared<std::promise<result<T>>>();
    auto result_later = promise->get_future();
    async([promise](result<T> ended) { promise->set_value(std::move(ended)); });
    return result_later;
  }
  /// Outside of actors: returns at once. `done(result<T>)` is called once, on a thread of CAF's: it must not block.
  void async(std::function<void(result<T>)> done) const { detail::ask(to_, what_, std::move(done)); }

 private:
  map_actor to_;
  Message what_;
};

}  // namespace troupe
