#include <troupe/messages/codec/internal/operation.hpp>

#include <troupe/messages/codec/internal/enumeration.hpp>
#include <troupe/messages/codec/internal/failure.hpp>
#include <troupe/messages/codec/internal/ids.hpp>
#include <troupe/messages/codec/internal/lifetime.hpp>
#include <troupe/messages/codec/internal/operation_kind.hpp>
#include <troupe/messages/codec/internal/session.hpp>

namespace troupe::codec {

namespace {

constexpr enumeration outcomes{{
    std::pair{outcome::ok, schema::Outcome::OK},
    std::pair{outcome::not_applied, schema::Outcome::NOT_APPLIED},
    std::pair{outcome::indeterminate, schema::Outcome::INDETERMINATE},
    std::pair{outcome::retry, schema::Outcome::RETRY},
}};

void write(schema::MapEntry::Builder to, const map_entry& from) {
  to.setKey(data(from.key));
  to.setValue(data(from.value));
}
map_entry read_entry(schema::MapEntry::Reader from, allowance& memory) {
  return {read_blob(from.getKey(), memory), read_blob(from.getValue(), memory)};
}

blob read_detail(capnp::Data::Reader from, allowance& memory) {
  must(from.size() <= failure_detail_bytes_max, "what is told of a failure is too long");
  return read_blob(from, memory);
}

}  // namespace

std::size_t words_of(const operation& o) {
  return struct_words<schema::Operation> + words_of(o.key) + words_of(o.value) + words_of(o.expected) + words_of(o.life) + words_of(o.processor);
}
void write(schema::Operation::Builder to, const operation& from) {
  to.setRequest(from.request.value());
  to.setRoutedBy(from.routed_by.value());
  write_row_id(to, from.row);
  to.setKind(operation_kinds.to_wire(from.kind));
  to.setMap(from.map.value());
  to.setPageBytes(from.page_bytes);
  to.setFromStart(from.from_start);
  if (!from.key.empty()) to.setKey(data(from.key));
  if (!from.value.empty()) to.setValue(data(from.value));
  if (!from.expected.empty()) to.setExpected(data(from.expected));
  write_stamp_into(to, from.stamp);
  to.setSince(from.since.value());
  to.setAskedBefore(from.asked_before);
  write_choice_into(to, from.life);
  if (!from.processor.empty()) to.setProcessor(data(from.processor));
  to.setKeysOnly(from.keys_only);
  to.setCopiesMin(from.copies_min);
}
operation read_operation(schema::Operation::Reader from, allowance& memory) {
  return {request_number{from.getRequest()},
          read_counted<view_number>(from.getRoutedBy()),
          read_row_id(from),
          map_id{from.getMap()},
          operation_kinds.from_wire(from.getKind()),
          from.getFromStart(),
          read_blob(from.getKey(), memory),
          read_blob(from.getValue(), memory),
          read_blob(from.getExpected(), memory),
          from.getPageBytes(),
          read_stamp(from),
          seq_number{from.getSince()},
          from.getAskedBefore(),
          read_choice(from),
          read_blob(from.getProcessor(), memory),
          from.getKeysOnly(),
          from.getCopiesMin()};
}

std::size_t words_of(const reply& r) {
  auto words = struct_words<schema::Reply> + words_of(r.value) + words_of(r.detail) + words_of_list(r.page.size(), struct_words<schema::MapEntry>);
  for (const auto& e : r.page) words += words_of(e.key) + words_of(e.value);
  return words;
}
void write(schema::Reply::Builder to, const reply& from) {
  to.setRequest(from.request.value());
  to.setOutcome(outcomes.to_wire(from.result));
  to.setWhy(failures.to_wire(from.why));
  to.setFound(from.found);
  to.setMore(from.more);
  to.setNumber(from.number);
  to.setEpoch(from.epoch.value());
  to.setSeq(from.seq.value());
  to.setCopies(from.copies);
  to.setCommitted(from.committed.value());
  if (!from.value.empty()) to.setValue(data(from.value));
  if (!from.detail.empty()) to.setDetail(data(from.detail));
  if (from.page.empty()) return;
  write_list(to.initPage(count(from.page)), from.page, [](auto place, const map_entry& e) { write(place, e); });
}
reply read_reply(schema::Reply::Reader from, allowance& memory) {
  return {request_number{from.getRequest()},
          outcomes.from_wire(from.getOutcome()),
          failures.from_wire(from.getWhy()),
          from.getFound(),
          read_blob(from.getValue(), memory),
          from.getNumber(),
          read_counted<epoch_number>(from.getEpoch()),
          read_counted<seq_number>(from.getSeq()),
          from.getMore(),
          read_list(from.getPage(), memory, [&](auto e) { return read_entry(e, memory); }),
          from.getCopies(),
          seq_number{from.getCommitted()},
          read_detail(from.getDetail(), memory)};
}

}  // namespace troupe::codec
