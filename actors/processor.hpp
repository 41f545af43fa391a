/// \file
/// Typed entry processors: a function on one entry of a `map<K, V>`, which the member runs that leads the entry, and which takes effect once.
///
///     struct deposit {
///       static constexpr std::string_view processor_name = "deposit";       // the same at all members
///       using entry = troupe::processed_entry<std::string, std::int64_t>;  // of which map
///       std::int64_t cents = 0;                                            // its argument: the fields of its object
///
///       std::int64_t operator()(entry& account) const {                    // what it returns goes to the caller
///         account.set(account.value().value_or(0) + cents);
///         return *account.value();
///       }
///     };
///     template <class Inspector>
///     typename Inspector::result_type inspect(Inspector& f, deposit& d) { return f(d.cents); }
///
///     processors->add<deposit>();                                          // processor_registry.hpp
///     auto balance = accounts.execute_on_key("alice", deposit{5}).wait();  // map.hpp
///
/// The object travels in its encoding, as a value would (encoding.hpp); one without fields needs none. So does the result; a function that
/// returns nothing answers std::monostate.
#pragma once

#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include <troupe/actors/entry_options.hpp>
#include <troupe/actors/protocol/row/entry_processors.hpp>
#include <troupe/messages/encoding/inspected.hpp>

namespace troupe {

/// An entry while a processor decides about it.
template <class K, class V>
class processed_entry {
 public:
  using key_type = K;
  using mapped_type = V;

  processed_entry(K key, std::optional<V> value) : key_{std::move(key)}, value_{std::move(value)} {}

  [[nodiscard]] const K& key() const { return key_; }
  /// As it is by now; nothing: the key is not there.
  [[nodiscard]] const std::optional<V>& value() const { return value_; }
  /// As a put would: without `life` it lives as the map's definition says, from now on.
  void set(V value, const entry_options& life = {}) { change(std::move(value), {{}, life.choice(), false}); }
  /// It lives on as it would have done; a new one as the map's definition says.
  void set_value_only(V value) { change(std::move(value), {{}, {}, true}); }
  void remove() {
    value_.reset();
    effect_ = protocol::remove_entry{};
  }

  /// What has become of it, but for the bytes of the value.
  [[nodiscard]] const std::variant<protocol::keep_entry, protocol::set_entry, protocol::remove_entry>& effect() const { return effect_; }

 private:
  void change(V value, protocol::set_entry how) {
    value_ = std::move(value);
    effect_ = std::move(how);
  }

  K key_;
  std::optional<V> value_;
  std::variant<protocol::keep_entry, protocol::set_entry, protocol::remove_entry> effect_;
};

namespace detail {

template <class T>
inline constexpr bool is_processed_entry = false;
template <class K, class V>
inline constexpr bool is_processed_entry<processed_entry<K, V>> = true;

template <class P>
concept says_its_entry = requires { typename P::entry; } && is_processed_entry<typename P::entry>;

/// What a processor is made of; where it isn't, the compiler says so.
template <class P>
struct processor_traits {
  static_assert(requires { { P::processor_name } -> std::convertible_to<std::string_view>; },
                "a processor has a name: static constexpr std::string_view processor_name = \"…\"; see troupe/actors/processor.hpp");
  static_assert(says_its_entry<P>,
                "a processor says what it works on: using entry = troupe::processed_entry<K, V>; see troupe/actors/processor.hpp");
  static_assert(std::invocable<const P&, typename P::entry&>,
                "a processor is a function of its entry: R operator()(entry&) const; see troupe/actors/processor.hpp");
  static_assert(std::is_empty_v<P> || encodable<P>,
                "a processor's fields are its argument, and can't be encoded: give it an inspect function, or specialise troupe::encoding<P>");

  using entry = typename P::entry;
  using key_type = typename entry::key_type;
  using mapped_type = typename entry::mapped_type;
  using returned = std::decay_t<std::invoke_result_t<const P&, entry&>>;
  static constexpr bool returns_nothing = std::is_void_v<returned>;
  using result_type = std::conditional_t<returns_nothing, std::monostate, returned>;
  static_assert(encodable<result_type>, "what a processor returns can't be encoded: give it an inspect function, or specialise troupe::encoding");

  [[nodiscard]] static std::string_view name() { return P::processor_name; }
};

/// Nothing: it is too large, or nested too deeply.
template <class P>
[[nodiscard]] std::optional<blob> argument_of(const P& processor) {
  if constexpr (std::is_empty_v<P>) return blob{};
  else return to_bytes(processor);
}
template <class P>
[[nodiscard]] std::optional<P> processor_of(const blob& argument) {
  if constexpr (std::is_empty_v<P>) return argument.empty() ? std::optional{P{}} : std::nullopt;
  else return from_bytes<P>(argument);
}

/// Runs it, and encodes what it returns. Nothing: that has no encoding.
template <class P>
[[nodiscard]] std::optional<blob> result_of(const P& processor, typename P::entry& entry) {
  if constexpr (processor_traits<P>::returns_nothing) {
    std::invoke(processor, entry);
    return blob{};
  } else {
    return to_bytes(std::invoke(processor, entry));
  }
}
template <class P>
[[nodiscard]] std::optional<typename processor_traits<P>::result_type> read_result(const blob& bytes) {
  if constexpr (processor_traits<P>::returns_nothing) return bytes.empty() ? std::optional{std::monostate{}} : std::nullopt;
  else return from_bytes<typename processor_traits<P>::result_type>(bytes);
}

/// P as a function of bytes.
template <class P>
[[nodiscard]] protocol::processor_outcome run_processor(const protocol::entry_at_hand& on, const blob& argument) {
  using traits = processor_traits<P>;
  const auto failed = [](failure why, const char* text) { return protocol::processor_failure{why, std::string{traits::name()} + ": " + text}; };
  const auto processor = processor_of<P>(argument);
  if (!processor) return failed(failure::processor_failed, "the argument is none of its type");
  auto key = from_bytes<typename traits::key_type>(on.key);
  if (!key) return failed(failure::processor_failed, "the key is none of its type");
  std::optional<typename traits::mapped_type> value;
  if (on.value != nullptr && !(value = from_bytes<typename traits::mapped_type>(*on.value)))
    return failed(failure::processor_failed, "the value is none of its type");
  typename traits::entry entry{std::move(*key), std::move(value)};
  auto result = result_of(*processor, entry);
  if (!result) return failed(failure::result_too_large, "what it returned has no encoding: it is too large, or nested too deeply");
  protocol::processed done{entry.effect(), std::move(*result)};
  if (auto* set = std::get_if<protocol::set_entry>(&done.entry)) {
    auto bytes = to_bytes(*entry.value());
    if (!bytes) return failed(failure::value_too_large, "the new value has no encoding: it is too large, or nested too deeply");
    set->value = std::move(*bytes);
  }
  return done;
}

}  // namespace detail

}  // namespace troupe
