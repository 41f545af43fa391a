/// The membership of one process among others that say anything: it founds a cluster or is let into one, and then gets whatever messages
/// the codec lets through, from members and from strangers, about views close to its own.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <troupe/actors/protocol/membership/membership.hpp>
#include <troupe/actors/protocol/membership/view_change.hpp>
#include <troupe/messages/codec/codec.hpp>

#include "tests/fuzz/target.hpp"

using namespace troupe;
using namespace troupe::protocol;

namespace {

namespace message = membership_message;

constexpr unsigned processes = 5;  ///< The first is the one under test.

incarnation incarnation_of(unsigned n) {
  incarnation id;
  id.bytes[0] = static_cast<std::uint8_t>(n);
  id.bytes[15] = 1;
  return id;
}

troupe::member process_named(unsigned n) {
  troupe::member m;
  m.id = incarnation_of(n);
  m.address = {"10.0.0." + std::to_string(n), 5701};
  m.host = m.address.host;
  return m;
}

cluster_settings small_settings() {
  cluster_settings s;
  s.partition_count = 2;
  s.maps = {map_definition{}, map_definition{"wide*", {2, 1}, true}};
  s.limits.maps_max = 4;
  return s;
}

cluster_id a_cluster() {
  cluster_id id;
  id.bytes[0] = 7;
  return id;
}

/// Members 1 to 3; the process under test is the second.
view_ptr view_of_three() {
  const auto founded = founding_view(a_cluster(), process_named(2), small_settings());
  view_change change;
  for (const unsigned n : {1u, 3u}) {
    change.joins.push_back(process_named(n));
    change.joins.back().number = member_no{founded->next_member.value() + static_cast<std::uint32_t>(change.joins.size()) - 1};
  }
  fuzz::claim(!objection(*founded, change), "the first view can be");
  return apply(*founded, change);
}

membership_options options_of(bool founds) {
  membership_options o;
  o.self = process_named(1);
  o.settings = small_settings();
  o.may_found = founds;
  o.founding_id = a_cluster();
  if (!founds) o.seeds = {process_named(2).address, process_named(3).address};
  return o;
}

class world {
 public:
  explicit world(fuzz::decisions from) : from_(from), core_{options_of(from_.flag())} {
    core_.start(now_, effects_);
    end_step();
    if (from_.below(4) != 0) hear(incarnation_of(2), message::full_view{view_of_three()});
  }

  void run() {
    constexpr int steps_max = 200;
    for (int step = 0; step < steps_max && !from_.used_up() && !is_over_; ++step) act();
  }

 private:
  void act() {
    switch (from_.below(16)) {
      case 0: {
        const auto n = other();
        core_.reached(incarnation_of(n), process_named(n).address, now_, effects_);
        break;
      }
      case 1: core_.unreachable(process_named(other()).address, from_.flag(), now_, effects_); break;
      case 2: core_.disconnected(incarnation_of(other()), now_, effects_); break;
      case 3: core_.want(a_wish(), now_, effects_); break;
      case 4:
        if (from_.below(8) == 0) core_.leave(now_, effects_);
        break;
      case 5:
        if (from_.below(4) == 0) core_.force_view(now_, effects_);
        break;
      case 6:
      case 7:
      case 8: pass_time(); break;
      default:
        if (auto what = travelled(drawn_message())) return hear(incarnation_of(other()), *what);
    }
    end_step();
  }

  void hear(const incarnation& from, const any_membership_message& what) {
    core_.receive(from, what, now_, effects_);
    end_step();
  }

  /// In ticks as they should be, or with a gap.
  void pass_time() {
    const auto ticks = from_.below(8);
    const auto pause = from_.below(8) == 0 ? milliseconds{600 * ticks} : milliseconds{25};
    for (unsigned i = 0; i < (pause == milliseconds{25} ? ticks : 1) && !is_over_; ++i) {
      now_ += pause;
      core_.tick(now_, effects_);
      end_step();
    }
  }

  // Messages

  /// What the codec would hand over had it been sent; nothing where it refuses.
  static std::optional<any_membership_message> travelled(const any_membership_message& what) {
    const auto frame = codec::encode(what);
    const auto read = codec::decode_frame(codec::conversation::membership, frame.payload());
    if (!read) {
      fuzz::claim_is_explanation(read.error().text);
      return std::nullopt;
    }
    return std::get<any_membership_message>(*read);
  }

  [[nodiscard]] unsigned other() { return 2 + from_.below(processes - 1); }
  [[nodiscard]] view_ptr base() const { return core_.installed() ? core_.installed() : view_of_three(); }
  [[nodiscard]] member_no a_member() { return member_no{static_cast<std::uint32_t>(from_.near(1 + from_.below(processes)))}; }
  [[nodiscard]] view_number a_number() { return view_number{from_.near(base()->name.number.value())}; }
  [[nodiscard]] instant a_time() { return now_ - milliseconds{from_.below(64) * 25}; }

  view_name a_name() {
    if (from_.below(4) != 0) return base()->name;
    if (from_.flag() && !past_.empty()) return past_[from_.below(static_cast<unsigned>(std::min<std::size_t>(past_.size(), 256)))];
    return {a_number(), from_.byte()};
  }

  message::ballot a_ballot() { return {static_cast<std::uint32_t>(from_.near(1)), a_member()}; }

  member_set some_members() {
    member_set some;
    const auto chosen = from_.byte();
    for (unsigned n = 1; n <= 6; ++n) {
      if ((chosen >> n & 1) != 0) some.insert(member_no{n});
    }
    return some;
  }

  row_id a_row_name() {
    const auto drawn = from_.byte();
    return {{static_cast<std::uint8_t>(drawn % 3), static_cast<std::uint8_t>(drawn / 4 % 2)}, partition_id{drawn / 8u % 3}, group_number{static_cast<std::uint16_t>(drawn > 200 ? 1 : 0)}};
  }

  row a_row(const row_id& id) {
    const auto* before = base()->find(id);
    row r = before != nullptr ? *before : row{};
    r.config = before != nullptr ? before->config.next() : config_number{1};
    if (before == nullptr || from_.flag()) r.epoch = epoch_number{from_.near(r.epoch.value() + 1)};
    if (before == nullptr || from_.flag()) r.in_sync = some_members();
    if (from_.flag()) r.learners = some_members();
    if (from_.flag()) r.async_backups = some_members();
    if (from_.flag()) r.unsealed = some_members();
    const auto drawn = from_.byte();
    r.primary = drawn % 2 == 0 && !r.in_sync.empty() ? *r.in_sync.begin() : drawn % 8 == 1 ? a_member() : r.primary;
    r.successor = drawn % 16 == 15 ? a_member() : nobody;
    const bool takes_over = drawn % 32 >= 28;
    r.status = r.in_sync.empty() ? (takes_over ? row_status::unborn : row_status::lost) : takes_over ? row_status::forming : row_status::served;
    if (r.in_sync.empty()) r.primary = nobody;
    return r;
  }

  std::vector<member_no> numbers() {
    std::vector<member_no> list;
    for (auto count = from_.below(4); count > 0; --count) list.push_back(a_member());
    return list;
  }

  view_change a_change() {
    view_change change;
    const auto drawn = from_.byte();
    if ((drawn & 1) != 0) {
      auto joiner = process_named(from_.below(8));
      joiner.number = from_.below(8) == 0 ? a_member() : base()->next_member;
      joiner.kind = static_cast<member_kind>(from_.below(3));
      change.joins.push_back(joiner);
    }
    if ((drawn & 2) != 0) change.removals = numbers();
    if ((drawn & 4) != 0) change.leaving = numbers();
    if ((drawn & 8) != 0) {
      const auto id = a_row_name();
      for (std::uint32_t p = 0; p < from_.below(3) + 1; ++p) {
        const row_id named{id.kind, partition_id{p}, id.number};
        change.rows.push_back({named, a_row(named)});
      }
    }
    if ((drawn & 16) != 0) change.maps_created.push_back({base()->next_map, a_map_name(), a_row_name().kind, false});
    if ((drawn & 32) != 0) change.maps_destroyed.push_back(map_id{from_.below(4)});
    if ((drawn & 64) != 0) change.counts = a_counts_change();
    return change;
  }

  counts_change a_counts_change() {
    return {map_id{from_.below(4)}, {static_cast<std::uint8_t>(from_.below(4)), static_cast<std::uint8_t>(from_.below(2))}};
  }

  std::string a_map_name() {
    static constexpr const char* names[] = {"a", "b", "wide-c", "default", "wide*", "a@b"};
    return names[from_.below(std::size(names))];
  }

  message::wish a_wish() {
    using message::wish;
    const auto id = a_row_name();
    const auto* r = base()->find(id);
    const config_number config{from_.near(r != nullptr ? r->config.value() : 1)};
    switch (from_.below(11)) {
      case 10: return {wish::outgrown{id, config, epoch_number{from_.near(r != nullptr ? r->epoch.value() : 1)}, from_.flag()}};
      case 8: return {wish::formed{id, epoch_number{from_.near(r != nullptr ? r->epoch.value() : 1)}}};
      case 9: return {wish::set_counts{a_counts_change()}};
      case 0: return {wish::caught_up{id, config, a_member()}};
      case 1: return {wish::handed_over{id, config, a_member()}};
      case 2: return {wish::activated{id, epoch_number{from_.near(r != nullptr ? r->epoch.value() : 1)}}};
      case 3: return {wish::leave{a_member()}};
      case 4: return {wish::create_map{a_map_name()}};
      case 5: return {wish::destroy_map{map_id{from_.below(4)}}};
      case 6: return {wish::damaged{id, config, a_member()}};
      default: return {wish::reset_lost{}};
    }
  }

  /// The successor of a view, or something like it.
  view_ptr a_view() {
    view next = *base();
    const auto change = a_change();
    if (!objection(next, change)) next = *apply(next, change);
    const auto drawn = from_.byte();
    if (drawn % 2 == 0) next.name = {a_number(), from_.byte()};
    if (drawn % 4 == 3) next.cluster.bytes[0] = from_.byte();
    if (drawn % 8 == 1)
      next.settings.times = {milliseconds{from_.byte()}, milliseconds{from_.byte()}, milliseconds{from_.byte()}, milliseconds{from_.byte()},
                             milliseconds{from_.byte()}};
    if (drawn % 8 == 5) next.settings.limits.maps_max = from_.byte();
    if (drawn % 16 == 7) next.next_member = member_no{static_cast<std::uint32_t>(from_.near(next.next_member.value()))};
    if (drawn % 16 == 15) next.next_map = map_id{static_cast<std::uint32_t>(from_.near(next.next_map.value()))};
    if (drawn % 32 == 9) next.voters_since = a_number();
    if (drawn % 32 == 25 && !next.members.empty())
      next.members.erase(next.members.begin() + from_.below(static_cast<unsigned>(next.members.size())));
    if (drawn % 32 == 17)
      for (auto& m : next.members) m.kind = static_cast<member_kind>(from_.below(3));
    if (drawn % 32 == 11 && !next.tables.empty()) {
      auto& row = next.tables.front().rows.front();
      row.epoch = epoch_number{from_.near(row.epoch.value())};
      row.config = config_number{from_.near(row.config.value())};
    }
    return std::make_shared<const view>(std::move(next));
  }

  any_membership_message drawn_message() {
    switch (from_.below(std::variant_size_v<any_membership_message> + 3)) {
      case 0: return message::heartbeat{a_name(), a_time(), numbers()};
      case 1: return message::heartbeat_ack{a_name(), a_time()};
      case 2: return message::prepare{a_name(), a_ballot()};
      case 3:
        return message::promise{a_name(), a_ballot(), from_.flag() ? std::optional{message::vote{a_ballot(), a_change()}} : std::nullopt};
      case 4: return message::propose{a_name(), a_ballot(), a_change()};
      case 5: return message::accepted{a_name(), a_ballot()};
      case 6: return message::outbid{a_name(), a_ballot()};
      case 7: return message::decided{a_name(), a_change()};
      case 8: return message::full_view{a_view()};
      case 9: return message::view_pull{a_name()};
      case 10: return message::seek{};
      case 11: return message::seeking_too{from_.flag()};
      case 12: {
        auto settings = small_settings();
        if (from_.below(8) == 0) settings.maps[0].kind.backups = static_cast<std::uint8_t>(from_.below(7));
        auto who = process_named(2 + from_.below(processes));
        who.kind = static_cast<member_kind>(from_.below(3));
        return message::join_request{who, settings, from_.flag() ? base()->name.number : a_number()};
      }
      case 13: return message::join_refused{std::string{fuzz::text_of(from_.bytes(from_.below(16)))}, from_.flag()};
      case 14: {
        message::wishes some{a_name(), {}};
        for (auto count = from_.below(4); count > 0; --count) some.list.push_back(a_wish());
        return some;
      }
      case 15: return message::consent{a_number()};
      case 16: return message::goodbye{};
      default: return answer();  // What this process asked is answered as others would.
    }
  }

  any_membership_message answer() {
    if (!asked_) return message::heartbeat_ack{a_name(), now_};
    if (const auto* p = std::get_if<message::prepare>(&*asked_)) return message::promise{p->base, p->ballot, std::nullopt};
    if (const auto* p = std::get_if<message::propose>(&*asked_)) return message::accepted{p->base, p->ballot};
    return message::heartbeat_ack{base()->name, now_};
  }

  // What must hold

  static void claim(bool holds, std::string_view what) { fuzz::claim(holds, what); }

  void end_step() {
    claim(!is_over_ || (effects_.sends.empty() && !effects_.installed), "who has ended is silent");
    claim(effects_.sends.size() <= 256, "a step sends little");
    for (const auto& s : effects_.sends) claim_can_be_sent(s);
    for (const auto& where : effects_.probes) claim(!where.host.empty() && where.port != 0, "a probe has an address");
    for (const auto& e : effects_.events) {
      if (e.what != membership_event::kind::join_refused) fuzz::claim_is_explanation(e.text, 4096);  // Which quotes who refused.
    }
    for (const auto& v : effects_.passed) claim_follows(v);
    if (effects_.installed) claim_follows(effects_.installed);
    is_over_ = is_over_ || effects_.ended != ending::none;
    effects_.clear();
    claim_is_in_bounds();
  }

  void claim_can_be_sent(const membership_effects::send& s) {
    claim(s.to != incarnation_of(1), "nobody writes to itself");
    const auto frame = codec::encode(s.what);
    const auto read = codec::decode_frame(codec::conversation::membership, frame.payload());
    claim(read.has_value(), read ? "" : "what is sent is taken: " + read.error().text);
    claim(std::get<any_membership_message>(*read) == s.what, "what is sent arrives as it was");
    if (std::holds_alternative<message::prepare>(s.what) || std::holds_alternative<message::propose>(s.what)) asked_ = s.what;
  }

  void claim_follows(const view_ptr& v) {
    claim(past_.empty() || v->name.number > past_.back().number, "views come in the order of their numbers");
    claim(v->find(incarnation_of(1)) != nullptr, "a view that is installed has this process");
    claim(travelled(message::full_view{v}).has_value(), "a view that is installed is one that can be sent");
    past_.push_back(v->name);
  }

  void claim_is_in_bounds() const {
    const auto& v = core_.installed();
    if (!v)
      return claim(core_.self_number() == nobody && core_.held_lease() == lease{}, "without a view there is neither number nor lease");
    const auto* self = v->find(incarnation_of(1));
    claim(self != nullptr && self->number == core_.self_number(), "a member knows its number");
    const auto held = core_.held_lease();
    claim(held == lease{} || held.view == v->name, "a lease is of the installed view");
    claim(!is_over_ || held == lease{}, "who has ended has no lease");
    claim(!core_.suspects().contains(core_.self_number()), "nobody suspects itself");
  }

  fuzz::decisions from_;
  instant now_{seconds{1000}};
  membership_effects effects_;
  membership core_;
  bool is_over_ = false;
  std::vector<view_name> past_;
  std::optional<any_membership_message> asked_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  world{fuzz::decisions{{data, size}}}.run();
  return 0;
}
