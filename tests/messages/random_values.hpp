/// Values of every message type, drawn from a seed. All of them satisfy the invariants of their types, and every field is drawn.
#pragma once

#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <troupe/messages/types/client_message.hpp>
#include <troupe/messages/types/link.hpp>
#include <troupe/messages/types/stats.hpp>

namespace troupe::test {

class random_values {
 public:
  explicit random_values(std::uint64_t seed) : engine_(seed) {}

  /// A value of the variant's alternative with this index. An alternative that has no make() below does not compile.
  template <class Variant>
  [[nodiscard]] Variant alternative(std::size_t index) {
    return alternative_of<Variant>(index, std::make_index_sequence<std::variant_size_v<Variant>>{});
  }
  template <class Variant>
  [[nodiscard]] Variant any() {
    return alternative<Variant>(below(std::variant_size_v<Variant>));
  }

  // Parts.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
  [[nodiscard]] bool coin() { return below(2) == 0; }
  /// Any number, the extremes often.
  template <class Integer>
  [[nodiscard]] Integer integer();
  [[nodiscard]] std::string text(std::size_t bytes_min = 0);
  [[nodiscard]] blob bytes();
  template <class Id>
  [[nodiscard]] Id id() {
    uuid u;
    for (auto& b : u.bytes) b = static_cast<std::uint8_t>(below(256));
    u.bytes[0] |= 1;  // Not nil.
    return Id{u};
  }
  /// Of the lower half of its range, as numbers that others are counted from must be.
  template <class Number>
  [[nodiscard]] Number number() {
    return Number{static_cast<typename Number::rep>(integer<typename Number::rep>() / 2)};
  }
  template <class Number>
  [[nodiscard]] std::vector<Number> numbers();
  [[nodiscard]] durability kind();
  [[nodiscard]] milliseconds lifespan() { return milliseconds{static_cast<milliseconds::rep>(integer<std::uint64_t>() / 4)}; }
  /// Limited in one way or in both.
  [[nodiscard]] entry_times some_times() { return {number<row_time>(), row_time{1 + below(1'000'000)}}; }
  [[nodiscard]] lifetime a_life() {
    return coin() ? lifetime{number<row_time>(), milliseconds{1} + lifespan() / 2, lifespan()} : lifetime{number<row_time>(), {}, milliseconds{1} + lifespan() / 2};
  }
  [[nodiscard]] lifetime a_lease() { return {number<row_time>(), milliseconds{1} + lifespan() / 2, {}}; }
  [[nodiscard]] owner_number owner() { return owner_number{1 + static_cast<std::uint32_t>(below(1'000'000))}; }
  [[nodiscard]] lifetime_defaults life_defaults() { return {coin() ? lifespan() : milliseconds{}, coin() ? lifespan() : milliseconds{}}; }
  [[nodiscard]] lifetime_choice life_choice() {
    return {coin() ? std::optional{lifespan()} : std::nullopt, coin() ? std::optional{lifespan()} : std::nullopt};
  }
  [[nodiscard]] row_id row_name() { return {kind(), partition_id{static_cast<std::uint32_t>(below(100'000))}, group_number{static_cast<std::uint16_t>(below(1000))}}; }
  [[nodiscard]] view_name name() { return {number<view_number>(), integer<std::uint64_t>()}; }
  [[nodiscard]] troupe::member a_member(member_no);
  [[nodiscard]] troupe::row a_row(const std::vector<member_no>& roles_for);
  [[nodiscard]] cluster_settings settings();
  [[nodiscard]] view_ptr a_view();
  [[nodiscard]] view_change change();
  [[nodiscard]] std::vector<record> log(seq_number first);
  [[nodiscard]] operation an_operation();
  [[nodiscard]] row_event an_event();
  [[nodiscard]] entry_facts some_facts();
  [[nodiscard]] reply a_reply();
  [[nodiscard]] write_stamp a_stamp();
  [[nodiscard]] sessions_image some_sessions();
  [[nodiscard]] std::vector<lock_image> some_locks();
  [[nodiscard]] replication_batch batch();
  [[nodiscard]] hello a_hello();
  [[nodiscard]] welcome a_welcome();

 private:
  template <class T>
  using of = std::type_identity<T>;

  template <class Variant, std::size_t... Indices>
  Variant alternative_of(std::size_t index, std::index_sequence<Indices...>) {
    Variant drawn;
    const bool found =
        ((index == Indices && (drawn.template emplace<Indices>(make(of<std::variant_alternative_t<Indices, Variant>>{})), true)) || ...);
    if (!found) throw std::out_of_range("no such alternative");
    return drawn;
  }

  membership_message::ballot ballot() { return {integer<std::uint32_t>() / 2, number<member_no>()}; }
  instant time() { return instant{duration{static_cast<std::int64_t>(below(std::uint64_t{1} << 62))}}; }
  membership_message::wish a_wish() { return {any<decltype(membership_message::wish::what)>()}; }
  map_info a_map(map_id);
  map_stats stats_of_map();
  member_stats stats_of_member();

  membership_message::heartbeat make(of<membership_message::heartbeat>) { return {name(), time(), numbers<member_no>()}; }
  membership_message::heartbeat_ack make(of<membership_message::heartbeat_ack>) { return {name(), time()}; }
  membership_message::prepare make(of<membership_message::prepare>) { return {name(), ballot()}; }
  membership_message::promise make(of<membership_message::promise>) {
    return {name(), ballot(), coin() ? std::optional{membership_message::vote{ballot(), change()}} : std::nullopt};
  }
  membership_message::propose make(of<membership_message::propose>) { return {name(), ballot(), change()}; }
  membership_message::accepted make(of<membership_message::accepted>) { return {name(), ballot()}; }
  membership_message::outbid make(of<membership_message::outbid>) { return {name(), ballot()}; }
  membership_message::decided make(of<membership_message::decided>) { return {name(), change()}; }
  membership_message::full_view make(of<membership_message::full_view>) { return {a_view()}; }
  membership_message::view_pull make(of<membership_message::view_pull>) { return {name()}; }
  membership_message::seek make(of<membership_message::seek>) { return {}; }
  membership_message::seeking_too make(of<membership_message::seeking_too>) { return {coin()}; }
  membership_message::join_request make(of<membership_message::join_request>) { return {a_member(nobody), settings(), number<view_number>()}; }
  membership_message::join_refused make(of<membership_message::join_refused>) { return {text(), coin()}; }
  membership_message::wishes make(of<membership_message::wishes>);
  membership_message::consent make(of<membership_message::consent>) { return {number<view_number>()}; }
  membership_message::goodbye make(of<membership_message::goodbye>) { return {}; }

  using wish = membership_message::wish;
  wish::caught_up make(of<wish::caught_up>) { return {row_name(), number<config_number>(), number<member_no>()}; }
  wish::handed_over make(of<wish::handed_over>) { return {row_name(), number<config_number>(), number<member_no>()}; }
  wish::activated make(of<wish::activated>) { return {row_name(), number<epoch_number>()}; }
  wish::leave make(of<wish::leave>) { return {number<member_no>()}; }
  wish::create_map make(of<wish::create_map>) { return {text(1)}; }
  wish::destroy_map make(of<wish::destroy_map>) { return {number<map_id>()}; }
  wish::reset_lost make(of<wish::reset_lost>) { return {}; }
  wish::damaged make(of<wish::damaged>) { return {row_name(), number<config_number>(), number<member_no>()}; }
  wish::formed make(of<wish::formed>) { return {row_name(), number<epoch_number>()}; }
  wish::outgrown make(of<wish::outgrown>) { return {row_name(), number<config_number>(), number<epoch_number>(), coin()}; }
  wish::set_counts make(of<wish::set_counts>) { return {{number<map_id>(), kind()}}; }

  put_entry make(of<put_entry>) { return {number<map_id>(), bytes(), bytes(), coin() ? a_life() : lifetime{}, coin() ? some_times() : entry_times{}}; }
  erase_entry make(of<erase_entry>) { return {number<map_id>(), bytes(), static_cast<removal>(below(3))}; }
  clear_map make(of<clear_map>);
  no_change make(of<no_change>) { return {number<map_id>(), bytes()}; }
  take_lock make(of<take_lock>) { return {number<map_id>(), bytes(), owner(), coin() ? a_lease() : lifetime{}}; }
  free_lock make(of<free_lock>) { return {number<map_id>(), bytes(), integer<std::uint32_t>()}; }

  replication_message::records make(of<replication_message::records>);
  replication_message::ack make(of<replication_message::ack>) {
    return {row_name(), number<epoch_number>(), number<feed_number>(), number<seq_number>(),
            coin(),     number<epoch_number>(), number<seq_number>(),  static_cast<agreement>(below(3)),
            coin()};
  }
  replication_message::resume make(of<replication_message::resume>) {
    return {row_name(), number<epoch_number>(), number<feed_number>(), number<config_number>()};
  }
  replication_message::seal make(of<replication_message::seal>) {
    return {row_name(), number<epoch_number>(), number<config_number>(), coin(), number<epoch_number>()};
  }
  replication_message::sealed make(of<replication_message::sealed>) {
    return {row_name(), number<epoch_number>(), coin(), number<seq_number>(), number<epoch_number>()};
  }
  replication_message::sealed_above make(of<replication_message::sealed_above>) { return {row_name(), number<epoch_number>()}; }
  replication_message::pull make(of<replication_message::pull>) {
    return {row_name(), number<epoch_number>(), number<seq_number>(), number<seq_number>(), number<epoch_number>()};
  }
  replication_message::pulled make(of<replication_message::pulled>);
  replication_message::snapshot_chunk make(of<replication_message::snapshot_chunk>);
  replication_message::snapshot_ack make(of<replication_message::snapshot_ack>) {
    return {row_name(), number<epoch_number>(), number<feed_number>(), integer<std::uint32_t>()};
  }

  client_message::operations make(of<client_message::operations>);
  client_message::replies make(of<client_message::replies>);
  client_message::follow_view make(of<client_message::follow_view>) { return {}; }
  client_message::view_update make(of<client_message::view_update>) { return {coin() ? a_view() : nullptr}; }
  client_message::command make(of<client_message::command>) {
    return {number<request_number>(), any<decltype(client_message::command::what)>()};
  }
  client_message::command_result make(of<client_message::command_result>) { return {number<request_number>(), text(), stats_of_member()}; }

  using command = client_message::command;
  command::create_map make(of<command::create_map>) { return {text()}; }
  command::destroy_map make(of<command::destroy_map>) { return {text()}; }
  command::set_counts make(of<command::set_counts>) { return {text(), kind()}; }
  command::stats make(of<command::stats>) { return {}; }
  command::reset_lost make(of<command::reset_lost>) { return {}; }
  command::force_view make(of<command::force_view>) { return {}; }
  command::shutdown make(of<command::shutdown>) { return {coin()}; }

  std::mt19937_64 engine_;
};

template <class Integer>
Integer random_values::integer() {
  switch (below(6)) {
    case 0: return 0;
    case 1: return std::numeric_limits<Integer>::max();
    case 2: return static_cast<Integer>(below(100));
    default: return static_cast<Integer>(engine_());
  }
}

template <class Number>
std::vector<Number> random_values::numbers() {
  std::vector<Number> list(below(6));
  for (auto& n : list) n = number<Number>();
  return list;
}

}  // namespace troupe::test
