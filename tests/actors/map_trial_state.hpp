/// \file
/// A trial while it runs (map_trial.hpp). Its steps are in map_trial_steps.cpp, faults in map_trial_faults.cpp; what is learned from answers in
/// map_trial.cpp, from events in map_trial_events.cpp.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/actors/map_draw.hpp"
#include "tests/actors/map_knowledge.hpp"
#include "tests/actors/map_row_events.hpp"
#include "tests/actors/map_stage.hpp"
#include "tests/actors/map_trial.hpp"

namespace troupe::test::model {

/// Thrown where the cluster is not what the model says.
struct differs {
  std::string text;
};

/// By then there is an answer, whatever happens.
inline constexpr milliseconds patience{40'000};

/// A map of the trial: what is known of it, and who listens.
struct subject {
  std::string name;
  map_definition defined;
  durability counts{};
  bool has_copies = false;  ///< it was there when the cluster was last at rest
  map_knowledge known;
  std::vector<std::shared_ptr<ear>> ears{};     ///< that began to listen together,
  std::vector<std::shared_ptr<ear>> removed{};  ///< and of them those that shall hear nothing more
  // Since the events were compared, or the listeners began.
  std::uint64_t cleared = 0;                    ///< entries, by clears that were answered,
  bool all_clears_known = true;                 ///< and there was no other
  std::set<partition_id> lost{};                ///< in these data was lost
  bool was_locked = false;                      ///< one of its keys
  row_bound bound{};                            ///< the smallest and the largest that there was
  std::map<partition_id, row_events> rows{};    ///< of a bounded map, where it is known what is there
};

class trial {
 public:
  trial(std::uint64_t seed, const trial_options& options);
  trial_result run();

 private:
  void begin();
  // One step.
  void step(std::size_t number, dice d);
  void ask_keys(std::size_t number, dice& d, bool with_fault);
  void ask_many(std::size_t number, dice& d);
  void ask_behind_a_lock(std::size_t number, dice& d);
  void ask_beside_a_write(std::size_t number, dice& d);
  void let_pass(dice& d);
  void fault(std::size_t number, dice& d);
  bool kill(dice& d);
  bool cut(dice& d);
  bool pause(dice& d);
  bool trouble_a_client(dice& d);
  bool lose(std::size_t number, dice& d);
  bool leave(dice& d);
  bool join(dice& d);
  void change_counts(dice& d);
  void destroy(dice& d);

  // What is asked.
  std::shared_ptr<question> ask(subject& s, std::size_t member, request what, dice& d);
  void finish(const std::vector<std::shared_ptr<question>>& open);
  void learn(const question& q);
  [[nodiscard]] answer doctored(answer got, kind what);
  void must_be_done(const question& q);

  // Rest, and events.
  void rest();
  void compare_all_events();
  void compare_events(subject& s);
  void compare_events_of_rows(subject& s, const ear& e, bool all_whole);
  struct heard_by;
  heard_by take_heard(subject& s, ear& e);
  void wait_for_markers(subject& s);
  void listen_anew(dice& d);
  void listen_to(subject& s, dice& d);
  void remove_a_listener(subject& s, dice& d);
  void forget_the_dead(subject& s);
  void read_everything();
  void compare_copies();
  void begin_comparison(subject& s);

  void pass();
  void note(const std::string& line);
  [[nodiscard]] std::string report(const std::string& text) const;
  [[nodiscard]] std::size_t some_member(dice& d) { return d.pick(stage_.living()); }
  [[nodiscard]] std::size_t some_asker(dice& d) { return d.pick(stage_.askers()); }
  [[nodiscard]] row_bound bound_of(const subject& s) const;
  [[nodiscard]] std::uint64_t copies_of(const subject& s) const;
  [[nodiscard]] std::size_t losses_survived() const;
  subject& named(const std::string& name) {
    return *std::find_if(subjects_.begin(), subjects_.end(), [&](const subject& s) { return s.name == name; });
  }

  std::uint64_t seed_;
  trial_options options_;
  plan plan_;
  stage stage_;
  std::vector<subject> subjects_;
  std::vector<std::shared_ptr<question>> open_;
  std::map<std::size_t, milliseconds> ended_;  ///< members, and when their last word came at the earliest
  milliseconds disturbed_at_{};
  std::set<std::size_t> leaving_;
  bool crashed_ = false;                      ///< or was cut off, since it was at rest
  std::size_t members_least_ = 0, members_most_ = 0;  ///< since it was at rest
  std::shared_ptr<stage::command> changing_;  ///< counts
  std::size_t changed_ = 0;                   ///< of which subject
  durability changes_to_{};
  std::deque<std::string> lines_;
  std::uint64_t answer_number_ = 0;
  bool is_doctored_ = false;
  trial_result result_;
};

}  // namespace troupe::test::model
