/// \file
/// The replication conversation in both directions: the hot one, with acknowledgements and records. Each message: its size, how it is
/// written, how it is read, next to each other.
#include <troupe/messages/codec/internal/conversations.hpp>

#include <schema/replication.capnp.h>

#include <troupe/messages/codec/codec.hpp>
#include <troupe/messages/codec/internal/enumeration.hpp>
#include <troupe/messages/codec/internal/ids.hpp>
#include <troupe/messages/codec/internal/lifetime.hpp>
#include <troupe/messages/codec/internal/record.hpp>
#include <troupe/messages/codec/internal/lock.hpp>
#include <troupe/messages/codec/internal/session.hpp>

namespace troupe::codec {

namespace {

using namespace replication_message;
using builder = schema::ReplicationMessage::Builder;
using reader = schema::ReplicationMessage::Reader;

// The sizes are those of what a message takes outside of its place in the frame's list.

// Live records. Unlike elsewhere, an empty list is left null: it takes no word.

std::size_t words_beyond(const records& m) { return words_of_records(m.list); }
void write(builder root, const records& from) {
  auto to = root.initRecords();
  to.setFirst(from.first.value());
  to.setCommit(from.commit.value());
  to.setBefore(from.before.value());
  to.setTime(from.time.value());
  to.setSum(from.sum.value_or(0));
  to.setSummed(from.sum.has_value());
  to.setConfirm(from.confirm.value());
  if (!from.list.empty()) write_records(to.initList(count(from.list)), from.first, from.list);
}
records read_records_message(reader root, allowance& memory) {
  const auto from = root.getRecords();
  const seq_number first{from.getFirst()};
  return {read_row_id(root),
          read_counted<epoch_number>(root.getEpoch()),
          first,
          read_counted<seq_number>(from.getCommit()),
          read_records(from.getList(), first, memory),
          read_counted<epoch_number>(from.getBefore()),
          read_counted<row_time>(from.getTime()),
          from.getSummed() ? std::optional{from.getSum()} : std::nullopt,
          read_counted<confirmation_number>(from.getConfirm())};
}

constexpr enumeration agreements{{
    std::pair{agreement::unknown, schema::Agreement::UNKNOWN},
    std::pair{agreement::equal, schema::Agreement::EQUAL},
    std::pair{agreement::different, schema::Agreement::DIFFERENT},
}};

std::size_t words_beyond(const ack&) { return 0; }
void write(builder root, const ack& from) {
  auto to = root.initAck();
  to.setFeed(from.feed.value());
  to.setHeld(from.held.value());
  to.setGap(from.gap);
  to.setLast(from.last.value());
  to.setCommit(from.commit.value());
  to.setWithPrimary(agreements.to_wire(from.with_primary));
  to.setFull(from.full);
  to.setConfirmed(from.confirmed.value());
}
ack read_ack(reader root) {
  const auto from = root.getAck();
  return {
      read_row_id(root),
      read_counted<epoch_number>(root.getEpoch()),
      feed_number{from.getFeed()},
      read_counted<seq_number>(from.getHeld()),
      from.getGap(),
      read_counted<epoch_number>(from.getLast()),
      read_counted<seq_number>(from.getCommit()),
      agreements.from_wire(from.getWithPrimary()),
      from.getFull(),
      read_counted<confirmation_number>(from.getConfirmed()),
  };
}

// Seals.

std::size_t words_beyond(const seal&) { return 0; }
void write(builder root, const seal& from) {
  auto to = root.initSeal();
  to.setConfig(from.config.value());
  to.setInSync(from.in_sync);
  to.setEmptySince(from.empty_since.value());
}
seal read_seal(reader root) {
  const auto from = root.getSeal();
  return {read_row_id(root), read_counted<epoch_number>(root.getEpoch()), read_counted<config_number>(from.getConfig()), from.getInSync(),
          read_counted<epoch_number>(from.getEmptySince())};
}

std::size_t words_beyond(const sealed&) { return 0; }
void write(builder root, const sealed& from) {
  auto to = root.initSealed();
  to.setInSync(from.in_sync);
  to.setLength(from.length.value());
  to.setLast(from.last.value());
}
sealed read_sealed(reader root) {
  const auto from = root.getSealed();
  return {read_row_id(root), read_counted<epoch_number>(root.getEpoch()), from.getInSync(), read_counted<seq_number>(from.getLength()),
          read_counted<epoch_number>(from.getLast())};
}

std::size_t words_beyond(const sealed_above&) { return 0; }
void write(builder root, const sealed_above&) { root.setSealedAbove(); }
sealed_above read_sealed_above(reader root) { return {read_row_id(root), read_counted<epoch_number>(root.getEpoch())}; }

// Rolling a log forward.

std::size_t words_beyond(const pull&) { return 0; }
void write(builder root, const pull& from) {
  auto to = root.initPull();
  to.setFrom(from.from.value());
  to.setTo(from.to.value());
  to.setBefore(from.before.value());
}
pull read_pull(reader root) {
  const auto from = root.getPull();
  return {read_row_id(root), read_counted<epoch_number>(root.getEpoch()), read_counted<seq_number>(from.getFrom()),
          read_counted<seq_number>(from.getTo()), read_counted<epoch_number>(from.getBefore())};
}

std::size_t words_beyond(const pulled& m) { return words_of_records(m.list); }
void write(builder root, const pulled& from) {
  auto to = root.initPulled();
  if (from.list.empty()) return;
  to.setFirst(from.list.front().seq.value());
  write_records(to.initList(count(from.list)), from.list.front().seq, from.list);
}
pulled read_pulled(reader root, allowance& memory) {
  const auto from = root.getPulled();
  return {read_row_id(root), read_counted<epoch_number>(root.getEpoch()),
          read_records(from.getList(), read_counted<seq_number>(from.getFirst()), memory)};
}

// Snapshots.

void write(schema::SnapshotEntry::Builder to, const snapshot_entry& from) {
  to.setMap(from.map.value());
  to.setVersion(from.version.value());
  to.setKey(data(from.key));
  to.setValue(data(from.value));
  write_life_into(to, from.life, from.times);
}
snapshot_entry read_entry(schema::SnapshotEntry::Reader from, allowance& memory) {
  const auto known = read_life(from);
  return {map_id{from.getMap()},
          read_counted<seq_number>(from.getVersion()),
          read_blob(from.getKey(), memory),
          read_value(from.getValue(), from.getKey(), memory),
          known.life,
          known.times};
}

std::size_t words_beyond(const snapshot_chunk& m) {
  auto words = struct_words<schema::SnapshotChunk> + words_of_list(m.entries.size(), struct_words<schema::SnapshotEntry>);
  for (const auto& e : m.entries) words += words_of(e.key) + words_of(e.value) + words_of(e.life, e.times);
  words += words_of_list(m.branches.size(), struct_words<schema::BranchPoint>);
  return words + words_of_sessions(m.sessions) + words_of_locks(m.locks);
}
void write(builder root, const snapshot_chunk& from) {
  auto to = root.initSnapshotChunk();
  to.setFeed(from.feed.value());
  to.setIndex(from.index);
  to.setAt(from.at.value());
  to.setAtEpoch(from.at_epoch.value());
  to.setLast(from.last);
  to.setConfig(from.config.value());
  to.setTime(from.time.value());
  write_sessions(to, from.sessions);
  write_locks(to, from.locks);
  if (!from.branches.empty()) {
    write_list(to.initBranches(count(from.branches)), from.branches, [](auto place, const branch_point& b) {
      place.setAfter(b.after.value());
      place.setHeld(b.held.value());
    });
  }
  if (from.entries.empty()) return;
  write_list(to.initEntries(count(from.entries)), from.entries, [](auto place, const snapshot_entry& e) { write(place, e); });
}
snapshot_chunk read_snapshot_chunk(reader root, allowance& memory) {
  must(root.hasSnapshotChunk(), "a snapshot chunk is null");
  const auto from = root.getSnapshotChunk();
  must(from.getBranches().size() <= view::lone_max, "a snapshot begins too many branches");
  return {read_row_id(root),
          read_counted<epoch_number>(root.getEpoch()),
          feed_number{from.getFeed()},
          from.getIndex(),
          read_counted<seq_number>(from.getAt()),
          read_counted<epoch_number>(from.getAtEpoch()),
          from.getLast(),
          read_list(from.getEntries(), memory, [&](auto e) { return read_entry(e, memory); }),
          read_counted<config_number>(from.getConfig()),
          read_sessions(from, memory),
          read_counted<row_time>(from.getTime()),
          read_list(from.getBranches(), memory, [](auto b) {
            return branch_point{read_counted<view_number>(b.getAfter()), read_counted<seq_number>(b.getHeld())};
          }),
          read_locks(from, memory)};
}

std::size_t words_beyond(const snapshot_ack&) { return 0; }
void write(builder root, const snapshot_ack& from) {
  auto to = root.initSnapshotAck();
  to.setFeed(from.feed.value());
  to.setNextIndex(from.next_index);
}
snapshot_ack read_snapshot_ack(reader root) {
  const auto from = root.getSnapshotAck();
  return {read_row_id(root), read_counted<epoch_number>(root.getEpoch()), feed_number{from.getFeed()}, from.getNextIndex()};
}

// Going on with a copy.

std::size_t words_beyond(const resume&) { return 0; }
void write(builder root, const resume& from) {
  auto to = root.initResume();
  to.setFeed(from.feed.value());
  to.setConfig(from.config.value());
}
resume read_resume(reader root) {
  const auto from = root.getResume();
  return {read_row_id(root), read_counted<epoch_number>(root.getEpoch()), feed_number{from.getFeed()},
          read_counted<config_number>(from.getConfig())};
}

// Any of them.

std::size_t words_of(const any_replication_message& m) {
  return struct_words<schema::ReplicationMessage> + std::visit([](const auto& x) { return words_beyond(x); }, m);
}
void write(builder to, const any_replication_message& from) {
  const auto write_one = [&to](const auto& m) {
    write_row_id(to, m.row);
    to.setEpoch(m.epoch.value());
    write(to, m);
  };
  std::visit(write_one, from);
}
any_replication_message read_any(reader root, allowance& memory) {
  switch (root.which()) {
    case schema::ReplicationMessage::RECORDS: return read_records_message(root, memory);
    case schema::ReplicationMessage::ACK: return read_ack(root);
    case schema::ReplicationMessage::SEAL: return read_seal(root);
    case schema::ReplicationMessage::SEALED: return read_sealed(root);
    case schema::ReplicationMessage::SEALED_ABOVE: return read_sealed_above(root);
    case schema::ReplicationMessage::PULL: return read_pull(root);
    case schema::ReplicationMessage::PULLED: return read_pulled(root, memory);
    case schema::ReplicationMessage::SNAPSHOT_CHUNK: return read_snapshot_chunk(root, memory);
    case schema::ReplicationMessage::SNAPSHOT_ACK: return read_snapshot_ack(root);
    case schema::ReplicationMessage::RESUME: return read_resume(root);
  }
  reject(error_kind::value, "a replication message of a kind that this protocol version does not know");
}

std::size_t words_of(const replication_batch& batch) {
  auto words = 1 + struct_words<schema::Replication> + words_of_list(batch.list.size(), 0);
  for (const auto& m : batch.list) words += words_of(m);
  return words;
}

}  // namespace

std::size_t encoded_bytes(const any_replication_message& m) { return words_of(m) * sizeof(word); }

frame_buffer encode(const replication_batch& batch) {
  frame_builder frame{conversation::replication, words_of(batch)};
  auto root = frame.initRoot<schema::Replication>();
  root.setFrom(batch.from.value());
  root.setViewNumber(batch.view.number.value());
  root.setViewDigest(batch.view.digest);
  if (!batch.list.empty())
    write_list(root.initMessages(count(batch.list)), batch.list, [](auto place, const any_replication_message& m) { write(place, m); });
  return frame.finish();
}

result<any_frame> decode_replication(std::span<const word> payload) {
  return read_message<schema::Replication>(payload, [](schema::Replication::Reader root, allowance& memory) -> any_frame {
    return replication_batch{member_no{root.getFrom()},
                             {read_counted<view_number>(root.getViewNumber()), root.getViewDigest()},
                             read_list(root.getMessages(), memory, [&](auto m) { return read_any(m, memory); })};
  });
}

}  // namespace troupe::codec
