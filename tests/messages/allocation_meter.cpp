#include "allocation_meter.hpp"

#include <cstdlib>
#include <new>

namespace {

thread_local std::size_t bytes_asked_for = 0;

}  // namespace

// The global operators of this executable: replaced, to be counted. The forms not named here end in these.
void* operator new(std::size_t bytes) {
  bytes_asked_for += bytes;
  if (auto* memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc{};
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace troupe::test {

allocation_meter::allocation_meter() : before_(bytes_asked_for) {}
std::size_t allocation_meter::bytes() const { return bytes_asked_for - before_; }

}  // namespace troupe::test
