#include <troupe/actors/protocol/row/expiry_queue.hpp>

#include <algorithm>
#include <tuple>

#include <troupe/actors/protocol/assert.hpp>

namespace troupe::protocol {

namespace {

bool is_later(const expiry_queue::place& a, const expiry_queue::place& b) {
  return std::tie(a.when, a.map, a.key) > std::tie(b.when, b.map, b.key);
}

}  // namespace

void expiry_queue::add(place p) {
  heap_.push_back(std::move(p));
  std::push_heap(heap_.begin(), heap_.end(), is_later);
}

expiry_queue::place expiry_queue::take() {
  TROUPE_INVARIANT(0, !heap_.empty());
  std::pop_heap(heap_.begin(), heap_.end(), is_later);
  auto first = std::move(heap_.back());
  heap_.pop_back();
  return first;
}

}  // namespace troupe::protocol
