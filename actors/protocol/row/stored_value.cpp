#include <troupe/actors/protocol/row/stored_value.hpp>

#include <utility>

#include <troupe/actors/protocol/assert.hpp>

namespace troupe::protocol {

stored_value::stored_value(blob value, seq_number version)
    : value_{std::move(value)}, version_{version.value() << 1}, known_{digest_of(value_.view())} {
  TROUPE_INVARIANT(0, value_.has_key());
}

stored_value::stored_value(stored_value&& other) noexcept : value_{std::move(other.value_)}, version_{other.version_}, known_{other.known_} {
  other.version_ = 0;
}

stored_value::~stored_value() { forget_notes(); }

blob stored_value::replace(blob value, seq_number version) {
  TROUPE_INVARIANT(0, value.has_key() && value.key() == key());
  std::swap(value_, value);
  version_ = (version.value() << 1) | (version_ & 1);
  set_value_digest(digest_of(value_.view()));
  return value;
}

void stored_value::set_value_digest(std::uint64_t digest) { (has_notes() ? known_.noted->value_digest : known_.value_digest) = digest; }

void stored_value::note(const lifetime& life, const entry_times& times) {
  const entry_notes now{life, times};
  if (!now.matter()) return forget_notes();
  if (has_notes()) {
    known_.noted->notes.limits = life;
    known_.noted->notes.times = times;
  } else {
    known_.noted = new noted_value{known_.value_digest, now};
    version_ |= 1;
  }
}

void stored_value::forget_notes() {
  if (!has_notes()) return;
  const auto digest = known_.noted->value_digest;
  delete known_.noted;
  known_.value_digest = digest;
  version_ &= ~std::uint64_t{1};
}

}  // namespace troupe::protocol
