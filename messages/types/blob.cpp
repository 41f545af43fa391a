#include <troupe/messages/types/blob.hpp>

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>
#include <stdexcept>

namespace troupe {

namespace {

constexpr std::size_t size_max = std::numeric_limits<std::uint32_t>::max() / 2;

void must_fit(std::string_view bytes) {
  if (bytes.size() > size_max) throw std::length_error("a blob holds less than 2 GiB");
}

}  // namespace

// Memory begins with the bytes, at a multiple of 8: Cap'n Proto reads them where they are.
blob::block* blob::make_block(std::string_view bytes, bool is_keyed, std::size_t more) {
  must_fit(bytes);
  const auto room = block::room_for(bytes.size());
  auto* memory = static_cast<char*>(::operator new(room + sizeof(block) + more));
  if (!bytes.empty()) std::memcpy(memory, bytes.data(), bytes.size());
  return new (memory + room) block{{1}, static_cast<std::uint32_t>(bytes.size() & size_max), is_keyed};
}

blob::blob(std::string_view bytes) {
  if (!bytes.empty()) block_ = make_block(bytes, false, 0);
}

blob blob::keyed(std::string_view value, std::string_view key) {
  must_fit(key);
  const auto size_of_key = static_cast<key_size>(key.size());
  blob made;
  made.block_ = make_block(value, true, sizeof size_of_key + key.size());
  auto* behind = reinterpret_cast<char*>(made.block_ + 1);
  std::memcpy(behind, &size_of_key, sizeof size_of_key);
  if (!key.empty()) std::memcpy(behind + sizeof size_of_key, key.data(), key.size());
  return made;
}

blob blob::with_key(std::string_view key) const { return has_key() && block_->key() == key ? *this : keyed(view(), key); }

void blob::release() noexcept {
  if (block_ == nullptr || block_->owners.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  auto* memory = const_cast<char*>(block_->bytes());
  block_->~block();
  ::operator delete(memory);
}

blob without_large_key(blob value) {
  constexpr std::size_t small_bytes = 256;
  if (value.key().size() > std::max(small_bytes, value.size())) return blob{value.view()};
  return value;
}

}  // namespace troupe
