/// Bytes read as keys and values of an application's types: the first byte says as which, the rest are those bytes.
#include <string>
#include <tuple>
#include <variant>

#include <troupe/messages/encoding/capnp.hpp>
#include <troupe/messages/encoding/inspected.hpp>

#include <sample.capnp.h>

#include "tests/fuzz/target.hpp"
#include "tests/messages/sample_types.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

template <class T>
void read_as(const blob& bytes) {
  const auto value = from_bytes<T>(bytes);
  if (!value) return;
  const auto written = to_bytes(*value);
  fuzz::claim(written.has_value(), "what is read can be written");
  fuzz::claim(*written == bytes, "what is read is written as it was");
}

std::size_t walk(const sample::Order::Reader& order) {
  auto size = order.getItem().size() + order.getPrices().size();
  for (const auto part : order.getParts()) size += walk(part);
  if (order.isShipped()) size += order.getShipped().getCarrier().size();
  if (order.isNote()) size += order.getNote().size();
  return size;
}

void read_as_order(const blob& bytes) {
  const auto order = from_bytes<capnp_value<sample::Order>>(bytes);
  if (!order) return;
  fuzz::claim(to_bytes(*order) == bytes, "what is read is written as it was");
  fuzz::claim(walk(order->get()) <= 2 * bytes.size(), "no field is larger than the message");
}

using parts = std::tuple<std::map<std::int16_t, std::optional<std::string>>, std::vector<std::variant<bool, point, nothing>>, std::array<percentage, 2>>;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::decisions input{{data, size}};
  const auto type = input.below(8);
  const blob bytes{fuzz::text_of(input.rest())};
  switch (type) {
    case 0: read_as<std::int64_t>(bytes); break;
    case 1: read_as<shape>(bytes); break;
    case 2: read_as<tree>(bytes); break;
    case 3: read_as<parts>(bytes); break;
    case 4: read_as<std::set<std::pair<colour, std::string>>>(bytes); break;
    case 5: read_as<std::unordered_map<std::string, std::vector<std::tuple<>>>>(bytes); break;
    case 6: read_as<std::vector<std::optional<span_of_days>>>(bytes); break;
    default: read_as_order(bytes); break;
  }
  return 0;
}
