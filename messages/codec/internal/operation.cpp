#include <troupe/messages/codec/internal/operation.hpp>

#include <array>
#include <span>

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
constexpr enumeration event_kinds{{
    std::pair{row_event_kind::added, schema::RowEventKind::ADDED},
    std::pair{row_event_kind::updated, schema::RowEventKind::UPDATED},
    std::pair{row_event_kind::removed, schema::RowEventKind::REMOVED},
    std::pair{row_event_kind::expired, schema::RowEventKind::EXPIRED},
    std::pair{row_event_kind::evicted, schema::RowEventKind::EVICTED},
    std::pair{row_event_kind::cleared, schema::RowEventKind::CLEARED},
    std::pair{row_event_kind::gap, schema::RowEventKind::GAP},
}};

constexpr enumeration gap_reasons{{
    std::pair{gap_reason::none, schema::GapReason::NONE},
    std::pair{gap_reason::too_late, schema::GapReason::TOO_LATE},
    std::pair{gap_reason::history_lost, schema::GapReason::HISTORY_LOST},
    std::pair{gap_reason::another_cluster, schema::GapReason::ANOTHER_CLUSTER},
}};

/// A gap counts no entries, and what counts entries is no gap: one place for both numbers.
void write(schema::RowEvent::Builder to, const row_event& from) {
  to.setKind(event_kinds.to_wire(from.what));
  to.setWhy(gap_reasons.to_wire(from.why));
  to.setBeforeUnknown(from.before_unknown);
  to.setAt(from.at.value());
  to.setNumber(from.what == row_event_kind::gap ? from.since.value() : from.number);
  if (!from.key.empty()) to.setKey(data(from.key));
  if (!from.value.empty()) to.setValue(data(from.value));
  if (!from.old_value.empty()) to.setOldValue(data(from.old_value));
}
row_event read_event(schema::RowEvent::Reader from, allowance& memory) {
  row_event e;
  e.what = event_kinds.from_wire(from.getKind());
  e.why = gap_reasons.from_wire(from.getWhy());
  e.before_unknown = from.getBeforeUnknown();
  e.at = read_counted<seq_number>(from.getAt());
  if (e.what == row_event_kind::gap) e.since = read_counted<seq_number>(from.getNumber());
  else e.number = from.getNumber();
  e.key = read_blob(from.getKey(), memory);
  e.value = read_blob(from.getValue(), memory);
  e.old_value = read_blob(from.getOldValue(), memory);
  return e;
}

void write(schema::Writing::Builder to, const operation& from) {
  write_stamp_into(to, from.stamp);
  to.setSince(from.since.value());
  to.setAskedBefore(from.asked_before);
  to.setCopiesMin(from.copies_min);
  if (!from.expected.empty()) to.setExpected(data(from.expected));
  write_choice_into(to, from.life, from.owner);
  to.setWaitMs(from.wait_ms);
  if (!from.processor.empty()) to.setProcessor(data(from.processor));
}
void read_into(operation& o, schema::Writing::Reader from, allowance& memory) {
  o.stamp = read_stamp(from);
  o.since = seq_number{from.getSince()};
  o.asked_before = from.getAskedBefore();
  o.copies_min = from.getCopiesMin();
  o.expected = read_blob(from.getExpected(), memory);
  o.life = read_choice(from);
  o.owner = read_owner(from);
  o.wait_ms = from.getWaitMs();
  o.processor = read_blob(from.getProcessor(), memory);
}

void write(schema::Paging::Builder to, const operation& from) {
  to.setSince(from.since.value());
  to.setEpoch(from.epoch.value());
  to.setPageBytes(from.page_bytes);
  to.setFromStart(from.from_start);
  to.setKeysOnly(from.keys_only);
  to.setByKey(from.by_key);
  to.setOldValues(from.old_values);
  if (!from.processor.empty()) to.setPredicate(data(from.processor));
}
void read_into(operation& o, schema::Paging::Reader from, allowance& memory) {
  o.since = seq_number{from.getSince()};
  o.epoch = read_counted<epoch_number>(from.getEpoch());
  o.page_bytes = from.getPageBytes();
  o.from_start = from.getFromStart();
  o.keys_only = from.getKeysOnly();
  o.by_key = from.getByKey();
  o.old_values = from.getOldValues();
  o.processor = read_blob(from.getPredicate(), memory);
}

map_entry read_entry(schema::MapEntry::Reader from, allowance& memory) {
  return {read_blob(from.getKey(), memory), read_blob(from.getValue(), memory)};
}

std::size_t words_of(const boxed<entry_facts>& facts) { return facts ? struct_words<schema::EntryFacts> : 0; }
void write(schema::EntryFacts::Builder to, const entry_facts& from) {
  to.setVersion(from.version.value());
  to.setBytes(from.bytes);
  to.setTtl(wire_lifespan(from.ttl));
  to.setMaxIdle(wire_lifespan(from.max_idle));
  to.setEndsIn(wire_lifespan(from.ends_in));
  to.setCounted(from.is_counted);
  to.setSinceCreated(wire_lifespan(from.since_created));
  to.setSinceWritten(wire_lifespan(from.since_written));
  to.setSinceAsked(wire_lifespan(from.since_asked));
  to.setHits(from.hits);
}
entry_facts read_facts(schema::EntryFacts::Reader from) {
  return {
      read_counted<seq_number>(from.getVersion()), from.getBytes(),   read_lifespan(from.getTtl()),          read_lifespan(from.getMaxIdle()),
      read_lifespan(from.getEndsIn()),             from.getCounted(), read_lifespan(from.getSinceCreated()), read_lifespan(from.getSinceWritten()),
      read_lifespan(from.getSinceAsked()),         from.getHits(),
  };
}

blob read_detail(capnp::Data::Reader from, allowance& memory) {
  must(from.size() <= failure_detail_bytes_max, "what is told of a failure is too long");
  return read_blob(from, memory);
}

}  // namespace

std::size_t words_of(const operation& o) {
  const auto words = struct_words<schema::Operation> + words_of(o.key) + words_of(o.value);
  if (asks_for_page(o.kind)) return words + struct_words<schema::Paging> + words_of(o.processor);
  if (!names_client(o.kind)) return words;
  return words + struct_words<schema::Writing> + words_of(o.expected) + words_of(o.life, o.owner) + words_of(o.processor);
}
void write(schema::Operation::Builder to, const operation& from) {
  to.setRequest(from.request.value());
  to.setRoutedBy(from.routed_by.value());
  write_row_id(to, from.row);
  to.setKind(operation_kinds.to_wire(from.kind));
  to.setMap(from.map.value());
  if (!from.key.empty()) to.setKey(data(from.key));
  if (!from.value.empty()) to.setValue(data(from.value));
  if (asks_for_page(from.kind)) {
    write(to.initPaging(), from);
  } else if (names_client(from.kind)) {
    write(to.initWriting(), from);
  }
}
operation read_operation(schema::Operation::Reader from, allowance& memory) {
  operation o;
  o.request = request_number{from.getRequest()};
  o.routed_by = read_counted<view_number>(from.getRoutedBy());
  o.row = read_row_id(from);
  o.map = map_id{from.getMap()};
  o.kind = operation_kinds.from_wire(from.getKind());
  o.key = read_blob(from.getKey(), memory);
  o.value = takes_value(o.kind) ? read_value(from.getValue(), from.getKey(), memory) : read_blob(from.getValue(), memory);
  if (asks_for_page(o.kind)) {
    must(from.isPaging(), "a scan or listen does not say which page");
    read_into(o, from.getPaging(), memory);
  } else if (names_client(o.kind)) {
    must(from.isWriting(), "a write does not say what a write says");
    read_into(o, from.getWriting(), memory);
  } else {
    must(from.isReading(), "a read says what it does not say");
  }
  return o;
}

namespace {

holders read_holders(capnp::List<std::uint32_t>::Reader from) {
  must(from.size() <= holders::size_max, "too many members hold a write");
  std::array<member_no, holders::size_max> members;
  std::size_t count = 0;
  for (const auto value : from) {
    must(value > (count == 0 ? 0 : members[count - 1].value()), "the members that hold a write are not in order");
    members[count++] = member_no{value};
  }
  return holders{std::span{members}.first(count)};
}

}  // namespace

std::size_t words_of(const reply& r) {
  auto words = struct_words<schema::Reply> + words_of(r.value) + words_of(r.detail) + words_of(r.facts) + words_for_bytes(r.held_by.size() * sizeof(std::uint32_t)) + words_of_list(r.page.size(), struct_words<schema::MapEntry>);
  for (const auto& e : r.page) words += words_of(e.key) + words_of(e.value);
  words += words_of_list(r.events.size(), struct_words<schema::RowEvent>);
  for (const auto& e : r.events) words += words_of(e.key) + words_of(e.value) + words_of(e.old_value);
  return words;
}
void write(schema::Reply::Builder to, const reply& from) {
  require(int{from.page.empty()} + int{from.events.empty()} + int{from.detail.empty()} + int{!from.facts} + int{from.held_by.empty()} >= 4,
          "a reply has a page, events, a detail, facts, or members that hold a write, at most");
  to.setRequest(from.request.value());
  to.setOutcome(outcomes.to_wire(from.result));
  to.setWhy(failures.to_wire(from.why));
  to.setFound(from.found);
  to.setMore(from.more);
  to.setCopies(from.copies);
  to.setNumber(from.number);
  to.setEpoch(from.epoch.value());
  to.setSeq(from.seq.value());
  to.setCommitted(from.committed.value());
  if (!from.value.empty()) to.setValue(data(from.value));
  if (!from.page.empty()) write_list(to.initPage(count(from.page)), from.page, [](auto place, const map_entry& e) { write(place, e); });
  if (!from.events.empty()) write_list(to.initEvents(count(from.events)), from.events, [](auto place, const row_event& e) { write(place, e); });
  if (!from.detail.empty()) to.setDetail(data(from.detail));
  if (from.facts) write(to.initFacts(), *from.facts);
  if (!from.held_by.empty()) write_numbers(to.initHeldBy(count(from.held_by)), from.held_by);
}
reply read_reply(schema::Reply::Reader from, allowance& memory) {
  reply r;
  r.request = request_number{from.getRequest()};
  r.result = outcomes.from_wire(from.getOutcome());
  r.why = failures.from_wire(from.getWhy());
  r.found = from.getFound();
  r.more = from.getMore();
  r.copies = from.getCopies();
  r.value = read_blob(from.getValue(), memory);
  r.number = from.getNumber();
  r.epoch = read_counted<epoch_number>(from.getEpoch());
  r.seq = read_counted<seq_number>(from.getSeq());
  r.committed = seq_number{from.getCommitted()};
  switch (from.which()) {
    case schema::Reply::PLAIN: return r;
    case schema::Reply::PAGE: r.page = read_list(from.getPage(), memory, [&](auto e) { return read_entry(e, memory); }); return r;
    case schema::Reply::EVENTS: r.events = read_list(from.getEvents(), memory, [&](auto e) { return read_event(e, memory); }); return r;
    case schema::Reply::DETAIL: r.detail = read_detail(from.getDetail(), memory); return r;
    case schema::Reply::FACTS: r.facts = read_facts(from.getFacts()); return r;
    case schema::Reply::HELD_BY: r.held_by = read_holders(from.getHeldBy()); return r;
  }
  reject(error_kind::value, "a reply has something that this protocol version does not know");
}

}  // namespace troupe::codec
