/// \file
/// Who may hold copies, and which copies of one durability's rows they are given: the board on which a placement is worked out.
///
/// It owns counts and positions only. It knows no epochs, no steps, no wishes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <troupe/messages/types/view.hpp>

namespace troupe::protocol {

/// A member that may hold copies, by its index among them: dense, in order of joining.
using seat = std::uint16_t;

/// The members that may hold copies, how close to each other they are, and what earlier tables gave them.
class seating {
 public:
  explicit seating(std::vector<const member*> holders);

  [[nodiscard]] std::size_t size() const { return numbers_.size(); }
  [[nodiscard]] member_no number(seat s) const { return numbers_[s]; }
  [[nodiscard]] std::optional<seat> seat_of(member_no m) const;
  /// What it costs to have copies of one row on both: 0 apart, more in one zone, most on one host.
  [[nodiscard]] unsigned closeness(seat a, seat b) const { return closeness_[a * size() + b]; }
  /// All pairs are equally close: exchanging one for another never spreads a row better.
  [[nodiscard]] bool uniform() const { return uniform_; }

  /// Copies that tables placed before have put there: breaks ties, so that the remainders of several tables don't pile up.
  std::vector<std::size_t> copies_elsewhere;

 private:
  std::vector<member_no> numbers_;
  std::vector<std::uint8_t> closeness_;
  bool uniform_ = true;
};

/// At most seven seats without repetition, in an order that the owner gives a meaning.
class seat_list {
 public:
  static constexpr std::size_t size_max = backup_count_max + 1;

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] const seat* begin() const { return at_.data(); }
  [[nodiscard]] const seat* end() const { return at_.data() + size_; }
  [[nodiscard]] seat operator[](std::size_t i) const { return at_[i]; }
  [[nodiscard]] bool contains(seat s) const { return position(s) < size_; }
  /// size() when it is not there.
  [[nodiscard]] std::size_t position(seat s) const;
  void push(seat s) { at_[size_++] = s; }
  void put(std::size_t i, seat s) { at_[i] = s; }
  void bring_to_front(std::size_t i);

 private:
  std::array<seat, size_max> at_{};
  std::uint8_t size_ = 0;
};

/// The seats given to one row. The first of `sync` is the primary's.
struct seated_row {
  seat_list sync;
  seat_list async;

  [[nodiscard]] bool empty() const { return sync.empty() && async.empty(); }
};

/// All rows of one durability with their seats; keeps the counts that the rules speak of.
/// Invariants: copies(s) = rows that contain s; primaries(s) = rows whose first sync seat is s; crowding(r, s) = sum of the closeness of s
/// to each of the row's seats.
class seated_table {
 public:
  seated_table(const seating& house, std::size_t row_count);

  [[nodiscard]] const seating& house() const { return *house_; }
  [[nodiscard]] std::size_t row_count() const { return rows_.size(); }
  [[nodiscard]] const seated_row& row(std::size_t r) const { return rows_[r]; }
  [[nodiscard]] std::size_t copies(seat s) const { return copies_[s]; }
  [[nodiscard]] std::size_t primaries(seat s) const { return primaries_[s]; }
  /// Rows that have a copy on `other` while `primary` is their primary: what `other` may have to take over from it.
  [[nodiscard]] std::size_t understudies(seat primary, seat other) const { return pairs_[primary * house_->size() + other]; }

  /// The first sync seat of a row is its primary's.
  void give_sync(std::size_t r, seat s);
  /// Requires: the row has its primary.
  void give_async(std::size_t r, seat s);
  /// `to` takes the place and the role of `from`. Requires: the row contains `from` and not `to`.
  void replace(std::size_t r, seat from, seat to);
  /// `to`, in whatever role, becomes the primary; the old primary takes its role.
  void move_primary(std::size_t r, seat to);

  [[nodiscard]] bool contains(std::size_t r, seat s) const { return held_[at(r, s)] != 0; }
  /// How close `s` is to the row's copies elsewhere, all together.
  [[nodiscard]] unsigned crowding(std::size_t r, seat s) const { return crowding_[at(r, s)]; }
  /// What it would be if `to` took the place of `from`.
  [[nodiscard]] unsigned crowding_instead(std::size_t r, seat from, seat to) const { return crowding(r, to) - house_->closeness(from, to); }
  /// May `to` take the place of `from` without bringing the row's copies closer together?
  [[nodiscard]] bool may_replace(std::size_t r, seat from, seat to) const {
    return !contains(r, to) && (house_->uniform() || crowding_instead(r, from, to) <= crowding(r, from));
  }

 private:
  [[nodiscard]] std::size_t at(std::size_t r, seat s) const { return r * house_->size() + s; }
  void enter(std::size_t r, seat s);
  void withdraw(std::size_t r, seat s);
  void count_pairs(const seated_row& row, int sign);

  const seating* house_;
  std::vector<seated_row> rows_;
  std::vector<std::size_t> copies_;
  std::vector<std::size_t> primaries_;
  std::vector<std::size_t> pairs_;
  std::vector<std::uint8_t> held_;       // By row and seat: is it one of the row's?
  std::vector<std::uint16_t> crowding_;  // By row and seat.
};

}  // namespace troupe::protocol
