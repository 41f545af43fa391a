#include <troupe/messages/codec/internal/session.hpp>

#include <troupe/messages/codec/internal/failure.hpp>

namespace troupe::codec {

namespace {

void write(schema::WriteResult::Builder to, const write_result& from) {
  to.setWrite(from.number.value());
  to.setEpoch(from.epoch.value());
  to.setSeq(from.seq.value());
  to.setCount(from.count);
  to.setFound(from.found);
  to.setIncomplete(!from.is_whole);
  to.setBytes(from.bytes);
  if (!from.value.empty()) to.setValue(data(from.value));
  to.setWhy(failures.to_wire(from.why));
}
write_result read_result(schema::WriteResult::Reader from, allowance& memory) {
  write_result r{read_counted<write_number>(from.getWrite()),
          read_counted<epoch_number>(from.getEpoch()),
          read_counted<seq_number>(from.getSeq()),
          from.getFound(),
          !from.getIncomplete(),
          from.getCount(),
          read_counted(from.getBytes()),
          read_blob(from.getValue(), memory),
          failures.from_wire(from.getWhy())};
  must_be_result(r.value, r.why);
  return r;
}

void write(schema::Session::Builder to, const session_image& from) {
  codec::write(to.initClient(), from.client);
  to.setOpenFrom(from.open_from.value());
  to.setHighest(from.highest.value());
  to.setCompleteSince(from.complete_since.value());
  to.setLast(from.last.value());
  if (from.results.empty()) return;
  write_list(to.initResults(count(from.results)), from.results, [](auto place, const write_result& r) { write(place, r); });
}
session_image read_session(schema::Session::Reader from, allowance& memory) {
  return {read_id<client_id>(from.getClient()),
          read_counted<write_number>(from.getOpenFrom()),
          read_counted<write_number>(from.getHighest()),
          read_counted<seq_number>(from.getCompleteSince()),
          read_counted<seq_number>(from.getLast()),
          read_list(from.getResults(), memory, [&](auto r) { return read_result(r, memory); })};
}

std::size_t words_of(const session_image& s) {
  auto words = struct_words<schema::Uuid> + words_of_list(s.results.size(), struct_words<schema::WriteResult>);
  for (const auto& r : s.results) words += codec::words_of(r.value);
  return words;
}

}  // namespace

std::size_t words_of_sessions(const sessions_image& image) {
  auto words = words_of_list(image.list.size(), struct_words<schema::Session>);
  for (const auto& s : image.list) words += words_of(s);
  return words;
}

void write_sessions(schema::SnapshotChunk::Builder to, const sessions_image& from) {
  to.setForgottenThrough(from.forgotten_through.value());
  if (from.list.empty()) return;
  write_list(to.initSessions(count(from.list)), from.list, [](auto place, const session_image& s) { write(place, s); });
}

sessions_image read_sessions(schema::SnapshotChunk::Reader from, allowance& memory) {
  return {read_counted<seq_number>(from.getForgottenThrough()), read_list(from.getSessions(), memory, [&](auto s) { return read_session(s, memory); })};
}

}  // namespace troupe::codec
