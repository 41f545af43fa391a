#include <troupe/messages/codec/internal/lock.hpp>

#include <tuple>

#include <troupe/messages/codec/internal/lifetime.hpp>

namespace troupe::codec {

namespace {

void write(schema::Lock::Builder to, const lock_image& from) {
  to.setMap(from.map.value());
  to.setOwner(from.lock.owner.number.value());
  codec::write(to.initClient(), from.lock.owner.client);
  to.setKey(data(from.key));
  write_numbers(to.initHolds(count(from.lock.holds)), from.lock.holds);
  to.setFenceEpoch(from.lock.fence.epoch.value());
  to.setFenceSeq(from.lock.fence.seq.value());
  if (!from.lock.lease.is_limited()) return;
  auto lease = to.initLease();
  lease.setSince(from.lock.lease.since.value());
  lease.setTtl(wire_lifespan(from.lock.lease.ttl));
}

lifetime read_lease(schema::Lock::Reader from) {
  if (!from.hasLease()) return {};
  const lifetime l{read_counted<row_time>(from.getLease().getSince()), read_lifespan(from.getLease().getTtl()), {}};
  must(l.is_limited(), "an unlimited lease is spelt out");
  return l;
}

lock_image read_lock(schema::Lock::Reader from, allowance& memory) {
  must(from.getOwner() != 0, "a lock has no owner");
  must(from.getHolds().size() > 0 && from.getHolds().size() <= lock_holds_max, "a lock has none or too many holds");
  return {map_id{from.getMap()},
          read_blob(from.getKey(), memory),
          {{read_id<client_id>(from.getClient()), owner_number{from.getOwner()}},
           read_list(from.getHolds(), memory, [](std::uint64_t n) { return read_counted<write_number>(n); }),
           {read_counted<epoch_number>(from.getFenceEpoch()), read_counted<seq_number>(from.getFenceSeq())},
           read_lease(from)}};
}

std::size_t words_of(const lock_image& l) {
  return struct_words<schema::Uuid> + codec::words_of(l.key) + l.lock.holds.size() + codec::words_of(l.lock.lease);
}

}  // namespace

std::size_t words_of_locks(const std::vector<lock_image>& list) {
  if (list.empty()) return 0;
  auto words = words_of_list(list.size(), struct_words<schema::Lock>);
  for (const auto& l : list) words += words_of(l);
  return words;
}

void write_locks(schema::SnapshotChunk::Builder to, const std::vector<lock_image>& from) {
  if (from.empty()) return;
  write_list(to.initLocks(count(from)), from, [](auto place, const lock_image& l) { write(place, l); });
}

std::vector<lock_image> read_locks(schema::SnapshotChunk::Reader from, allowance& memory) {
  auto list = read_list(from.getLocks(), memory, [&](auto l) { return read_lock(l, memory); });
  for (std::size_t i = 1; i < list.size(); ++i) {
    must(std::tie(list[i - 1].map, list[i - 1].key) < std::tie(list[i].map, list[i].key), "the locks of a snapshot are out of order");
  }
  return list;
}

}  // namespace troupe::codec
