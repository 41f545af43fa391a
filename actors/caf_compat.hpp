/// \file
/// All that depends on CAF's version: 0.17.6, which Debian ships, and 1.x. Nothing else here may ask for the version.
#pragma once

#include <cstdint>
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

#endif

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

/// A typed actor by its signatures, each written as caf::result<R>(Ts…).
template <class... Signatures>
using typed_actor = caf::typed_actor<signature<Signatures>...>;

}  // namespace troupe::compat
