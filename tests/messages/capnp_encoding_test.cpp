// Cap'n Proto structs as keys and values.
#include <catch2/catch.hpp>

#include <kj/exception.h>

#include <random>
#include <string>
#include <tuple>
#include <vector>

#include <sample.capnp.h>
#include <troupe/messages/encoding/capnp.hpp>
#include <troupe/messages/encoding/containers.hpp>

using namespace troupe;
using test::sample::OldOrder;
using test::sample::Order;
using order = capnp_value<Order>;

namespace {

order an_order() {
  return order::with([](Order::Builder o) {
    o.setItem("apple");
    o.setCount(2);
    auto prices = o.initPrices(2);
    prices.set(0, 1.5);
    prices.set(1, 2.5);
    auto part = o.initParts(1)[0];
    part.setItem("core");
    o.initShipped().setCarrier("mail");
  });
}

/// Reads every field.
double walk(Order::Reader o) {
  auto sum = static_cast<double>(o.getItem().size()) + o.getCount();
  for (const auto p : o.getPrices()) sum += p;
  for (const auto part : o.getParts()) sum += walk(part);
  switch (o.which()) {
    case Order::OPEN: break;
    case Order::SHIPPED: sum += static_cast<double>(o.getShipped().getCarrier().size()) + o.getShipped().getDay(); break;
    case Order::NOTE: sum += static_cast<double>(o.getNote().size()); break;
  }
  return sum;
}

}  // namespace

TEST_CASE("a Cap'n Proto struct comes back, read where its bytes are") {
  const auto bytes = to_bytes(an_order());
  REQUIRE(bytes);
  const auto back = from_bytes<order>(*bytes);
  REQUIRE(back);
  CHECK(*back == an_order());
  CHECK(back->get().getCount() == 2);
  CHECK(back->get().getParts()[0].getItem() == "core");
  const auto* item = back->get().getItem().begin();
  CHECK((item >= bytes->view().data() && item < bytes->view().data() + bytes->size()));
}

TEST_CASE("equal structs have equal bytes, however they were built") {
  capnp::MallocMessageBuilder message{8, capnp::AllocationStrategy::FIXED_SIZE};
  auto o = message.initRoot<Order>();
  o.setItem("something that is thrown away");
  o.initShipped().setCarrier("mail");
  auto part = o.initParts(1)[0];
  part.setItem("core");
  o.setCount(2);
  auto prices = o.initPrices(2);
  prices.set(0, 1.5);
  prices.set(1, 2.5);
  o.setItem("apple");
  REQUIRE(message.getSegmentsForOutput().size() > 1);
  CHECK(to_bytes(order{o}) == to_bytes(an_order()));
  CHECK(to_bytes(order{}) != to_bytes(an_order()));
}

TEST_CASE("an older struct is read with defaults; a newer one keeps what its reader does not know") {
  const auto old = capnp_value<OldOrder>::with([](OldOrder::Builder o) { o.setItem("pear"); });
  const auto as_new = from_bytes<order>(*to_bytes(old));
  REQUIRE(as_new);
  CHECK(as_new->get().getItem() == "pear");
  CHECK(as_new->get().getCount() == 1);
  CHECK(as_new->get().getParts().size() == 0);
  const auto newer = to_bytes(an_order());
  const auto as_old = from_bytes<capnp_value<OldOrder>>(*newer);
  REQUIRE(as_old);
  CHECK(as_old->get().getItem() == "apple");
  CHECK(to_bytes(*as_old) == newer);
}

TEST_CASE("a Cap'n Proto struct is a part of other values") {
  using value = std::tuple<std::string, std::vector<order>>;
  const value v{"list", {an_order(), order{}}};
  const auto back = from_bytes<value>(*to_bytes(v));
  REQUIRE(back);
  CHECK(*back == v);
}

TEST_CASE("the bytes of a struct are its canonical form") {
  const auto bytes = to_bytes(capnp_value<OldOrder>::with([](OldOrder::Builder o) { o.setItem("ab"); }));
  REQUIRE(bytes);
  // A pointer to a struct without data words (its count is the default) and one pointer; a pointer to a list of three bytes; those.
  CHECK(bytes->view() == std::string_view{"\0\0\0\0\0\0\1\0" "\1\0\0\0\x1a\0\0\0" "ab\0\0\0\0\0\0", 24});
}

TEST_CASE("bytes that are no canonical message of this type are nothing") {
  const auto read = [](std::string_view bytes) { return from_bytes<order>(blob{bytes}).has_value(); };
  CHECK_FALSE(read(""));
  CHECK_FALSE(read("apples"));
  CHECK_FALSE(read(std::string(64, '\xff')));
  CHECK_FALSE(read(std::string(1 << 20, '\x01')));

  SECTION("a text that doesn't end, where text is expected") {
    const std::string_view unterminated{"\0\0\0\0\0\0\1\0" "\1\0\0\0\x1a\0\0\0" "abc\0\0\0\0\0", 24};
    CHECK_FALSE(read(unterminated));
  }
  SECTION("a list of another kind") {
    const std::string_view numbers{"\0\0\0\0\0\0\1\0" "\1\0\0\0\x0d\0\0\0" "\1\0\0\0\0\0\0\0", 24};
    CHECK_FALSE(read(numbers));
  }
}

TEST_CASE("whatever bytes are taken for a struct, reading it does not throw, and its bytes are those") {
  std::mt19937_64 draw{20'261'127};
  const std::string original{to_bytes(an_order())->view()};
  int read = 0;
  for (int round = 0; round < 20'000; ++round) {
    auto bytes = original;
    for (auto changes = 1 + draw() % 3; changes > 0; --changes) bytes[draw() % bytes.size()] ^= static_cast<char>(1u << draw() % 8);
    const auto value = from_bytes<order>(blob{bytes});
    if (!value) continue;
    ++read;
    CHECK_NOTHROW(walk(value->get()));
    REQUIRE(to_bytes(*value)->view() == bytes);
  }
  CHECK(read > 100);
  CHECK(read < 19'900);
}

TEST_CASE("a value is read as often as anybody likes") {
  const auto value = from_bytes<order>(*to_bytes(an_order()));
  REQUIRE(value);
  double sum = 0;
  for (int i = 0; i < 100'000; ++i) sum += walk(value->get());
  CHECK(sum == 100'000 * walk(an_order().get()));
}
