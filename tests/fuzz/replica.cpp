/// One replica among members that say anything: views that the rules allow, and between them whatever messages the codec lets through,
/// from any member, about positions and epochs close to the replica's own.
#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include <troupe/actors/protocol/membership/view_change.hpp>
#include <troupe/actors/protocol/row/entry_processors.hpp>
#include <troupe/actors/protocol/row/replica.hpp>
#include <troupe/messages/codec/codec.hpp>
#include <troupe/messages/types/stats.hpp>

#include "tests/fuzz/target.hpp"

using namespace troupe;
using namespace troupe::protocol;

namespace {

namespace message = replication_message;

constexpr durability kind{1, 1};
const row_id the_row{kind, partition_id{0}};
constexpr map_id the_map{1};
constexpr member_no self{1};
constexpr unsigned members = 5;

/// Small, so that an input of a few bytes reaches all of them.
replica_limits narrow_limits() {
  replica_limits l;
  l.ring_bytes_max = 200;
  l.pending_bytes_max = 600;
  l.waiting_operations_max = 6;
  l.message_bytes_max = 300;
  l.chunk_bytes = 100;
  l.chunks_in_flight_max = 2;
  l.async_bytes_max = 300;
  l.listeners_max = 3;
  l.listened_bytes_max = 300;
  l.sizes.key_bytes_max = 16;
  l.sizes.value_bytes_max = 64;
  return l;
}

/// `store`: the argument is the value, and what is returned; or the reason of a failure, or why the entry goes.
class storing final : public entry_processors {
 public:
  processor_outcome run(std::string_view name, const entry_at_hand&, const blob& argument) const override {
    if (name != "store") return processor_failure{failure::unknown_processor, std::string{name}};
    switch (argument.size() % 4) {
      case 0: return processor_failure{failure::processor_failed, std::string{argument.view()}};
      case 1: return processed{remove_entry{}, argument};
      default: return processed{set_entry{argument}, argument};
    }
  }
};

/// The members' first view, with one map of one row that `self` leads.
view_ptr first_view() {
  troupe::member founder;
  founder.id.bytes[0] = 1;
  founder.address = {"10.0.0.1", 5701};
  cluster_settings settings;
  settings.partition_count = 1;
  auto v = founding_view({}, founder, settings);
  view_change change;
  for (std::uint8_t n = 2; n <= members; ++n) {
    troupe::member joiner;
    joiner.number = member_no{n};
    joiner.id.bytes[0] = n;
    joiner.address = {"10.0.0." + std::to_string(n), 5701};
    change.joins.push_back(joiner);
  }
  change.maps_created.push_back({the_map, "map", kind, false});
  row r{epoch_number{1}, config_number{1}, self, {self}, {}, {}, {}, nobody, row_status::served, {}};
  change.rows.push_back({the_row, r});
  fuzz::claim(!objection(*v, change), "the first view can be");
  return apply(*v, change);
}

class world {
 public:
  explicit world(fuzz::decisions from) : from_(from), view_(first_view()) {
    install();
    end_turn();
  }

  void run() {
    while (!from_.used_up()) {
      act();
      if (from_.below(4) != 0) end_turn();  // Else more of the same turn.
    }
    end_turn();
  }

 private:
  void act() {
    switch (from_.below(9)) {
      case 0: change_view(); break;
      case 1: operate(); break;
      case 2: pass_time(); break;
      case 3: read_backup(); break;
      case 4: core_.check(at(), effects_); break;
      default: receive(); break;
    }
  }

  // Views

  [[nodiscard]] member_no any_member() { return member_no{1 + from_.below(members)}; }

  member_set some_of(const member_set& candidates) {
    member_set some;
    const auto chosen = from_.byte();
    for (const auto m : candidates) {
      if ((chosen >> m.value() & 1) != 0) some.insert(m);
    }
    return some;
  }

  /// The row changes as a view may change it. Who comes in sync was wished for (invariant 9), and a former primary stays unsealed until the
  /// activation is complete: the membership sees to that, and not to more.
  void change_view() {
    const auto& before = *view_->find(the_row);
    const auto drawn = from_.byte();
    view_change change;
    auto now = before;
    now.config = before.config.next();
    now.successor = nobody;
    const bool dies = (drawn & 32) != 0 && !before.in_sync.contains(self);
    if (before.status == row_status::lost || dies) {
      change.removals.assign(before.in_sync.begin(), before.in_sync.end());
      lose(now, (drawn & 1) != 0, (drawn & 2) != 0);
    } else {
      step(now, before, drawn);
    }
    fill_up(now, change);
    change.rows.push_back({the_row, now});
    if (objection(*view_, change)) return;
    view_ = apply(*view_, change);
    if (from_.below(8) != 0) install();  // Else this view is skipped.
  }

  /// Nobody in sync is left: the row is lost, or goes on here, with what there is or empty.
  static void lose(row& now, bool goes_on, bool empty) {
    now.epoch = now.epoch.next();
    now.status = goes_on ? row_status::served : row_status::lost;
    now.primary = goes_on ? self : nobody;
    now.in_sync = goes_on ? member_set{self} : member_set{};
    if (goes_on && empty) now.empty_since = now.epoch;
  }

  void step(row& now, const row& before, unsigned drawn) {
    for (const auto m : before.learners) {
      if (caught_up_.contains({before.config, m}) && (drawn & 2) != 0) now.in_sync.insert(m);
    }
    if ((drawn & 4) != 0) now.in_sync = some_of(now.in_sync);
    now.primary = (drawn & 8) != 0 ? any_member() : before.primary;
    now.in_sync.insert(now.primary);
    if (now.primary != before.primary) {
      now.epoch = before.epoch.next();
      now.unsealed.insert(before.primary);
    } else if ((drawn & 16) != 0 && activated_.contains(before.epoch)) {
      now.unsealed.clear();
    }
    if (drawn >= 192) now.successor = *now.in_sync.begin();
  }

  /// The other roles go to any of those who stay.
  void fill_up(row& now, const view_change& change) {
    member_set staying;
    for (const auto& m : view_->members) {
      if (std::ranges::find(change.removals, m.number) == change.removals.end()) staying.insert(m.number);
    }
    now.unsealed.erase_if([&](member_no m) { return !staying.contains(m); });
    now.learners = some_of(staying);
    now.learners.erase_if([&](member_no m) { return now.in_sync.contains(m); });
    now.async_backups = some_of(staying);
    now.async_backups.erase_if([&](member_no m) { return now.in_sync.contains(m) || now.learners.contains(m); });
  }

  void install() {
    core_.install(view_, at(), effects_);
    has_lease_ = from_.flag();
  }

  // Messages

  /// What the codec would hand over had it been sent; nothing where it refuses.
  std::optional<any_replication_message> travelled(any_replication_message what) {
    const auto frame = codec::encode(replication_batch{any_member(), view_->name, {std::move(what)}});
    const auto read = codec::decode_frame(codec::conversation::replication, frame.payload());
    if (!read) {
      fuzz::claim_is_explanation(read.error().text);
      return std::nullopt;
    }
    return std::get<replication_batch>(*read).list.front();
  }

  [[nodiscard]] epoch_number an_epoch() {
    return epoch_number{from_.near((from_.flag() ? view_->find(the_row)->epoch : core_.sealed_epoch()).value())};
  }
  [[nodiscard]] seq_number a_position() { return seq_number{from_.near((from_.flag() ? core_.log_length() : core_.committed()).value())}; }
  [[nodiscard]] feed_number a_feed() { return feed_number{static_cast<std::uint32_t>(from_.near(0))}; }
  [[nodiscard]] config_number a_config() { return config_number{from_.near(view_->find(the_row)->config.value())}; }
  [[nodiscard]] blob some_bytes(unsigned count_max) { return blob{fuzz::text_of(from_.bytes(from_.below(count_max + 1)))}; }
  [[nodiscard]] blob a_key() { return blob{std::string(1, static_cast<char>('a' + from_.below(3)))}; }

  std::vector<record> records_from(seq_number first, epoch_number last_epoch) {
    std::vector<record> list;
    const auto count = from_.below(4);
    for (auto seq = first; list.size() < count; seq = seq.next()) {
      const auto epoch = from_.below(4) == 0 ? an_epoch() : last_epoch;
      switch (from_.below(6)) {
        case 0: list.push_back({epoch, seq, erase_entry{the_map, a_key()}}); break;
        case 1: list.push_back({epoch, seq, clear_map{map_id{1 + from_.below(2)}}}); break;
        case 2: list.push_back({epoch, seq, take_lock{the_map, a_key(), owner_number{1 + from_.below(2)}}, {a_stamp(write_number{seq.value()}), operation_kind::lock, true, 0}}); break;
        case 3: list.push_back({epoch, seq, free_lock{the_map, a_key(), from_.flag() ? free_lock::all : from_.below(2)}}); break;
        default: list.push_back({epoch, seq, put_entry{map_id{1 + from_.below(2)}, a_key(), some_bytes(40)}}); break;
      }
    }
    return list;
  }

  any_replication_message drawn_message() {
    const auto e = an_epoch();
    switch (from_.below(10)) {
      case 0: {
        const auto first = a_position();
        const auto sum = from_.flag() ? std::optional{core_.checksum() + from_.below(2)} : std::nullopt;
        return message::records{the_row, e, first, a_position(), records_from(first, e), an_epoch(), row_time{from_.below(16)}, sum,
                                confirmation_number{from_.below(4)}};
      }
      case 1:
        return message::ack{the_row,      e,          a_feed(), a_position(), from_.flag(), an_epoch(), a_position(),
                            static_cast<agreement>(from_.below(3))};
      case 2: return message::seal{the_row, e, a_config(), from_.flag(), from_.flag() ? an_epoch() : epoch_number{}};
      case 3: return message::sealed{the_row, e, from_.flag(), a_position(), an_epoch()};
      case 4: return message::sealed_above{the_row, e};
      case 5: return message::pull{the_row, e, a_position(), a_position(), an_epoch()};
      case 6: return message::pulled{the_row, e, records_from(a_position(), an_epoch())};
      case 7: {
        message::snapshot_chunk chunk{the_row, e, a_feed(), from_.below(3), a_position(), an_epoch(), from_.flag(), {}, a_config()};
        for (auto entries = from_.below(4); entries > 0; --entries)
          chunk.entries.push_back({map_id{1 + from_.below(2)}, a_position(), a_key(), some_bytes(40)});
        return chunk;
      }
      case 8: return message::resume{the_row, e, a_feed(), a_config()};
      default: return message::snapshot_ack{the_row, e, a_feed(), static_cast<std::uint32_t>(from_.near(from_.below(4)))};
    }
  }

  void receive() {
    const auto sender = any_member();
    if (auto what = travelled(drawn_message()); what && sender != self) core_.receive(sender, std::move(*what), at(), effects_);
  }

  // Operations

  operation drawn_operation() {
    operation o;
    o.request = request_number{++requests_};
    o.routed_by = view_number{view_->name.number.value() + (from_.below(8) == 0 ? 1 : 0)};
    o.row = the_row;
    o.map = map_id{1 + from_.below(2)};
    o.kind = static_cast<operation_kind>(from_.below(static_cast<unsigned>(operation_kind::keep_locks) + 1));
    o.from_start = from_.flag();
    o.key = from_.below(16) == 0 ? some_bytes(20) : a_key();
    if (takes_value(o.kind) || runs_processor(o.kind)) o.value = some_bytes(70);
    if (runs_processor(o.kind)) o.processor = blob{from_.flag() ? "store" : "unknown"};
    if (takes_expected(o.kind)) o.expected = some_bytes(4);
    o.page_bytes = from_.byte();
    if (is_about_locks(o.kind) || from_.below(8) == 0) draw_owner(o);
    if (o.kind == operation_kind::listen) draw_position(o);
    if (gives_life(o.kind) && from_.flag()) o.life = {milliseconds{from_.below(64)}, milliseconds{from_.below(64)}};
    return o;
  }

  write_stamp a_stamp(write_number number) { return {client_id{{static_cast<std::uint8_t>(1 + from_.below(2))}}, number, write_number{1}}; }

  void draw_owner(operation& o) {
    if (names_client(o.kind)) o.stamp = a_stamp(write_number{1 + from_.below(8)});
    if (is_read(o.kind)) return;
    o.owner = owner_number{from_.below(3)};
    o.wait_ms = from_.byte();
    if (o.kind == operation_kind::lock && from_.flag()) o.life.ttl = milliseconds{from_.below(64)};
  }

  void draw_position(operation& o) {
    o.by_key = from_.flag();
    o.epoch = an_epoch();
    o.since = a_position();
    o.old_values = from_.flag();
    if (from_.below(8) == 0) o.processor = blob{"unknown"};
  }

  void operate() {
    auto what = drawn_operation();
    unanswered_.insert(what.request);
    core_.operate(origin_id{1}, std::move(what), at(), effects_);
  }

  void read_backup() {
    auto get = drawn_operation();
    get.kind = operation_kind::get;
    const auto found = core_.read_backup(get);
    if (!found) return;
    const auto image = core_.committed_entries();
    const auto at = std::ranges::find_if(image, [&](const snapshot_entry& e) { return e.map == get.map && e.key == get.key; });
    claim(found->found == (at != image.end()), "a copy is read as of its commit");
    claim(!found->found || found->value == at->value, "a copy's value is the one that has committed");
  }

  // Time

  [[nodiscard]] moment at() const { return {now_, has_lease_ ? lease{view_->name, now_ + seconds{1}} : lease{}}; }

  void pass_time() {
    now_ += milliseconds{from_.byte()};
    core_.tick(at(), effects_);
  }

  // What must hold

  static void claim(bool holds, std::string_view what) { fuzz::claim(holds, what); }

  void end_turn() {
    core_.flush(at(), effects_);
    for (const auto& s : effects_.sends) claim_can_be_sent(s);
    for (const auto& a : effects_.answers) {
      claim(unanswered_.erase(a.what.request) == 1, "an operation is answered once");
      claim_are_in_order(a.what);
    }
    for (const auto& w : effects_.wishes) note(w);
    for (const auto& e : effects_.events) fuzz::claim_is_explanation(e.text);
    effects_.clear();
    claim_is_in_bounds();
  }

  void claim_can_be_sent(const replica_effects::send& s) {
    claim(s.to != self && s.to != nobody, "a message goes to somebody else");
    claim(row_of(s.what) == the_row, "a message is about the row");
    const replication_batch batch{self, view_->name, {s.what}};
    const auto frame = codec::encode(batch);
    const auto read = codec::decode_frame(codec::conversation::replication, frame.payload());
    claim(read.has_value() && std::get<replication_batch>(*read) == batch, "what is sent arrives");
  }

  void claim_are_in_order(const reply& r) {
    seq_number last;
    for (const auto& e : r.events) {
      claim(e.at > last || e.what == row_event_kind::gap, "events are in order");
      claim(e.at <= core_.committed(), "nothing is told that has not committed");
      last = e.at;
    }
    claim(r.events.empty() || (r.seq >= last && r.seq <= core_.committed()), "a page ends behind its events");
  }

  void note(const membership_message::wish& w) {
    using membership_message::wish;
    if (const auto* c = std::get_if<wish::caught_up>(&w.what)) caught_up_.insert({c->config, c->learner});
    if (const auto* a = std::get_if<wish::activated>(&w.what)) activated_.insert(a->epoch);
  }

  void claim_is_in_bounds() {
    claim(core_.sealed_epoch() >= sealed_, "a seal never goes back");
    sealed_ = core_.sealed_epoch();
    claim(core_.committed() <= core_.log_length(), "what is committed is in the log");
    claim(core_.checksum() == core_.recomputed_checksum(), "the checksum keeps up with what is there");
    claim(core_.upkeep().damaged == 0, "nothing is damaged that nobody has touched");
    claim(!core_.serves() || core_.role() == replica_role::primary, "only a primary serves");
    claim(core_.listening() <= 2 * limits_.listeners_max, "few listeners wait");
    claim(unanswered_.size() <= 2 * limits_.waiting_operations_max + limits_.listeners_max + core_.uncommitted_records(), "few operations wait");
    if (core_.committed() != core_.log_length()) return;  // Else the figures speak of more than what is committed.
    std::uint64_t entries = 0;
    for (const auto& m : core_.map_stats()) entries += m.entries;
    const auto image = core_.committed_entries();
    claim(image.empty() || image.size() == entries, "entries are counted");
  }

  fuzz::decisions from_;
  replica_limits limits_ = narrow_limits();
  view_ptr view_;
  replica core_{the_row, self, limits_, std::make_shared<storing>()};
  replica_effects effects_;
  instant now_{seconds{100}};
  bool has_lease_ = true;
  std::uint64_t requests_ = 0;
  std::set<request_number> unanswered_;
  std::set<std::pair<config_number, member_no>> caught_up_;
  std::set<epoch_number> activated_;
  epoch_number sealed_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  world{fuzz::decisions{{data, size}}}.run();
  return 0;
}
