// What an entry takes in memory, and how long a row's store takes to put and to find it: the store alone, without log, sessions and network.
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <new>
#include <stdexcept>
#include <string>

#include <troupe/actors/protocol/row/newest_state.hpp>

#include "program.hpp"

namespace {

std::size_t allocated_bytes = 0;  // What the allocator gave, which is more than what it was asked for.

}  // namespace

void* operator new(std::size_t bytes) {
  auto* memory = std::malloc(bytes);
  if (memory == nullptr) throw std::bad_alloc{};
  allocated_bytes += malloc_usable_size(memory);
  return memory;
}
void operator delete(void* memory) noexcept {
  if (memory == nullptr) return;
  allocated_bytes -= malloc_usable_size(memory);
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }

namespace {

using namespace troupe;
using namespace troupe::protocol;

constexpr auto examples = R"(Examples:
  store-measure                       keys of 16 bytes, values of 100
  store-measure --value-bytes 50 --value-bytes-max 150     allocators round up, some sizes more than others

Columns: bytes beside key and value for each entry, as the allocator counts them and of the process's memory; nanoseconds of processor time for each operation.
The table doubles when it is full: over one doubling, the last line is what an entry takes on average.
)";

constexpr map_id the_map{1};
constexpr std::size_t samples = 16;

struct options {
  std::size_t entries = 1'000'000;
  std::size_t key_bytes = 16;
  std::size_t value_bytes = 100;
  std::size_t value_bytes_max = 0;
};

std::size_t resident_bytes() {
  std::size_t all = 0, resident = 0;
  std::ifstream{"/proc/self/statm"} >> all >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

/// Distinct numbers in an order that memory doesn't have: an odd factor leaves none of them out.
std::size_t scattered(std::size_t n) { return n * 0x9e3779b97f4a7c15ULL; }

class subject {
 public:
  explicit subject(const options& o) : key_(o.key_bytes, '0'), value_(std::max(o.value_bytes, o.value_bytes_max), 'v'), value_bytes_(o.value_bytes) {
    if (o.key_bytes < 16) throw std::runtime_error("--key-bytes: 16 at least");
  }

  /// As a member does it: bytes come in a frame, become blobs, and a record that commits puts them.
  void put(std::size_t n) {
    const blob key{key_of(n)};
    store_.put(the_map, key.view(), blob::keyed(value_of(n), key.view()), seq_number{++written_});
  }
  /// Of keys and values that are there.
  [[nodiscard]] std::size_t bytes() const { return store_.find(the_map)->bytes; }
  [[nodiscard]] std::size_t get(std::size_t n) const {
    const auto found = newest_.find(the_map, key_of(n));
    return found.value == nullptr ? 0 : static_cast<unsigned char>(found.value->view().back());
  }

 private:
  std::string_view key_of(std::size_t n) const {
    std::snprintf(key_.data(), 17, "%016zx", scattered(n));
    return key_;
  }

  /// Always as long for the same entry.
  std::string_view value_of(std::size_t n) const {
    return std::string_view{value_}.substr(0, value_bytes_ + scattered(n) % (value_.size() - value_bytes_ + 1));
  }

  mutable std::string key_;
  std::string value_;
  std::size_t value_bytes_;
  row_store store_;
  newest_state newest_{store_};
  std::uint64_t written_ = 0;
};

/// Of this thread's processor time: others' are not the store's.
double nanoseconds_now() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

template <class Operation>
double nanoseconds_each(std::size_t count, Operation operation) {
  const auto begun = nanoseconds_now();
  for (std::size_t i = 0; i < count; ++i) operation(i);
  return (nanoseconds_now() - begun) / static_cast<double>(count);
}

void measure(const options& o) {
  subject entries{o};
  const auto allocated_before = allocated_bytes, resident_before = resident_bytes();
  double sum_allocated = 0, sum_resident = 0;
  std::size_t there = 0, seen = 0;
  std::printf("%10s %10s %10s %8s %8s %8s\n", "entries", "allocated", "resident", "new ns", "set ns", "get ns");
  for (std::size_t i = 1; i <= samples; ++i) {
    const auto wanted = o.entries / 2 + i * (o.entries / 2) / samples;
    const auto of_new = nanoseconds_each(wanted - there, [&](std::size_t n) { entries.put(there + n); });
    there = wanted;
    const auto of_set = nanoseconds_each(there / 10, [&](std::size_t n) { entries.put(scattered(n) % there); });
    const auto of_get = nanoseconds_each(there / 10, [&](std::size_t n) { seen += entries.get(scattered(n) % there); });
    const auto beside = [&](std::size_t bytes) { return (static_cast<double>(bytes) - static_cast<double>(entries.bytes())) / static_cast<double>(there); };
    const auto allocated = beside(allocated_bytes - allocated_before);
    const auto resident = beside(resident_bytes() - resident_before);
    sum_allocated += allocated;
    sum_resident += resident;
    std::printf("%10zu %10.1f %10.1f %8.0f %8.0f %8.0f\n", there, allocated, resident, of_new, of_set, of_get);
  }
  if (seen == 0) throw std::runtime_error("nothing was there");
  std::printf("%10s %10.1f %10.1f\n", "average", sum_allocated / samples, sum_resident / samples);
}

}  // namespace

int main(int argc, char** argv) {
  options o;
  CLI::App app{"Memory and time of the store of one row.", "store-measure"};
  app.footer(examples);
  app.add_option("--entries", o.entries, "The most that are there at once")->capture_default_str();
  app.add_option("--key-bytes", o.key_bytes, "Of each key")->capture_default_str();
  app.add_option("--value-bytes", o.value_bytes, "Of each value")->capture_default_str();
  app.add_option("--value-bytes-max", o.value_bytes_max, "Of the largest value, if they differ: evenly from --value-bytes on");
  return troupe::bench::run_program(app, argc, argv, [&] { measure(o); });
}
