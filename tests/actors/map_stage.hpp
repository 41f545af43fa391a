/// \file
/// A cluster on virtual time with a sense of rest, whose maps are asked in the words of the model (map_model.hpp), and listened to.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
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
  bool may_be_copys = false, is_cancelled = false;
  std::optional<answer> got{};
  std::stop_source stop{};
};

/// A listener to a map, and all that it has heard and nobody has taken.
struct ear {
  ear(texts of, wish_to_hear what) : map{std::move(of)}, wanted{std::move(what)} {}
  texts map;
  wish_to_hear wanted;
  std::size_t member = 0;
  caf::actor subscription{};
  bool is_confirmed = false, has_ended = false;
  std::string end;  ///< what the last event said, or why it was refused
  std::vector<texts::event> events;
};

class stage {
 public:
  stage(std::size_t members, cluster_settings settings, const network_settings& network);

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

  [[nodiscard]] std::vector<std::size_t> living() const;  ///< members
  [[nodiscard]] std::vector<std::size_t> askers() const;  ///< and clients
  [[nodiscard]] bool has_map(const std::string& name) const;  ///< by the view of some member
  /// In the row that has the fewest; also of what has no map any more, whose group stays.
  [[nodiscard]] std::size_t fewest_copies_in_sync() const;
  /// Of the living, those whom the others know.
  [[nodiscard]] std::size_t members() const;
  [[nodiscard]] bool is_alive(std::size_t member) const { return cluster_.is_alive(member); }
  [[nodiscard]] bool is_client(std::size_t who) const { return clients_.contains(who); }
  [[nodiscard]] std::size_t size() const { return cluster_.size(); }
  std::size_t start();
  std::size_t connect();
  void kill(std::size_t member);
  void leave(std::size_t member);
  enum class direction { both, from, to };
  void isolate(std::size_t member, direction, milliseconds how_long);
  void cut(std::size_t a, std::size_t b, direction, milliseconds how_long);
  void pause(std::size_t member, milliseconds how_long);
  /// Somebody is cut off, or paused.
  [[nodiscard]] bool is_cut() const { return heal_at_.has_value() || !wake_at_.empty(); }

  // Copies and losses, by the latest view of whoever lives.
  [[nodiscard]] view_ptr newest_view() const;
  [[nodiscard]] member_no number_of(std::size_t member) const;
  [[nodiscard]] std::size_t data_members() const;
  /// All who live have one view, of so many.
  [[nodiscard]] bool agree_on(std::size_t members) const;
  /// The partitions of a map in whose rows it is so.
  template <class Predicate>
  [[nodiscard]] std::set<partition_id> partitions_where(const std::string& map, Predicate is_so) const {
    std::set<partition_id> found;
    const auto v = newest_view();
    const auto* known = v ? v->find_map(map) : nullptr;
    for (std::uint32_t p = 0; known != nullptr && p < v->settings.partition_count; ++p) {
      const auto* row = v->find(v->home_of(*known, partition_id{p}));
      if (row != nullptr && is_so(*row)) found.insert(partition_id{p});
    }
    return found;
  }
  void reset_lost(std::size_t member) { cluster_.reset_lost(member); }
  /// What copies of all members have of the map: nothing, where somebody does not say.
  struct census {
    std::uint64_t entries = 0, bytes = 0, backup_entries = 0, backup_bytes = 0, async_entries = 0, async_bytes = 0;
  };
  [[nodiscard]] census count(const std::string& map);

  [[nodiscard]] const texts& map(const std::string& name, std::size_t member);
  std::shared_ptr<question> ask(const std::string& map, std::size_t member, request what, duration within, std::uint64_t copies);
  /// The caller does not want it any more.
  void cancel(question& q);
  /// The handle's messages, answered with a bool: nothing as yet, or text of an error.
  struct command {
    std::optional<bool> done;
    std::string error;
    [[nodiscard]] bool is_there() const { return done || !error.empty(); }
  };
  std::shared_ptr<command> destroy(const std::string& map, std::size_t member);
  std::shared_ptr<command> set_backups(const std::string& map, std::size_t member, durability to);
  std::shared_ptr<ear> listen(const std::string& map, std::size_t member, wish_to_hear what);
  /// Whether it was there.
  std::shared_ptr<command> stop_listening(const ear& e);
  /// What a cluster listener at that member is told, from now on.
  std::shared_ptr<std::vector<cluster_event>> watch(std::size_t member);

 private:
  void piece_has_passed();
  [[nodiscard]] bool has_copy(const std::string& map, std::size_t member, const std::string& key) const;
  void end(question& q, answer got);
  template <class T, class Fill>
  void make(const std::shared_ptr<question>& q, call<T> what, duration within, Fill fill);
  void page(const std::shared_ptr<question>& q, duration within, const std::string& from, answer so_far);
  void page_of_keys(const std::shared_ptr<question>& q, duration within, const std::string& from, answer so_far);
  [[nodiscard]] std::vector<std::pair<std::size_t, view_number>> views() const;

  test::system_config config_;
  caf::actor_system system_{config_};
  caf::actor_clock::time_point began_;
  cluster_settings settings_;
  std::set<std::size_t> clients_;
  test::cluster cluster_;  ///< whoever is answered by its end finds the above
  std::function<void()> passing_ = [] {};
  std::map<std::pair<std::string, std::size_t>, texts> handles_;
  std::vector<std::pair<std::size_t, view_number>> views_;
  bool is_disturbed_ = false;
  milliseconds moving_until_{}, moved_{-1};
  std::optional<milliseconds> heal_at_;
  std::map<std::size_t, milliseconds> wake_at_;
};

}  // namespace troupe::test::model
