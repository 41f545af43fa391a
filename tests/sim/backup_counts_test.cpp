// Every pair of backup counts with one to eight members: as many copies as were asked for, as far as there are members to hold them.
#include <catch2/catch.hpp>

#include <algorithm>

#include "tests/sim/simulation.hpp"

namespace troupe::sim {
namespace {

scenario calm(durability kind, std::size_t members) {
  scenario s;
  s.seed = 100U * kind.backups + 10U * kind.async_backups + members;
  s.members = members;
  s.clients = 0;
  s.settings.partition_count = 5;
  s.settings.maps = s.maps = {map_of(kind)};
  s.data_loss = true;
  return s;
}

/// A cluster that was told its backup counts, and how many copies each row has.
class counted_cluster {
 public:
  counted_cluster(durability kind, std::size_t members) : kind_(kind), run_(calm(kind, members), log_) {
    run_.form();
    check(members);
  }
  void lose_one(std::size_t left) {
    run_.all().crash(*run_.all().living().back());
    reset_what_is_lost();
    run_.settle(seconds{60}, "after a crash");
    check(left);
  }
  void gain_one(std::size_t now) {
    run_.all().start_member(run_.all().fresh_host());
    run_.pass(seconds{1});
    run_.settle(seconds{60}, "after a join");
    check(now);
  }

 private:
  void reset_what_is_lost() {
    for (int i = 0; i < 20; ++i) {
      run_.pass(milliseconds{250});
      run_.all().living().front()->want({membership_message::wish::reset_lost{}});
    }
  }
  void check(std::size_t members) {
    const auto& v = *run_.checks().newest();
    REQUIRE(v.members.size() == members);
    const auto backups = std::min<std::size_t>(kind_.backups, members - 1);
    const auto async_backups = std::min<std::size_t>(kind_.async_backups, members - 1 - backups);
    for (const auto& r : v.tables.at(0).rows) {
      REQUIRE(r.in_sync.size() == 1 + backups);
      REQUIRE(r.async_backups.size() == async_backups);
    }
  }

  durability kind_;
  trace log_;
  simulation run_;
};

TEST_CASE("every pair of backup counts with one to eight members") {
  for (std::uint8_t backups = 0; backups <= backup_count_max; ++backups) {
    for (std::uint8_t async_backups = 0; backups + async_backups <= backup_count_max; ++async_backups) {
      for (std::size_t members = 1; members <= 8; ++members) {
        const durability kind{backups, async_backups};
        INFO("backups=" << to_string(kind) << " members=" << members);
        counted_cluster c{kind, members};
        c.gain_one(members + 1);
        c.lose_one(members);
      }
    }
  }
}

}  // namespace
}  // namespace troupe::sim
