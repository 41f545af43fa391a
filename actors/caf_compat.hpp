/// \file
/// All that depends on CAF's version: 0.17.6, which Debian ships, and 1.x. Nothing else here may ask for the version.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/all.hpp>
#include <caf/config.hpp>

#if CAF_MAJOR_VERSION >= 1  // CAF_VERSION itself is wrong in some 1.x releases.
#  define TROUPE_CAF_1 1
#  include <caf/init_global_meta_objects.hpp>
/// An atom of ours. The text names it on 0.17.
#  define TROUPE_ATOM(block, name, text) CAF_ADD_ATOM(block, troupe, name)
#else
#  define TROUPE_CAF_1 0
#  define TROUPE_ATOM(block, name, text) CAF_ADD_ATOM(block, troupe, name, text)
#endif

namespace troupe::compat {

/// A message in its envelope, on the way into a mailbox: one allocation for both.
/// make_letter(what): from nobody. delegated_letter(self, what): whoever gets it answers what `self` has just been asked.
using letter = caf::mailbox_element_ptr;

#if TROUPE_CAF_1

template <class Signature>
using signature = Signature;  // caf::result<R>(Ts…) as it stands

template <class Self>
auto& state_of(Self* self) {
  return self->state();
}
template <class Handle, class... Ts>
void anonymous_send(const Handle& to, Ts&&... xs) {
  caf::anon_mail(std::forward<Ts>(xs)...).send(to);
}
template <class Self, class Duration, class... Ts>
void send_to_self_after(Self* self, Duration delay, Ts&&... xs) {
  self->mail(std::forward<Ts>(xs)...).delay(delay).send(self);
}
template <class Handle, class Duration, class Message>
void anonymous_send_after(const Handle& to, Duration delay, Message&& what) {
  caf::anon_mail(std::forward<Message>(what)).delay(delay).send(to);
}

/// `f()`, in `self`, when `whom` has ended. Once for an actor: 0.17 has one handler for all.
template <class Self, class Handle, class F>
void on_down(Self* self, const Handle& whom, F f) {
  self->monitor(whom, [f](const caf::error&) { f(); });
}

template <class... Ts>
letter make_letter(Ts&&... xs) {
  return caf::make_mailbox_element(nullptr, caf::make_message_id(), caf::make_message(std::forward<Ts>(xs)...));
}
template <class Self, class Message>
letter delegated_letter(Self* self, Message&& what) {
  auto& asked = *self->current_mailbox_element();
  const auto id = asked.mid;
  asked.mid.mark_as_answered();
  return caf::make_mailbox_element(std::move(asked.sender), id, caf::make_message(std::forward<Message>(what)));
}

#else

template <class Signature>
struct signature_of;
template <class R, class... Ts>
struct signature_of<caf::result<R>(Ts...)> {
  using type = typename caf::replies_to<Ts...>::template with<R>;
};
template <class Signature>
using signature = typename signature_of<Signature>::type;

template <class Self>
auto& state_of(Self* self) {
  return self->state;
}
template <class Handle, class... Ts>
void anonymous_send(const Handle& to, Ts&&... xs) {
  caf::anon_send(to, std::forward<Ts>(xs)...);
}
template <class Self, class Duration, class... Ts>
void send_to_self_after(Self* self, Duration delay, Ts&&... xs) {
  self->delayed_send(self, delay, std::forward<Ts>(xs)...);
}
template <class Handle, class Duration, class Message>
void anonymous_send_after(const Handle& to, Duration delay, Message&& what) {
  caf::delayed_anon_send(to, delay, std::forward<Message>(what));
}
template <class Self, class Handle, class F>
void on_down(Self* self, const Handle& whom, F f) {
  self->set_down_handler([f](const caf::down_msg&) { f(); });
  self->monitor(whom);
}
template <class... Ts>
letter make_letter(Ts&&... xs) {
  return caf::make_mailbox_element(nullptr, caf::make_message_id(), {}, std::forward<Ts>(xs)...);
}
template <class Self, class Message>
letter delegated_letter(Self* self, Message&& what) {
  const auto asked = self->make_response_promise();  // Takes the question out of the actor's hands.
  return caf::make_mailbox_element(asked.source(), asked.id(), asked.stages(), std::forward<Message>(what));
}

#endif

/// Into the mailbox of `to`, from any thread; an idle actor runs in the scheduler of its actor system.
template <class Handle>
void put(const Handle& to, letter what) {
  if (const auto receiver = caf::actor_cast<caf::strong_actor_ptr>(to)) receiver->get()->enqueue(std::move(what), nullptr);
}

/// A named member of an inspected struct.
template <class T>
struct named_field {
  const char* name;
  T& value;
};

/// The body of an inspect function in either version.
template <class Inspector, class Object, class... Ts>
auto inspect_as(Inspector& f, [[maybe_unused]] Object& object, [[maybe_unused]] const char* name, named_field<Ts>... fields) {
#if TROUPE_CAF_1
  return f.object(object).pretty_name(name).fields(f.field(fields.name, fields.value)...);
#else
  return f(caf::meta::type_name(name), fields.value...);
#endif
}

/// The body of an inspect function of a type that travels as what `get` returns, and is made of it again by `set`.
template <class Inspector, class Get, class Set>
auto inspect_converted(Inspector& f, Get get, Set set) {
#if TROUPE_CAF_1
  return f.apply(get, [&set](auto&& value) {
    set(std::forward<decltype(value)>(value));
    return true;
  });
#else
  auto value = get();
  return f(value, caf::meta::load_callback([&]() -> caf::error {
             set(value);
             return caf::none;
           }));
#endif
}

/// `self->request(…)`; without `timeout`: it has its answer or its error from the receiver. `self`: a pointer to an actor, or a scoped one.
template <class Self, class Handle, class Message>
auto request(Self& self, const Handle& to, const std::optional<std::chrono::nanoseconds>& timeout, Message&& what) {
#if TROUPE_CAF_1
  return self->mail(std::forward<Message>(what)).request(to, timeout ? caf::timespan{*timeout} : caf::timespan{caf::infinite});
#else
  return self->request(to, timeout ? caf::duration{std::chrono::duration_cast<std::chrono::milliseconds>(*timeout)} : caf::duration{caf::infinite},
                       std::forward<Message>(what));
#endif
}

/// Declares an option that keeps whatever value it is given, so that its reader can say what is wrong with it. (0.17 drops a value of another type
/// than the declared one from a file, without a word; 1.x reports it.) `type_name`: string, integer, float or boolean; one for each `Kind`.
template <auto Kind, bool IsText>
void add_lenient_option(caf::config_option_set& options, const std::string& category, const std::string& name, const std::string& description,
                        [[maybe_unused]] const char* type_name) {
#if TROUPE_CAF_1
  if constexpr (IsText) {
    options.add<std::string>(category, name, description);
  } else {
    options.add<caf::config_value>(category, name, description);
  }
#else
  using value = caf::config_value;
  constexpr auto parse = [](void*, caf::string_view text) -> caf::expected<value> {
    std::string as_text{text.begin(), text.end()};
    if (IsText) return value{std::move(as_text)};
    auto parsed = value::parse(text);
    if (parsed) return std::move(*parsed);
    return value{std::move(as_text)};
  };
  // Options refer to it for as long as the process runs.
  static const caf::config_option::meta_state meta{[](const value&) -> caf::error { return caf::none; }, [](void*, const value&) {}, nullptr, parse,
                                                   type_name};
  options.add(caf::config_option{category, name, description, &meta});
#endif
}

/// A typed actor by its signatures, each written as caf::result<R>(Ts…).
template <class... Signatures>
using typed_actor = caf::typed_actor<signature<Signatures>...>;

}  // namespace troupe::compat
