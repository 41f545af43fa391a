#include <troupe/messages/types/blob.hpp>

#include <cstring>
#include <limits>
#include <new>
#include <stdexcept>

namespace troupe {

blob::blob(std::string_view bytes) {
  if (bytes.empty()) return;
  if (bytes.size() > std::numeric_limits<std::uint32_t>::max()) throw std::length_error("a blob holds less than 4 GiB");
  static_assert(sizeof(block) % 8 == 0, "bytes begin at a multiple of 8: Cap'n Proto reads them where they are");
  auto* memory = ::operator new(sizeof(block) + bytes.size());
  block_ = new (memory) block{{1}, static_cast<std::uint32_t>(bytes.size())};
  std::memcpy(block_->bytes(), bytes.data(), bytes.size());
}

void blob::release() noexcept {
  if (block_ == nullptr || block_->owners.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  block_->~block();
  ::operator delete(block_);
}

}  // namespace troupe
