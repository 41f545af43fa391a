/// \file
/// A cluster on virtual time with a sense of rest, whose maps are asked in the words of the model (map_model.hpp), and listened to.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <troupe/node/testing/cluster.hpp>

#include "tests/actors/map_model.hpp"

namespace troupe::test::model {

using texts = troupe::map<std::string, std::string>;

/// A request under way, then its answer.
struct question {
  std::string map;
  std::size_t member = 0;
  request what{};
  milliseconds called{}, ended{};
  bool is_calm = false;      ///< nothing moved from a second before it was called until it was answered
  std::uint64_t copies = 1;  ///< members that hold what is written, where it is calm
  std::optional<answer> got{};
};

/// A listener to a map, and all that it has heard and nobody has taken.
struct ear {
  explicit ear(texts of) : map{std::move(of)} {}
  texts map;
  std::size_t member = 0;
  bool is_confirmed = false, has_ended = false;
  std::string end;  ///< what the last event said, or why it was refused
  std::vector<texts::event> events;
  std::map<partition_id, seq_number> heard_up_to;
};

class stage {
 public:
  stage(std::size_t members, cluster_settings settings);

  /// Called after each piece of time.
  void on_passing(std::function<void()> call) { passing_ = std::move(call); }
  [[nodiscard]] milliseconds now() const;
  /// In pieces of at most `piece`.
  void advance(milliseconds by, milliseconds piece = milliseconds{20});
  /// Until it is so; false: not within `limit`.
  template <class Predicate>
  bool wait_for(Predicate is_so, milliseconds limit) {
    const auto began = now();
    while (!is_so()) {
      const auto waited = now() - began;
      if (waited >= limit) return false;
      advance(milliseconds{waited < milliseconds{30} ? 1 : 5});
    }
    return true;
  }

  /// Since a fault, until rest(); and for a second after each change of views.
  [[nodiscard]] bool rows_move() const { return is_disturbed_ || now() < moving_until_; }
  /// Heals, and waits until all rows have their copies, no view has changed for two seconds, and `until` is so. False: it does not come to
  /// rest.
  [[nodiscard]] bool rest(const std::function<bool()>& until = [] { return true; });
  void disturb() { is_disturbed_ = true; }
  /// For people: the members as each of them sees it, and the rows that lack something.
  [[nodiscard]] std::string describe() const;

  [[nodiscard]] std::vector<std::size_t> living() const;
  [[nodiscard]] bool has_map(const std::string& name) const;  ///< by the view of some member
  /// In the row that has the fewest; also of what has no map any more, whose group stays.
  [[nodiscard]] std::size_t fewest_copies_in_sync() const;
  /// Of the living, those whom the others know.
  [[nodiscard]] std::size_t members() const;
  [[nodiscard]] bool is_alive(std::size_t member) const { return cluster_.is_alive(member); }
  [[nodiscard]] std::size_t size() const { return cluster_.size(); }
  std::size_t start();
  void kill(std::size_t member);
  void leave(std::size_t member);
  void isolate(std::size_t member, milliseconds how_long);
  void cut(std::size_t a, std::size_t b, milliseconds how_long);
  [[nodiscard]] bool is_cut() const { return heal_at_.has_value(); }

  [[nodiscard]] const texts& map(const std::string& name, std::size_t member);
  std::shared_ptr<question> ask(const std::string& map, std::size_t member, request what, duration within, std::uint64_t copies);
  /// The handle's messages, answered with a bool: nothing as yet, or text of an error.
  struct command {
    std::optional<bool> done;
    std::string error;
    [[nodiscard]] bool is_there() const { return done || !error.empty(); }
  };
  std::shared_ptr<command> destroy(const std::string& map, std::size_t member);
  std::shared_ptr<command> set_backups(const std::string& map, std::size_t member, durability to);
  std::shared_ptr<ear> listen(const std::string& map, std::size_t member);

 private:
  void piece_has_passed();
  void end(question& q, answer got);
  template <class T, class Fill>
  void make(const std::shared_ptr<question>& q, call<T> what, duration within, Fill fill);
  void page(const std::shared_ptr<question>& q, duration within, const std::string& from, answer so_far);
  [[nodiscard]] std::vector<std::pair<std::size_t, view_number>> views() const;

  test::system_config config_;
  caf::actor_system system_{config_};
  caf::actor_clock::time_point began_;
  test::cluster cluster_;
  std::function<void()> passing_ = [] {};
  std::map<std::pair<std::string, std::size_t>, texts> handles_;
  std::vector<std::pair<std::size_t, view_number>> views_;
  bool is_disturbed_ = false;
  milliseconds moving_until_{}, moved_{-1};
  std::optional<milliseconds> heal_at_;
};

}  // namespace troupe::test::model
