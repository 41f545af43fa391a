/// \file
/// One replica on a stage: the test plays the cluster around it. Views come from rows written as a sentence, messages to and from the
/// replica are plain values, time moves when told.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <troupe/actors/protocol/row/entry_processors.hpp>
#include <troupe/actors/protocol/row/replica.hpp>

namespace troupe::protocol::scene {

using namespace replication_message;

inline constexpr durability kind{1, 0};
inline const row_id the_row{kind, partition_id{17}};
inline const map_id the_map{1};
inline const map_id another_map{2};
inline constexpr member_no me{1};

inline member_no peer(std::uint32_t n) { return member_no{n}; }
inline seq_number seq(std::uint64_t n) { return seq_number{n}; }
inline epoch_number epoch(std::uint64_t n) { return epoch_number{n}; }
inline config_number config(std::uint64_t n) { return config_number{n}; }

/// A row, told: row_in(epoch{2}).led_by(1).with({2, 3}).learning({4}).
class told_row {
 public:
  explicit told_row(epoch_number e) {
    row_.epoch = e;
    row_.config = config_number{1};
  }
  told_row led_by(std::uint32_t m) && {
    row_.primary = member_no{m};
    row_.in_sync.insert(row_.primary);
    return std::move(*this);
  }
  told_row with(std::initializer_list<std::uint32_t> backups) && { return filled(row_.in_sync, backups); }
  told_row learning(std::initializer_list<std::uint32_t> learners) && { return filled(row_.learners, learners); }
  told_row async(std::initializer_list<std::uint32_t> backups) && { return filled(row_.async_backups, backups); }
  told_row unsealed(std::initializer_list<std::uint32_t> former) && { return filled(row_.unsealed, former); }
  told_row handing_over_to(std::uint32_t m) && {
    row_.successor = member_no{m};
    return std::move(*this);
  }
  told_row config(std::uint64_t c) && {
    row_.config = config_number{c};
    return std::move(*this);
  }
  told_row empty_since(epoch_number e) && {
    row_.empty_since = e;
    return std::move(*this);
  }
  told_row lost() && {
    row_.status = row_status::lost;
    return std::move(*this);
  }
  operator row() const { return row_; }  // NOLINT: a told row is a row

 private:
  told_row filled(member_set& set, std::initializer_list<std::uint32_t> numbers) {
    for (const auto n : numbers) set.insert(member_no{n});
    return std::move(*this);
  }
  row row_;
};
inline told_row row_in(epoch_number e) { return told_row{e}; }

/// A view with members 1 to 9, the maps given, and `r` as the row under test.
[[nodiscard]] view_ptr view_with(const row& r, std::uint64_t number, const std::vector<map_id>& maps = {the_map, another_map},
                                 const std::vector<durability_rules>& rules = {}, read_mode reads = read_mode::lease);

[[nodiscard]] operation ask(operation_kind what, std::string_view key = "k", std::string_view value = {}, std::string_view expected = {});
[[nodiscard]] inline operation put(std::string_view key, std::string_view value) { return ask(operation_kind::put, key, value); }
[[nodiscard]] inline operation set(std::string_view key, std::string_view value) { return ask(operation_kind::set, key, value); }
[[nodiscard]] inline operation get(std::string_view key) { return ask(operation_kind::get, key); }

/// What the replica says in one turn.
struct turn : replica_effects {
  /// The messages of this type to that member.
  template <class Message>
  [[nodiscard]] std::vector<Message> sent(member_no to) const {
    std::vector<Message> list;
    for (const auto& s : sends) {
      if (s.to == to && std::holds_alternative<Message>(s.what)) list.push_back(std::get<Message>(s.what));
    }
    return list;
  }
  template <class Wish>
  [[nodiscard]] std::vector<Wish> wished() const {
    std::vector<Wish> list;
    for (const auto& w : wishes) {
      if (std::holds_alternative<Wish>(w.what)) list.push_back(std::get<Wish>(w.what));
    }
    return list;
  }
  /// The answer to the operation with this request number; requires that there is exactly one.
  [[nodiscard]] const answer& answer_to(std::uint64_t request) const&;
  /// Of a turn that nobody keeps: a value, that may be kept.
  [[nodiscard]] answer answer_to(std::uint64_t request) const&& { return answer_to(request); }
  [[nodiscard]] bool answers_to(std::uint64_t request) const;
  [[nodiscard]] bool reports(std::string_view event) const;
};

/// The replica of member 1, unless told otherwise.
class stage {
 public:
  explicit stage(member_no self = me, const replica_limits& limits = {}, std::shared_ptr<const entry_processors> processors = {})
      : replica_(the_row, self, limits, std::move(processors)) {}

  turn install(const row& r, const std::vector<map_id>& maps = {the_map, another_map});
  /// An operation with the next request number: 1, 2, …
  turn operate(operation what);
  turn receive(std::uint32_t from, any_replication_message what);
  turn tick_after(duration d);
  /// Time alone: nothing wakes the replica.
  void pass(duration d) { now_ += d; }
  /// The background work's turn.
  turn check();
  /// Acknowledges as `from`, in feed 0, all up to `held`, with a copy that is equal.
  turn acked(std::uint32_t from, std::uint64_t held, feed_number feed = {});
  /// The same, and says that it still follows, as of that question.
  turn confirmed(std::uint32_t from, std::uint64_t held, std::uint64_t question);
  turn sealed(std::uint32_t from, std::uint64_t length, epoch_number last = {}, bool in_sync = true);

  /// Of all views from now on.
  void set_rules(std::vector<durability_rules> rules) { rules_ = std::move(rules); }
  void set_read_mode(read_mode m) { reads_ = m; }
  void set_lone(std::vector<lone_decision> decisions) { lone_ = std::move(decisions); }
  /// Of both maps.
  void set_eviction(const eviction_rule& rule) { eviction_ = rule; }
  void set_entry_statistics(bool on) { entry_statistics_ = on; }
  void lose_lease() { has_lease_ = false; }
  void gain_lease() { has_lease_ = true; }
  void become_full() { is_full_ = true; }
  void gain_room() { is_full_ = false; }
  [[nodiscard]] std::uint64_t last_request() const { return requests_; }
  [[nodiscard]] replica& core() { return replica_; }
  [[nodiscard]] view_ptr view() const { return view_; }
  [[nodiscard]] moment at() const;

 private:
  template <class Step>
  turn take(Step step);

  replica replica_;
  view_ptr view_;
  epoch_number epoch_;
  instant now_{seconds{100}};
  bool has_lease_ = true;
  bool is_full_ = false;
  std::uint64_t requests_ = 0;
  std::vector<durability_rules> rules_;
  read_mode reads_ = read_mode::lease;
  std::vector<lone_decision> lone_;
  eviction_rule eviction_{};
  bool entry_statistics_ = false;
};

/// Member 1 as the active primary of `r`, which every backup has sealed with an empty log.
/// In a cluster with these rules of durabilities.
[[nodiscard]] stage primary_of(const row& r, const replica_limits& limits = {}, std::vector<durability_rules> rules = {},
                               std::shared_ptr<const entry_processors> processors = {});

/// Records of `e` from `first` on, one put each, with these values of the key "k".
[[nodiscard]] records records_of(epoch_number e, std::uint64_t first, const std::vector<std::string>& values, std::uint64_t commit,
                                 epoch_number before);
/// The value that a backup read of `key` finds; "-" when the key is not there; "?" when the copy is not readable.
[[nodiscard]] std::string value_at(replica& r, std::string_view key);

}  // namespace troupe::protocol::scene
