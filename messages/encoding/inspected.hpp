/// \file
/// Encodings of types with an `inspect` function as CAF knows it, of either of its versions: the fields one after the other, in the order in
/// which the function names them, whatever their names. So a field that is added or moved is another encoding; where types are to change
/// over time, use Cap'n Proto (capnp.hpp).
///
/// The inspectors here are our own, because what CAF's write differs between its versions. Hence this file needs no CAF.
///
/// 0.17: `return f(caf::meta::type_name("point"), p.x, p.y);`, with its other annotations, of which only the callbacks do something.
/// 1.x: `return f.object(p).fields(f.field("x", p.x), f.field("y", get, set));`, and `f.apply(p.x)`. Fallbacks are not used: all is written.
#pragma once

#include <concepts>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include <troupe/messages/encoding/containers.hpp>

/// CAF 0.17's, where there is CAF 0.17.
namespace caf::meta {
struct annotation;
template <class F>
struct load_callback_t;
template <class F>
struct save_callback_t;
}  // namespace caf::meta

namespace troupe::detail {

template <class T>
inline constexpr bool is_annotation = std::is_base_of_v<caf::meta::annotation, T>;
template <class T>
inline constexpr bool is_load_callback = false;
template <class F>
inline constexpr bool is_load_callback<caf::meta::load_callback_t<F>> = true;
template <class T>
inline constexpr bool is_save_callback = false;
template <class F>
inline constexpr bool is_save_callback<caf::meta::save_callback_t<F>> = true;

/// A callback says what went wrong, if anything.
template <class F>
bool went_well(F& callback) {
  if constexpr (std::is_void_v<decltype(callback())>) {
    callback();
    return true;
  } else {
    return !static_cast<bool>(callback());
  }
}

/// A field as a reference.
template <class T>
struct field_reference {
  T& value;
  template <class Inspector>
  [[nodiscard]] bool operator()(Inspector& f) const {
    return f.value(value);
  }
  template <class Predicate>
  [[nodiscard]] auto invariant(Predicate holds) const {
    return [field = *this, holds](auto& f) { return field(f) && (!f.is_loading || holds(field.value)); };
  }
  template <class U>
  [[nodiscard]] field_reference fallback(U&&) const {
    return *this;
  }
};

/// A field as a pair of functions.
template <class Get, class Set>
struct field_functions {
  Get get;
  Set set;
  template <class Inspector>
  [[nodiscard]] bool operator()(Inspector& f) {
    return f.apply(get, set);
  }
};

template <class Inspector>
struct object_fields {
  Inspector& f;
  [[nodiscard]] object_fields pretty_name(std::string_view) const { return *this; }
  template <class... Fields>
  [[nodiscard]] bool fields(Fields... each) {
    return (each(f) && ...);
  }
};

/// What both inspectors have; `Derived::value` does one field.
template <class Derived>
class field_inspector {
 public:
  using result_type = bool;

  // As of 0.17.
  template <class... Ts>
  bool operator()(Ts&&... parts) {
    return (part(parts) && ...);
  }

  // As of 1.x.
  template <class T>
  [[nodiscard]] object_fields<Derived> object(T&) {
    return {self()};
  }
  template <class T>
  [[nodiscard]] field_reference<T> field(std::string_view, T& value) {
    return {value};
  }
  template <class Get, class Set>
  [[nodiscard]] field_functions<Get, Set> field(std::string_view, Get get, Set set) {
    return {std::move(get), std::move(set)};
  }
  template <class T>
  bool apply(T& value) {
    return self().value(value);
  }
  template <class Get, class Set>
  bool apply(Get get, Set set) {
    auto value = get();
    if (!self().value(value)) return false;
    if constexpr (!Derived::is_loading) {
      return true;
    } else if constexpr (std::same_as<decltype(set(std::move(value))), bool>) {
      return set(std::move(value));
    } else {
      set(std::move(value));
      return true;
    }
  }

  bool has_fields = false;

 private:
  [[nodiscard]] Derived& self() { return static_cast<Derived&>(*this); }

  template <class T>
  bool part(T& it) {
    using type = std::remove_cv_t<T>;
    if constexpr (is_load_callback<type>) {
      return !Derived::is_loading || went_well(it.fun);
    } else if constexpr (is_save_callback<type>) {
      return Derived::is_loading || went_well(it.fun);
    } else if constexpr (is_annotation<type>) {
      return true;
    } else {
      return self().value(it);
    }
  }
};

template <class T>
inline constexpr bool is_field_encodable = encodable<std::remove_cv_t<T>>;

class field_writer : public field_inspector<field_writer> {
 public:
  static constexpr bool reads_state = true, writes_state = false, is_loading = false;

  explicit field_writer(byte_writer& to) : to_{to} {}
  template <class T>
  bool value(T& field) {
    static_assert(is_field_encodable<T>,
                  "troupe: a field of this inspected type can't be encoded; see troupe/messages/encoding/encoding.hpp");
    has_fields = true;
    to_.write<std::remove_cv_t<T>>(field);
    return true;
  }

 private:
  byte_writer& to_;
};

class field_reader : public field_inspector<field_reader> {
 public:
  static constexpr bool reads_state = false, writes_state = true, is_loading = true;

  explicit field_reader(byte_reader& from) : from_{from} {}
  template <class T>
  bool value(T& field) {
    static_assert(is_field_encodable<T>,
                  "troupe: a field of this inspected type can't be encoded; see troupe/messages/encoding/encoding.hpp");
    static_assert(std::is_assignable_v<T&, std::remove_cv_t<T>>,
                  "troupe: a field of this inspected type can't be assigned to, and so not be read: is it const?");
    has_fields = true;
    if constexpr (is_field_encodable<T> && std::is_assignable_v<T&, std::remove_cv_t<T>>) {  // Else all has been said.
      auto read = from_.read<T>();
      if (!read) return false;
      field = std::move(*read);
    }
    return true;
  }

 private:
  byte_reader& from_;
};

template <class T>
concept inspected = std::is_class_v<T> && requires(field_writer& writer, field_reader& reader, T& value) {
  { inspect(writer, value) } -> std::convertible_to<bool>;
  { inspect(reader, value) } -> std::convertible_to<bool>;
};

}  // namespace troupe::detail

namespace troupe {

/// Requires: bytes that a T has been read from, are those that it is written as. Load callbacks and invariants may refuse values, not
/// change them. A T without a default constructor is an error wherever it is asked whether it is `encodable`: a mere no would be told as if it
/// had no inspect function.
template <detail::inspected T>
struct encoding<T> {
  static void encode(const T& value, byte_writer& to) {
    detail::field_writer f{to};
    // Inspect functions serve both directions, and so take what they read as something that can be written.
    if (!inspect(f, const_cast<T&>(value))) to.fail();
    if (!f.has_fields) detail::write_nothing(to);
  }
  static std::optional<T> decode(byte_reader& from) {
    if constexpr (std::default_initializable<T> && std::move_constructible<T>) {
      T value{};
      detail::field_reader f{from};
      if (!inspect(f, value)) return std::nullopt;
      if (!f.has_fields && !detail::read_nothing(from)) return std::nullopt;
      return value;
    } else {
      return std::nullopt;  // Nobody gets here: it does not compile.
    }
  }

  // Last: what follows one that fails is not there for Clang.
  static_assert(std::default_initializable<T>,
                "troupe: this type has an inspect function, but no public default constructor: what is read goes into a T{}. Give it one, or "
                "specialise troupe::encoding; see troupe/messages/encoding/encoding.hpp");
  static_assert(std::move_constructible<T>,
                "troupe: this type has an inspect function, but no public move or copy constructor: what is read is handed on. Give it one, or "
                "specialise troupe::encoding; see troupe/messages/encoding/encoding.hpp");
};

}  // namespace troupe
