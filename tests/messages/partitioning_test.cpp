/// Golden vectors of the partition function. The hashes were computed with an implementation of MurmurHash3_x86_32 written for this
/// purpose from its published description, not with the library that the code uses.
#include <catch2/catch.hpp>

#include <string>
#include <string_view>

#include <troupe/messages/types/partitioning.hpp>

using namespace troupe;
using namespace std::string_view_literals;

namespace {

std::string all_bytes() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  return bytes;
}

struct vector {
  std::string key;
  std::uint32_t of_271;
  std::uint32_t of_5000;
};

}  // namespace

SCENARIO("keys fall into the partitions that the specification says") {
  const auto [key, of_271, of_5000] = GENERATE(values<vector>({
      {"", 238, 2909},
      {"a", 46, 800},
      {"ab", 50, 4265},
      {"abc", 208, 1803},
      {"abcd", 236, 161},
      {"abcde", 198, 4886},
      {"0041", 198, 2141},
      {"troupe", 157, 4808},
      {"The quick brown fox jumps over the lazy dog", 147, 3370},
      {std::string(1, '\0'), 195, 4244},
      {"\xff\xff\xff\xff", 164, 613},
      {all_bytes(), 11, 3880},
  }));
  INFO("key of " << key.size() << " bytes: " << key);
  CHECK(partition_of(key, 271) == partition_id{of_271});
  CHECK(partition_of(key, 5000) == partition_id{of_5000});
  CHECK(partition_of(key, 1) == partition_id{0});
}

SCENARIO("the hash is taken as a signed number, and its one value without a counterpart is 0") {
  // Keys found by running the hash backwards from the value in the comment.
  THEN("-1 counts as 1") { CHECK(partition_of("\xf0\x80\x8f\xae"sv, 271) == partition_id{1}); }
  THEN("the greatest and the least but one count alike") {
    CHECK(partition_of("\xec\xb6\xa8\xed"sv, 271) == partition_id{244});  // 0x7fffffff
    CHECK(partition_of("\x81\x5e\x0f\x4a"sv, 271) == partition_id{244});  // 0x80000001
  }
  THEN("INT_MIN, whose absolute value is none, counts as 0 (2^31 would be 245)") {
    CHECK(partition_of("\x60\x0e\x27\x65"sv, 271) == partition_id{0});
  }
}
