/// \file
/// All that depends on CAF's version: 0.17.6, which Debian ships, and 1.x. Nothing else here may ask for the version.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/all.hpp>
#include <caf/config.hpp>

// Within a block of type ids. TROUPE_ATOM: an atom of ours; the text names it on 0.17. TROUPE_LOCAL_MESSAGE: a message that never leaves its process, so
// that CAF need not serialize it; 0.17 wants no id for it. TROUPE_ERROR_CATEGORY: a type whose values are codes of errors, 0 is none; 0.17 knows the
// category by the text.
// TROUPE_LETTERS: `extern` in a header, so that compilers need not make again in each file what 0.17 makes of a message of this type; nothing in one source.
#if CAF_MAJOR_VERSION >= 1  // CAF_VERSION itself is wrong in some 1.x releases.
#  define TROUPE_CAF_1 1
#  include <caf/detail/test_coordinator.hpp>
#  include <caf/init_global_meta_objects.hpp>
#  include <caf/scheduler.hpp>
#  define TROUPE_ATOM(block, name, text) CAF_ADD_ATOM(block, troupe, name)
#  define TROUPE_LOCAL_MESSAGE(block, type) CAF_ADD_TYPE_ID(block, (type)) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(type)
#  define TROUPE_ERROR_CATEGORY(block, type, text)                        \
    namespace caf {                                                       \
    template <>                                                           \
    struct inspector_access<type> : troupe::compat::code_access<type> {}; \
    }                                                                     \
    CAF_ADD_TYPE_ID(block, (type))                                        \
    CAF_ERROR_CODE_ENUM(type)
#  define TROUPE_LETTERS(where, type)
#else
#  define TROUPE_CAF_1 0
#  include <caf/execution_unit.hpp>
#  include <caf/scheduler/abstract_coordinator.hpp>
#  include <caf/scheduler/test_coordinator.hpp>
#  define TROUPE_ATOM(block, name, text) CAF_ADD_ATOM(block, troupe, name, text)
#  define TROUPE_LOCAL_MESSAGE(block, type) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(type)
#  define TROUPE_ERROR_CATEGORY(block, type, text)                        \
    namespace troupe::compat {                                            \
    template <>                                                           \
    inline constexpr caf::atom_value category_of<type> = caf::atom(text); \
    }
#  define TROUPE_LETTERS(where, type)                                                                                                                  \
    where template TROUPE_API caf::mailbox_element_ptr caf::make_mailbox_element<type>(caf::strong_actor_ptr, caf::message_id, caf::mailbox_element::forwarding_stack, \
                                                                            type&&);
#endif

namespace troupe::compat {

/// A message in its envelope, on the way into a mailbox: one allocation for both.
/// make_letter(what): from nobody. delegated_letter(self, what): whoever gets it answers what `self` has just been asked.
using letter = caf::mailbox_element_ptr;

// ---- types, and the errors that are told by them ----

#if TROUPE_CAF_1

/// 1.x must know the types of a block before there is an actor system: a constant of this type in the header that has the block sees to that. (To tell
/// it of a type twice does no harm.)
template <class Block>
struct known_types {
  known_types() { caf::init_global_meta_objects<Block>(); }
};
/// The same of its own types.
struct known_core_types {
  known_core_types() { caf::core::init_global_meta_objects(); }
};
inline const known_core_types types_of_caf{};
/// 0.17 knows types by actor system, and needs to only where messages leave the process.
template <class Block>
void add_message_types(caf::actor_system_config&) {}

/// 1.x does not inspect enumerations by itself.
template <class Enumeration>
struct code_access : caf::inspector_access_base<Enumeration> {
  template <class Inspector>
  static bool apply(Inspector& f, Enumeration& x) {
    using number = std::underlying_type_t<Enumeration>;
    return f.apply([&x] { return static_cast<number>(x); },
                   [&x](number code) {
                     x = Enumeration{code};
                     return true;
                   });
  }
};

template <class Category>
caf::error make_error(Category code, std::string text) {
  return caf::error{code, caf::make_message(std::move(text))};
}
template <class Category>
bool is_of(const caf::error& e) {
  return e && e.category() == caf::type_id_v<Category>;
}
inline std::string category_name(const caf::error& e) { return std::string{caf::query_type_name(e.category())}; }

#else

template <class Block>
struct known_types {};
template <class Block>
void add_message_types(caf::actor_system_config& config) {
  config.add_message_types<Block>();
}

template <class Category>
inline constexpr caf::atom_value category_of = caf::atom_value{};
template <class Category>
caf::error make_error(Category code, std::string text) {
  return caf::error{static_cast<std::uint8_t>(code), category_of<Category>, caf::make_message(std::move(text))};
}
template <class Category>
bool is_of(const caf::error& e) {
  return e && e.category() == category_of<Category>;
}
inline std::string category_name(const caf::error& e) { return caf::to_string(e.category()); }

#endif

// ---- actors and messages ----

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
template <class Self, class Handle, class... Ts>
void send(Self* self, const Handle& to, Ts&&... xs) {
  self->mail(std::forward<Ts>(xs)...).send(to);
}
template <class Self, class Duration, class... Ts>
void send_to_self_after(Self* self, Duration delay, Ts&&... xs) {
  // Not by delay(): that adds to the time of the machine, also where an actor system has a clock of its own.
  self->mail(std::forward<Ts>(xs)...).schedule(self->clock().now() + delay).send(self);
}
template <class Handle, class Duration, class Message>
void anonymous_send_after(const Handle& to, Duration delay, Message&& what) {
  if (const auto* receiver = caf::actor_cast<caf::abstract_actor*>(to)) {
    caf::anon_mail(std::forward<Message>(what)).schedule(receiver->home_system().clock().now() + delay).send(to);
  }
}
/// The answer goes to whoever asked `self`: so its handler says caf::delegated.
template <class Self, class Handle, class Message>
void delegate(Self* self, const Handle& to, Message&& what) {
  std::ignore = self->mail(std::forward<Message>(what)).delegate(to);
}

/// `f()`, in `self`, when `whom` has ended. Once for an actor: 0.17 has one handler for all.
template <class Self, class Handle, class F>
void on_down(Self* self, const Handle& whom, F f) {
  self->monitor(whom, [f](const caf::error&) { f(); });
}

/// `f(caf::exit_msg&)` instead of the end, when `self` is told to end.
template <class Self, class F>
void on_exit(Self* self, F f) {
  CAF_PUSH_DEPRECATED_WARNING  // What 1.x would rather have, a handler among the others, is nothing to 0.17.
  self->set_exit_handler(std::move(f));
  CAF_POP_WARNINGS
}

/// The answer is there, and is nothing.
inline void keep(caf::typed_response_promise<void>& promise) { promise.deliver(); }
/// Whoever asked is told that there will be no answer; from wherever the promise is given up, also while its actor ends.
template <class Promise>
void give_up(Promise& promise) {
  promise = {};  // Then it is what CAF calls broken.
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
template <class Self, class Handle, class... Ts>
void send(Self* self, const Handle& to, Ts&&... xs) {
  self->send(to, std::forward<Ts>(xs)...);
}
template <class Self, class Duration, class... Ts>
void send_to_self_after(Self* self, Duration delay, Ts&&... xs) {
  self->delayed_send(self, delay, std::forward<Ts>(xs)...);
}
template <class Handle, class Duration, class Message>
void anonymous_send_after(const Handle& to, Duration delay, Message&& what) {
  caf::delayed_anon_send(to, delay, std::forward<Message>(what));
}
template <class Self, class Handle, class Message>
void delegate(Self* self, const Handle& to, Message&& what) {
  self->delegate(to, std::forward<Message>(what));
}
template <class Self, class Handle, class F>
void on_down(Self* self, const Handle& whom, F f) {
  self->set_down_handler([f](const caf::down_msg&) { f(); });
  self->monitor(whom);
}
template <class Self, class F>
void on_exit(Self* self, F f) {
  self->set_exit_handler(std::move(f));
}
inline void keep(caf::typed_response_promise<void>& promise) { static_cast<caf::response_promise&>(promise).deliver(caf::unit); }
template <class Promise>
void give_up(Promise& promise) {
  const caf::response_promise& given = promise;  // 0.17 tells nobody by itself.
  if (given.pending() && !given.async() && given.source()) {
    given.source()->enqueue(caf::make_mailbox_element(nullptr, given.id().response_id(), {}, caf::make_error(caf::sec::request_receiver_down)), nullptr);
  }
  promise = {};
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

/// The behavior of a typed actor with these handlers, which may be many. 1.0 compares them with the actor's interface in a way that takes GCC more
/// memory than there is from some 20 on, for each one more twice as much: it is spared that; all other versions compare.
template <class Handle, class... Handlers>
typename Handle::behavior_type behavior_of(Handlers... handlers) {
#if TROUPE_CAF_1 && CAF_MINOR_VERSION == 0
  static_assert(sizeof...(Handlers) == caf::detail::tl_size<typename Handle::signatures>::value, "a handler is missing, or is one too many");
  return {caf::partial_behavior_init, std::move(handlers)...};
#else
  return {std::move(handlers)...};
#endif
}

/// Whoever was asked has ended. 1.0 answers with the reason of its end, and that is no error where it ended as it should.
inline bool is_gone(const caf::error& e) { return !e || e == caf::sec::request_receiver_down || e == caf::exit_reason::user_shutdown; }

/// Whether it ends, or has been told to: quit() has been called, by itself or by an exit message.
template <class Self>
bool has_quit(const Self* self) {
  return self->getf(caf::abstract_actor::is_shutting_down_flag);
}

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

#if TROUPE_CAF_1
template <class Inspector, class T>
auto field_of(Inspector& f, const named_field<T>& which) {
  if constexpr (std::is_enum_v<T>) {  // 1.x does not inspect them by itself.
    using number = std::underlying_type_t<T>;
    return f.field(
        which.name, [value = &which.value] { return static_cast<number>(*value); },
        [value = &which.value](number code) {
          *value = T{code};
          return true;
        });
  } else {
    return f.field(which.name, which.value);
  }
}
#endif

/// The body of an inspect function in either version.
template <class Inspector, class Object, class... Ts>
auto inspect_as(Inspector& f, [[maybe_unused]] Object& object, [[maybe_unused]] const char* name, named_field<Ts>... fields) {
#if TROUPE_CAF_1
  return f.object(object).pretty_name(name).fields(field_of(f, fields)...);
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

/// A value as another process gets it; nothing where CAF can't write it, or not read it again.
template <class T>
std::optional<T> as_it_arrives(caf::actor_system& system, T& value) {
  T copy{};
#if TROUPE_CAF_1
  caf::byte_buffer bytes;
  caf::binary_serializer write{system, bytes};
  if (!write.apply(value)) return std::nullopt;
  caf::binary_deserializer read{system, bytes};
  if (!read.apply(copy)) return std::nullopt;
#else
  std::vector<char> bytes;
  caf::binary_serializer write{system, bytes};
  if (write(value)) return std::nullopt;
  caf::binary_deserializer read{system, bytes};
  if (read(copy)) return std::nullopt;
#endif
  return copy;
}

/// `self->request(…)`; without `timeout`: it has its answer or its error from the receiver. `self`: a pointer to an actor, or a scoped one.
template <class Self, class Handle, class... Ts>
auto request(Self& self, const Handle& to, const std::optional<std::chrono::nanoseconds>& timeout, Ts&&... what) {
#if TROUPE_CAF_1
  return self->mail(std::forward<Ts>(what)...).request(to, timeout ? caf::timespan{*timeout} : caf::timespan{caf::infinite});
#else
  return self->request(to, timeout ? caf::duration{std::chrono::duration_cast<std::chrono::milliseconds>(*timeout)} : caf::duration{caf::infinite},
                       std::forward<Ts>(what)...);
#endif
}

/// A request that an actor has sent, with whatever its answer will be told to still open. The same as request(), for any actor that isn't a blocking
/// one: what is made of it need not be compiled again for each kind of actor and each handler, which takes compilers long.
struct sent_request {
  caf::scheduled_actor* self = nullptr;
  caf::message_id answer;
#if TROUPE_CAF_1
  caf::disposable timeout;
#endif
};
template <class Handle, class Message>
sent_request send_request(caf::scheduled_actor* self, const Handle& to, const std::optional<std::chrono::nanoseconds>& timeout, Message what) {
  const auto id = self->new_request_id(caf::message_priority::normal);
  sent_request sent;
  sent.self = self;
  sent.answer = id.response_id();
#if TROUPE_CAF_1
  if (auto* receiver = caf::actor_cast<caf::abstract_actor*>(to)) {
    if (timeout) {  // As CAF's own requests: whoever has ended is not kept until then.
      auto& clock = self->clock();
      sent.timeout = clock.schedule_message(nullptr, caf::actor_cast<caf::weak_actor_ptr>(self->ctrl()), clock.now() + *timeout, sent.answer,
                                            caf::make_message(caf::make_error(caf::sec::request_timeout)));
    }
    receiver->enqueue(caf::make_mailbox_element(self->ctrl(), id, caf::make_message(std::move(what))), self->context());
  } else {
    self->enqueue(caf::make_mailbox_element(self->ctrl(), sent.answer, caf::make_message(caf::make_error(caf::sec::invalid_request))), self->context());
  }
#else
  if (to) {
    caf::detail::profiled_send(self, self->ctrl(), to, id, {}, self->context(), std::move(what));
    if (timeout) self->request_response_timeout(caf::duration{std::chrono::duration_cast<std::chrono::milliseconds>(*timeout)}, id);
  } else {
    self->eq_impl(sent.answer, self->ctrl(), self->context(), caf::make_error(caf::sec::invalid_argument));
  }
#endif
  return sent;
}
/// `handlers`: of the answer, and of an error, which may come instead.
inline void then(sent_request sent, caf::behavior handlers) {
#if TROUPE_CAF_1
  sent.self->add_multiplexed_response_handler(sent.answer, std::move(handlers), std::move(sent.timeout));
#else
  sent.self->add_multiplexed_response_handler(sent.answer, std::move(handlers));
#endif
}
/// The actor handles nothing else meanwhile.
inline void await(sent_request sent, caf::behavior handlers) {
#if TROUPE_CAF_1
  sent.self->add_awaited_response_handler(sent.answer, std::move(handlers), std::move(sent.timeout));
#else
  sent.self->add_awaited_response_handler(sent.answer, std::move(handlers));
#endif
}

// ---- where actors run ----

#if TROUPE_CAF_1

/// What actors run on that is not CAF's scheduler. `take` gets each actor that becomes ready, with a reference of its own.
class execution_unit : public caf::scheduler {
 public:
  explicit execution_unit(caf::actor_system& system) : system_{system} {}
  [[nodiscard]] caf::actor_system& system() const { return system_; }

 private:
  virtual void take(caf::resumable* actor) = 0;
  void schedule(caf::resumable* actor) final { take(actor); }
  void delay(caf::resumable* actor) final { take(actor); }
  void start() final {}
  void stop() final {}

  caf::actor_system& system_;
};

/// Hands over the reference as well. From any thread.
inline void run_in_scheduler(caf::actor_system& system, caf::resumable* actor) { system.scheduler().schedule(actor); }

/// The deterministic scheduler and clock of a system with the policy `testing`. 1.x keeps them to itself: of their functions a shared library of CAF
/// shows none but those that are virtual. So this does with their data what the functions would.
class test_scheduler {
 public:
  explicit test_scheduler(caf::actor_system& system)
      : jobs_{of_test(system).jobs}, scheduler_{system.scheduler()}, clock_{static_cast<caf::detail::test_actor_clock&>(system.clock())} {}
  /// Until nobody has anything to do.
  void run() {
    while (!jobs_.empty()) {
      auto* next = jobs_.front();
      jobs_.pop_front();
      if (next->resume(&scheduler_, 1) == caf::resumable::resume_later)
        jobs_.push_front(next);
      else
        caf::intrusive_ptr_release(next);
    }
  }
  void advance_time(std::chrono::nanoseconds by) {
    clock_.current_time += by;
    while (!clock_.actions.empty() && clock_.actions.begin()->first <= clock_.current_time) {
      auto due = clock_.actions.extract(clock_.actions.begin());
      if (!due.mapped().disposed()) due.mapped().run();
    }
  }

 private:
  static caf::detail::test_coordinator& of_test(caf::actor_system& system) {
    if (caf::get_or(system.config(), "caf.scheduler.policy", "") != "testing") throw std::bad_cast{};
    return static_cast<caf::detail::test_coordinator&>(system.scheduler());
  }

  std::deque<caf::resumable*>& jobs_;
  caf::scheduler& scheduler_;
  caf::detail::test_actor_clock& clock_;
};

#else

class execution_unit : public caf::execution_unit {
 public:
  explicit execution_unit(caf::actor_system& system) : caf::execution_unit(&system) {}

 private:
  virtual void take(caf::resumable* actor) = 0;
  void exec_later(caf::resumable* actor) final { take(actor); }
};

inline void run_in_scheduler(caf::actor_system& system, caf::resumable* actor) { system.scheduler().enqueue(actor); }

class test_scheduler {
 public:
  explicit test_scheduler(caf::actor_system& system) : coordinator_{dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler())} {}
  void run() { coordinator_.run(); }
  void advance_time(std::chrono::nanoseconds by) { coordinator_.advance_time(by); }

 private:
  caf::scheduler::test_coordinator& coordinator_;
};

#endif

// ---- configuration ----

/// Sets one of CAF's own options, named without the prefix that they have in 1.x. Options whose values are names are atoms to 0.17.
inline caf::actor_system_config& set_option(caf::actor_system_config& config, const std::string& name, std::size_t value) {
  return config.set(TROUPE_CAF_1 ? "caf." + name : name, value);
}
inline caf::actor_system_config& set_option(caf::actor_system_config& config, const std::string& name, const std::string& value) {
#if TROUPE_CAF_1
  return config.set("caf." + name, value);
#else
  return config.set(name, caf::atom_from_string(value));
#endif
}

/// A section of a configuration file.
inline std::string config_section(const std::string& name, const std::string& lines) {
  return TROUPE_CAF_1 ? name + " {\n" + lines + "}\n" : '[' + name + "]\n" + lines;
}

/// No log of CAF's, on which 1.x insists by itself.
inline void silence([[maybe_unused]] caf::actor_system_config& config) {
#if !TROUPE_CAF_1
  set_option(config, "logger.verbosity", "quiet");
#endif
}

/// Declares an option that keeps whatever value it is given, so that its reader can say what is wrong with it. (0.17 drops a value of another type
/// than the declared one from a file, without a word; 1.x has an error of its own.) `type_name`: string, integer, float or boolean; one for each `Kind`.
template <auto Kind, bool IsText>
void add_lenient_option(caf::config_option_set& options, const std::string& category, const std::string& name, const std::string& description,
                        const char* type_name) {
  using value = caf::config_value;
  // Options refer to `meta` for as long as the process runs.
#if TROUPE_CAF_1
  constexpr auto take = [](void*, value& given) -> caf::error {
    if (IsText) return {};
    if (const auto* text = caf::get_if<std::string>(&given)) {  // From a command line everything is.
      if (auto parsed = value::parse(*text)) given = std::move(*parsed);
    }
    return {};
  };
  const std::string_view as_1x_says = std::string_view{type_name} == "boolean" ? "bool" : type_name;
  static const caf::config_option::meta_state meta{take, [](const void*) { return value{}; }, as_1x_says};
#else
  constexpr auto parse = [](void*, caf::string_view text) -> caf::expected<value> {
    std::string as_text{text.begin(), text.end()};
    if (IsText) return value{std::move(as_text)};
    auto parsed = value::parse(text);
    if (parsed) return std::move(*parsed);
    return value{std::move(as_text)};
  };
  static const caf::config_option::meta_state meta{[](const value&) -> caf::error { return caf::none; }, [](void*, const value&) {}, nullptr, parse,
                                                   type_name};
#endif
  options.add(caf::config_option{category, name, description, &meta});
}

/// A typed actor by its signatures, each written as caf::result<R>(Ts…).
template <class... Signatures>
using typed_actor = caf::typed_actor<signature<Signatures>...>;

}  // namespace troupe::compat
