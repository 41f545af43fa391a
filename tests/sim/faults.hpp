/// \file
/// The kinds of faults: their names, what each does, and lists of them as people write them.
#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace troupe::sim {

/// First what happens at a moment of a run, then what lasts all of it (the weather).
enum class fault : std::uint8_t {
  crash,
  restart,
  join,
  leave,
  short_pause,
  long_pause,
  mid_step_pause,
  cut,
  one_way_cut,
  isolate,
  delay_spike,
  connection_reset,
  client_crash,
  member_list_storm,
  silent_death,
  transfer_crash,
  view_crash,
  view_cut,
  // Those above are drawn from one stream of dice, those below from another: see draw_scenario.
  bridge,
  flapping_link,
  zone_loss,
  drift_change,
  slow_member,
  handover_crash,
  rolling_restart,
  shared_pause,
  pair_split,  // A run of its own: see scenario::splits_pair.
  // And that from a third one.
  corruption,
  // The weather.
  loss,
  duplication,
  reordering,
  stragglers,
  small_frames,
  small_chunks,
  late_rows,
  clock_drift,
  short_memory,
  small_queues,
  memory_full,
};
inline constexpr std::size_t fault_kinds = static_cast<std::size_t>(fault::memory_full) + 1;
inline constexpr std::size_t happening_kinds = static_cast<std::size_t>(fault::loss);  ///< those that are no weather
inline constexpr std::size_t first_stream_kinds = static_cast<std::size_t>(fault::bridge);
inline constexpr std::size_t second_stream_kinds = static_cast<std::size_t>(fault::pair_split);

class fault_set {
 public:
  [[nodiscard]] static fault_set all() { return fault_set{}.set_all(); }

  [[nodiscard]] bool has(fault f) const { return bits_[static_cast<std::size_t>(f)]; }
  [[nodiscard]] bool any() const { return bits_.any(); }
  [[nodiscard]] bool is_all() const { return bits_.all(); }
  void set(fault f, bool on = true) { bits_[static_cast<std::size_t>(f)] = on; }
  /// Those that happen at a moment.
  [[nodiscard]] fault_set happening() const;
  [[nodiscard]] fault_set weather() const;

  friend fault_set operator&(fault_set a, const fault_set& b) {
    a.bits_ &= b.bits_;
    return a;
  }
  friend bool operator==(const fault_set&, const fault_set&) = default;

 private:
  fault_set& set_all() {
    bits_.set();
    return *this;
  }
  std::bitset<fault_kinds> bits_;
};

[[nodiscard]] std::string_view to_string(fault);
/// One clause: what happens.
[[nodiscard]] std::string_view explanation_of(fault);
[[nodiscard]] inline bool is_weather(fault f) { return static_cast<std::size_t>(f) >= happening_kinds; }

/// A name in a list that is no kind's.
struct unknown_fault {
  std::string name;
};

/// Reads names separated by commas, in their order: `all`, `none`, a kind, or `-kind` to exclude it. A list that begins with an exclusion
/// begins from all kinds, any other from none.
[[nodiscard]] std::variant<fault_set, unknown_fault> parse_faults(std::string_view list);
/// The shortest such list: `all`, `none`, what is in it, or what is not.
[[nodiscard]] std::string to_string(const fault_set&);

/// A table with a line for each kind.
[[nodiscard]] std::string faults_text();

/// Calls `use` with each kind, in their order.
template <class Use>
void for_each_fault(Use use) {
  for (std::size_t i = 0; i < fault_kinds; ++i) use(static_cast<fault>(i));
}

}  // namespace troupe::sim
