/// \file
/// The world of a test's cluster: its processes, the network between them, and the time, which all of them share.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <troupe/node/testing/cluster.hpp>
#include <troupe/node/testing/member_place.hpp>
#include <troupe/node/testing/network.hpp>

namespace troupe::test {

class world {
 public:
  world(caf::actor_system& system, cluster_settings settings, std::shared_ptr<const processor_registry> processors, const network_settings& network);

  [[nodiscard]] caf::actor_system& system() { return system_; }
  [[nodiscard]] instant now() const { return now_; }
  [[nodiscard]] std::size_t size() const { return places_.size(); }
  /// Throws std::out_of_range where there is none.
  [[nodiscard]] place& at(std::size_t index) const;
  /// Null: that is none.
  [[nodiscard]] member_place* member(std::size_t index) const;
  [[nodiscard]] std::vector<member_place*> members() const;
  /// Of those alive; null: it is not.
  [[nodiscard]] member_place* find(const incarnation& id) const;
  [[nodiscard]] member_place* find(member_no number) const;

  std::size_t start();
  std::size_t connect();
  void stop_all();
  void kill(place& which);
  /// What is in the mailboxes of its actors it does before.
  void pause(place& which);

  /// Lets `arrival` happen at the other end, unless one of the two has died or it is cut by then.
  void carry(const place& from, const place& to, std::function<void()> arrival);
  [[nodiscard]] bool reaches(const place& a, const place& b) const { return network_.reaches(a.index, b.index); }
  void cut(const place& from, const place& to) { network_.cut(from.index, to.index); }
  void heal();

  void run();
  void advance(duration by);
  [[nodiscard]] bool is_settled() const;

 private:
  void deliver_arrived();
  void tick_all();

  caf::actor_system& system_;
  compat::test_scheduler scheduler_;
  cluster_settings settings_;
  std::shared_ptr<const processor_registry> processors_;
  network network_;
  instant now_{seconds{1000}};
  instant ticked_at_ = now_;
  std::vector<std::shared_ptr<place>> places_;
};

}  // namespace troupe::test
