#include <troupe/messages/codec/internal/record.hpp>

#include <troupe/messages/codec/internal/enumeration.hpp>
#include <troupe/messages/codec/internal/failure.hpp>
#include <troupe/messages/codec/internal/ids.hpp>
#include <troupe/messages/codec/internal/lifetime.hpp>
#include <troupe/messages/codec/internal/operation_kind.hpp>
#include <troupe/messages/codec/internal/session.hpp>

namespace troupe::codec {

namespace {

using builder = schema::Record::Builder;

constexpr enumeration removals{{
    std::pair{removal::asked, schema::Removal::ASKED},
    std::pair{removal::expired, schema::Removal::EXPIRED},
    std::pair{removal::evicted, schema::Removal::EVICTED},
}};

std::size_t words_of_body(const put_entry& e) { return words_of(e.key) + words_of(e.value) + words_of(e.life, e.times); }
void write(builder to, const put_entry& from) {
  to.setMap(from.map.value());
  auto put = to.initPut();
  put.setKey(data(from.key));
  put.setValue(data(from.value));
  write_life_into(to, from.life, from.times);
}
put_entry read_put(schema::Record::Reader from, allowance& memory) {
  const auto put = from.getPut();
  const auto known = read_life(from);
  return {map_id{from.getMap()}, read_blob(put.getKey(), memory), read_value(put.getValue(), put.getKey(), memory), known.life, known.times};
}

std::size_t words_of_body(const erase_entry& e) { return words_of(e.key); }
void write(builder to, const erase_entry& from) {
  to.setMap(from.map.value());
  auto erase = to.initErase();
  erase.setKey(data(from.key));
  erase.setWhy(removals.to_wire(from.why));
}
erase_entry read_erase(schema::Record::Reader from, allowance& memory) {
  const auto erase = from.getErase();
  return {map_id{from.getMap()}, read_blob(erase.getKey(), memory), removals.from_wire(erase.getWhy())};
}

std::size_t words_of_body(const clear_map& c) {
  auto words = c.spared.size();  // A pointer each.
  for (const auto& key : c.spared) words += words_of(key);
  return words;
}
void write(builder to, const clear_map& from) {
  to.setMap(from.map.value());
  to.setEndsMap(from.ends_map);
  if (from.spared.empty()) return to.setClear();
  auto keys = to.initClearBut(count(from.spared));
  for (unsigned i = 0; i < keys.size(); ++i) keys.set(i, data(from.spared[i]));
}
clear_map read_clear(schema::Record::Reader from) { return {map_id{from.getMap()}, {}, from.getEndsMap()}; }
clear_map read_clear_but(schema::Record::Reader from, allowance& memory) {
  must(from.getClearBut().size() > 0, "a clear spares nothing, and says so at length");
  return {map_id{from.getMap()}, read_list(from.getClearBut(), memory, [&](auto key) { return read_blob(key, memory); }), from.getEndsMap()};
}

std::size_t words_of_body(const no_change& n) { return words_of(n.key); }
void write(builder to, const no_change& from) {
  to.setMap(from.map.value());
  to.setNoChange(data(from.key));
}
no_change read_no_change(schema::Record::Reader from, allowance& memory) {
  return {map_id{from.getMap()}, read_blob(from.getNoChange(), memory)};
}

std::size_t words_of_body(const take_lock& l) { return words_of(l.key) + words_of(l.lease); }
void write(builder to, const take_lock& from) {
  to.setMap(from.map.value());
  auto lock = to.initTakeLock();
  lock.setKey(data(from.key));
  lock.setOwner(from.owner.value());
  write_life_into(to, from.lease);
}
take_lock read_take_lock(schema::Record::Reader from, allowance& memory) {
  const auto lock = from.getTakeLock();
  must(lock.getOwner() != 0, "a lock is taken by no owner");
  must(from.getWrite() != 0, "a lock is taken by nobody's write");
  const auto [lease, times] = read_life(from);
  must(lease.max_idle == milliseconds{} && !times.are_known(), "a lock's lease has an idle time, or times");
  return {map_id{from.getMap()}, read_blob(lock.getKey(), memory), owner_number{lock.getOwner()}, lease};
}

std::size_t words_of_body(const free_lock& l) { return words_of(l.key); }
void write(builder to, const free_lock& from) {
  to.setMap(from.map.value());
  auto lock = to.initFreeLock();
  lock.setKey(data(from.key));
  lock.setHold(from.hold);
}
free_lock read_free_lock(schema::Record::Reader from, allowance& memory) {
  const auto lock = from.getFreeLock();
  return {map_id{from.getMap()}, read_blob(lock.getKey(), memory), lock.getHold()};
}

void write(builder to, const record_cause& from) {
  if (from.stamp.number == write_number{}) return;
  write_stamp_into(to, from.stamp);
  to.setKind(operation_kinds.to_wire(from.kind));
  to.setFound(from.found);
  to.setTold(from.told);
  if (!from.result.empty()) to.setResult(data(from.result));
  to.setWhy(failures.to_wire(from.why));
}
record_cause read_cause(schema::Record::Reader from, allowance& memory) {
  if (from.getWrite() == 0) return {};
  record_cause cause{read_stamp(from),
                     operation_kinds.from_wire(from.getKind()),
                     from.getFound(),
                     read_counted(from.getTold()),
                     read_blob(from.getResult(), memory),
                     failures.from_wire(from.getWhy())};
  must_be_result(cause.result, cause.why);
  return cause;
}

record_body read_body(schema::Record::Reader from, allowance& memory) {
  switch (from.which()) {
    case schema::Record::PUT: return read_put(from, memory);
    case schema::Record::ERASE: return read_erase(from, memory);
    case schema::Record::CLEAR: return read_clear(from);
    case schema::Record::NO_CHANGE: return read_no_change(from, memory);
    case schema::Record::TAKE_LOCK: return read_take_lock(from, memory);
    case schema::Record::FREE_LOCK: return read_free_lock(from, memory);
    case schema::Record::CLEAR_BUT: return read_clear_but(from, memory);
  }
  reject(error_kind::value, "a record of a kind that this protocol version does not know");
}

}  // namespace

std::size_t words_of_records(const std::vector<record>& list) {
  auto words = words_of_list(list.size(), struct_words<schema::Record>);
  for (const auto& r : list) words += std::visit([](const auto& body) { return words_of_body(body); }, r.body) + words_of(r.cause.result);
  return words;
}

void write_records(capnp::List<schema::Record>::Builder to, seq_number first, const std::vector<record>& from) {
  write_list(to, from, [seq = first](builder place, const record& r) mutable {
    require(r.seq == seq, "records travel in consecutive order");
    seq = seq.next();
    place.setEpoch(r.epoch.value());
    std::visit([&](const auto& body) { write(place, body); }, r.body);
    write(place, r.cause);
  });
}

std::vector<record> read_records(capnp::List<schema::Record>::Reader from, seq_number first, allowance& memory) {
  must(from.size() == 0 || first >= seq_number{1}, "a record has no position");
  return read_list(from, memory, [&, seq = first](schema::Record::Reader r) mutable {
    record one{read_counted<epoch_number>(r.getEpoch()), seq, read_body(r, memory), read_cause(r, memory)};
    seq = seq.next();
    return one;
  });
}

}  // namespace troupe::codec
