/// \file
/// Answers that wait for a commit: one place for each uncommitted record, with the answer of the operation that wrote it and those of
/// all that saw it.
#pragma once

#include <optional>
#include <vector>

#include <troupe/actors/protocol/row/replica.hpp>
#include <troupe/actors/protocol/row/ring.hpp>

namespace troupe::protocol {

/// An answer that tells of the row's state: it needs the lease as it leaves.
struct held_read {
  origin_id to;
  reply what;
  map_id map;
  operation_kind kind;
  instant since;  ///< it came
};

/// Another attempt of the write that a record carries out.
struct held_repeat {
  origin_id to;
  request_number request;
  write_stamp which;
  std::uint8_t copies_min = 0;
};

/// What may be answered once one record has committed.
struct held_place {
  bool has_writer = false;  ///< false: nobody waits for the record itself
  origin_id writer;
  reply answer;
  std::optional<instant> since{};  ///< the writer asked; nothing: that does not count
  std::uint8_t copies_min = 0;  ///< without so many the writer is not told `ok`
  std::vector<held_read> reads;
  std::vector<held_repeat> repeats;
};

class held_answers {
 public:
  /// `committed` is where the row stands; the places begin behind it.
  explicit held_answers(seq_number committed) : committed_(committed) {}

  /// The next record is somebody's; the answer has its epoch and seq.
  void add_write(origin_id writer, reply answer, std::uint8_t copies_min, std::optional<instant> since);
  /// The next record is nobody's here: it was rolled forward, or written by the row itself.
  void add_unowned();
  /// Requires: a place for `position` is there, and has not committed.
  void add_read(seq_number position, held_read read);
  void add_repeat(seq_number position, const held_repeat& repeat);

  /// The oldest place, whose record has committed; pop() frees it.
  [[nodiscard]] held_place& oldest() { return places_.front(); }
  void pop();
  [[nodiscard]] bool empty() const { return places_.empty(); }
  /// Reads and repeats.
  [[nodiscard]] std::size_t waiting() const { return waiting_; }

  /// Nobody waits for this origin's answers any more. Its records stay.
  void forget(origin_id origin);

 private:
  [[nodiscard]] held_place& new_place();
  [[nodiscard]] held_place& place_of(seq_number position);

  seq_number committed_;
  ring<held_place> places_;
  std::size_t waiting_ = 0;
};

}  // namespace troupe::protocol
