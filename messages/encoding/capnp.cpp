#include <troupe/messages/encoding/capnp.hpp>

#include <cstdint>
#include <limits>

#include <kj/exception.h>

namespace troupe::detail {

namespace {

constexpr int pointer_depth_max = 64;

/// Of one look through all fields. Pointers that share what they point to would make little look like much.
capnp::ReaderOptions strict_options(std::size_t words) {
  capnp::ReaderOptions options;
  options.traversalLimitInWords = 2 * words + 64;
  options.nestingLimit = pointer_depth_max;
  return options;
}

/// Of what has been looked through: it may be read again and again.
capnp::ReaderOptions lenient_options() {
  capnp::ReaderOptions options;
  options.traversalLimitInWords = std::numeric_limits<std::uint64_t>::max();
  options.nestingLimit = pointer_depth_max;
  return options;
}

kj::ArrayPtr<const capnp::word> words_of(const blob& bytes) {
  return {reinterpret_cast<const capnp::word*>(bytes.view().data()), bytes.size() / sizeof(capnp::word)};
}

void look_through(const capnp::DynamicValue::Reader& value);

void look_through(const capnp::DynamicStruct::Reader& fields) {
  for (const auto field : fields.getSchema().getNonUnionFields()) {
    if (fields.has(field)) look_through(fields.get(field));
  }
  KJ_IF_MAYBE(present, fields.which()) {
    if (fields.has(*present)) look_through(fields.get(*present));
  }
}

/// Throws kj::Exception at what the schema does not allow.
void look_through(const capnp::DynamicValue::Reader& value) {
  switch (value.getType()) {
    case capnp::DynamicValue::STRUCT: return look_through(value.as<capnp::DynamicStruct>());
    case capnp::DynamicValue::LIST:
      for (const auto element : value.as<capnp::DynamicList>()) look_through(element);
      return;
    case capnp::DynamicValue::ANY_POINTER: value.as<capnp::AnyPointer>().targetSize(); return;
    default: return;
  }
}

}  // namespace

struct canonical_message::opened {
  opened(kj::ArrayPtr<const capnp::word> words, const capnp::ReaderOptions& options)
      : segments{words}, reader{kj::arrayPtr(&segments, 1), options}, root{reader.getRoot<capnp::AnyStruct>()} {}

  kj::ArrayPtr<const capnp::word> segments;
  capnp::SegmentArrayMessageReader reader;
  capnp::AnyStruct::Reader root;
};

canonical_message::canonical_message(blob bytes) : bytes_{std::move(bytes)} {}
canonical_message::~canonical_message() = default;

capnp::AnyStruct::Reader canonical_message::root() const { return opened_->root; }

std::shared_ptr<const canonical_message> canonical_message::open(blob bytes, capnp::StructSchema schema) {
  if (bytes.empty() || bytes.size() % sizeof(capnp::word) != 0) return nullptr;
  try {
    opened strict{words_of(bytes), strict_options(bytes.size() / sizeof(capnp::word))};
    if (!strict.reader.isCanonical()) return nullptr;
    opened typed{words_of(bytes), strict_options(bytes.size() / sizeof(capnp::word))};
    look_through(typed.reader.getRoot<capnp::DynamicStruct>(schema));
    std::shared_ptr<canonical_message> message{new canonical_message{std::move(bytes)}};
    message->opened_ = std::make_unique<opened>(words_of(message->bytes_), lenient_options());
    return message;
  } catch (const kj::Exception&) {
    return nullptr;  // That it can't be read is all there is to say of it.
  }
}

std::shared_ptr<const canonical_message> canonical_message::copy_of(capnp::AnyStruct::Reader root) {
  const auto words = root.canonicalize();
  const auto bytes = words.asBytes();
  std::shared_ptr<canonical_message> message{
      new canonical_message{blob{std::string_view{reinterpret_cast<const char*>(bytes.begin()), bytes.size()}}}};
  message->opened_ = std::make_unique<opened>(words_of(message->bytes_), lenient_options());
  return message;
}

}  // namespace troupe::detail
