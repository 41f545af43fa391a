/// What waits to leave for one peer.
#include <catch2/catch.hpp>

#include <spdlog/spdlog.h>

#include <troupe/messages/codec/codec.hpp>
#include <troupe/messages/types/client_message.hpp>
#include <troupe/node/transport/outbox.hpp>
#include <troupe/node/transport/receive_buffer.hpp>

#include <cstring>

#include "fixtures.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

constexpr std::size_t no_bound = std::size_t{1} << 30;

spdlog::logger& some_log = *spdlog::default_logger_raw();

/// Empties the outbox as a socket would that takes at most `per_write` bytes a time.
std::vector<std::byte> written_by(outbox& box, std::size_t per_write) {
  std::vector<std::byte> all;
  while (box.bytes() > 0) {
    std::size_t left = per_write;
    std::size_t count = 0;
    for (const auto& piece : box.next_pieces()) {
      const auto n = std::min(left, piece.size());
      const auto* at = static_cast<const std::byte*>(piece.data());
      all.insert(all.end(), at, at + n);
      left -= n;
      count += n;
    }
    box.written(count);
  }
  return all;
}

std::vector<std::uint64_t> numbers_in(const std::vector<std::byte>& bytes) {
  receive_buffer buffer;
  std::span<const std::byte> rest{bytes};
  std::vector<std::uint64_t> numbers;
  while (!rest.empty()) {
    const auto room = buffer.space();
    const auto count = std::min(room.size(), rest.size());
    std::memcpy(room.data(), rest.data(), count);
    buffer.received(count);
    rest = rest.subspan(count);
    for (auto next = buffer.next(no_bound); next && next->has_value(); next = buffer.next(no_bound))
      numbers.push_back(number_of(*codec::decode_frame((**next).conversation, (**next).payload)));
  }
  return numbers;
}

shared_frame shared_numbered(std::uint64_t n) {
  return std::make_shared<const codec::frame_buffer>(codec::encode(std::get<any_client_message>(numbered(n))));
}

}  // namespace

SCENARIO("an outbox keeps the order and every byte") {
  for (const std::size_t per_write : {std::size_t{1}, std::size_t{13}, std::size_t{100'000}}) {
    GIVEN("messages and shared frames, written " + std::to_string(per_write) + " bytes at a time") {
      outbox box{no_bound, some_log};
      box.add(numbered(1));
      box.add(shared_numbered(2));
      for (std::uint64_t n = 3; n <= 200; ++n) box.add(numbered(n, n));
      box.encode(no_bound);
      const auto numbers = numbers_in(written_by(box, per_write));
      REQUIRE(numbers.size() == 200);
      for (std::size_t i = 0; i < numbers.size(); ++i) CHECK(numbers[i] == i + 1);
      CHECK(box.frames_total() == 200);
    }
  }
}

SCENARIO("an outbox encodes no more than asked for") {
  outbox box{no_bound, some_log};
  for (std::uint64_t n = 0; n < 10; ++n) box.add(numbered(n, 1000));
  box.encode(2500);
  CHECK(box.bytes() >= 2500);
  CHECK(box.bytes() < 4500);
  CHECK(box.has_messages());
  box.encode(no_bound);
  CHECK_FALSE(box.has_messages());
}

SCENARIO("a message that no receiver would take is not sent") {
  outbox box{10'000, some_log};
  box.add(numbered(1, 20'000));
  box.add(numbered(2, 100));
  box.encode(no_bound);
  CHECK(numbers_in(written_by(box, 4096)) == std::vector<std::uint64_t>{2});
}

SCENARIO("what waited elsewhere follows what was encoded here") {
  outbox waiting{no_bound, some_log}, box{no_bound, some_log};
  waiting.add(numbered(2));
  waiting.encode(no_bound);
  waiting.add(numbered(3));
  box.add_encoded(codec::encode(std::get<any_client_message>(numbered(1))));
  box.append(std::move(waiting));
  box.add(numbered(4));
  box.encode(no_bound);
  CHECK(numbers_in(written_by(box, 4096)) == std::vector<std::uint64_t>{1, 2, 3, 4});
}
