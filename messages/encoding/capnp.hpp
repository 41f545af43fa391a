/// \file
/// Cap'n Proto structs as keys and values. Include it beside troupe.hpp, and link `CapnProto::capnp`.
///
/// The bytes are the struct's canonical form (one segment, without a segment table: what `capnp convert` calls `canonical`), so that equal
/// structs have equal bytes. A struct may gain fields later: older values are read with their defaults, and newer ones keep what the older
/// reader does not know.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <capnp/dynamic.h>
#include <capnp/message.h>
#include <capnp/schema.h>

#include <troupe/messages/encoding/encoding.hpp>
#include <troupe/messages/types/api.hpp>

namespace troupe {

namespace detail {

/// A struct in one segment that has been looked through: no reader of it meets what its schema does not allow. Immutable; from any thread.
class TROUPE_API canonical_message {
 public:
  /// Nothing: these bytes are no message of one segment without gaps, or none that fits the schema. They stay where they are: blobs are
  /// aligned to 8 bytes, as Cap'n Proto's words have to be.
  [[nodiscard]] static std::shared_ptr<const canonical_message> open(blob bytes, capnp::StructSchema schema);
  /// A copy of `root`. Throws kj::Exception when that can't be read.
  [[nodiscard]] static std::shared_ptr<const canonical_message> copy_of(capnp::AnyStruct::Reader root);
  ~canonical_message();

  [[nodiscard]] capnp::AnyStruct::Reader root() const;
  [[nodiscard]] const blob& bytes() const { return bytes_; }

 private:
  explicit canonical_message(blob bytes);

  blob bytes_;
  struct opened;
  std::unique_ptr<opened> opened_;
};

}  // namespace detail

/// A value of the Cap'n Proto type `Struct`: immutable, shared, cheap to copy. Its fields are read where its bytes are: those of a `get`
/// are the store's own when the entry's primary is in this process, else those that came from there.
template <class Struct>
class capnp_value {
 public:
  using reader = typename Struct::Reader;

  /// All fields have their defaults.
  capnp_value() : capnp_value{empty()} {}
  /// A copy. A struct that came from somewhere else may be malformed: then it throws kj::Exception.
  capnp_value(reader from) : message_{detail::canonical_message::copy_of(capnp::AnyStruct::Reader{from})} {}
  capnp_value(typename Struct::Builder from) : capnp_value{from.asReader()} {}
  /// A value that `fill` makes: `capnp_value<Order>::with([](Order::Builder order) { order.setItem("apple"); })`
  template <class F>
  [[nodiscard]] static capnp_value with(F fill) {
    capnp::MallocMessageBuilder message;
    auto root = message.template initRoot<Struct>();
    fill(root);
    return capnp_value{root.asReader()};
  }

  /// Valid as long as this or a copy of it is. Reading its fields does not throw.
  [[nodiscard]] reader get() const { return message_->root().template as<Struct>(); }

  friend bool operator==(const capnp_value& a, const capnp_value& b) { return a.message_->bytes() == b.message_->bytes(); }

 private:
  friend struct encoding<capnp_value>;
  explicit capnp_value(std::shared_ptr<const detail::canonical_message> message) : message_{std::move(message)} {}
  static capnp_value empty() {
    return with([](auto&) {});
  }

  std::shared_ptr<const detail::canonical_message> message_;
};

template <class Struct>
struct encoding<capnp_value<Struct>> {
  static std::string_view encode(const capnp_value<Struct>& value) { return value.message_->bytes().view(); }
  static std::optional<capnp_value<Struct>> decode(const blob& bytes) {
    auto message = detail::canonical_message::open(bytes, capnp::Schema::from<Struct>());
    if (!message) return std::nullopt;
    return capnp_value<Struct>{std::move(message)};
  }
};

}  // namespace troupe
