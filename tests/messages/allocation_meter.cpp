#include "allocation_meter.hpp"

#include <cstdlib>
#include <new>

namespace {

thread_local std::size_t bytes_asked_for = 0;

void* counted(std::size_t bytes) noexcept {
  bytes_asked_for += bytes;
  return std::malloc(bytes);
}

void* counted_or_thrown(std::size_t bytes) {
  if (auto* memory = counted(bytes)) return memory;
  throw std::bad_alloc{};
}

}  // namespace

// The global operators of this executable: replaced, to be counted. All of them but the over-aligned, because a sanitizer that brings
// its own would see memory of one family given back to another.
void* operator new(std::size_t bytes) { return counted_or_thrown(bytes); }
void* operator new[](std::size_t bytes) { return counted_or_thrown(bytes); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return counted(bytes); }
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept { return counted(bytes); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }

namespace troupe::test {

allocation_meter::allocation_meter() : before_(bytes_asked_for) {}
std::size_t allocation_meter::bytes() const { return bytes_asked_for - before_; }

}  // namespace troupe::test
