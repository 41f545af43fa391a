/// \file
/// All processes of a simulated cluster and the applications that run on it: who was started where, who is alive.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/application.hpp"
#include "tests/sim/client_process.hpp"
#include "tests/sim/listener.hpp"
#include "tests/sim/locker.hpp"
#include "tests/sim/member_process.hpp"
#include "tests/sim/scenario.hpp"
#include "tests/sim/world.hpp"

namespace troupe::sim {

class cluster {
 public:
  /// `events` checks what listeners are told, `locks` what becomes of locks.
  cluster(world& around, witness& checks, event_checker& events, lock_checker& locks, keyspace& keys, const scenario& what);
  cluster(const cluster&) = delete;
  cluster& operator=(const cluster&) = delete;

  /// Starts a process on this host, which has none that is alive. The first on host 0 founds the cluster.
  member_process& start_member(host_no host);
  /// One that may found a cluster, on a host that had nobody yet.
  member_process& start_founder();
  client_process& start_client();
  /// A host that never had a member.
  [[nodiscard]] host_no fresh_host() { return host_no{next_member_host_++}; }

  /// Requires: the scenario has zones.
  [[nodiscard]] std::string zone_of(host_no) const;

  void crash(member_process& m);
  /// What its own end leads to: its applications are bereaved.
  void ended(member_process& m);
  void crash_client(std::size_t which);
  /// Applications issue no further calls; what is in flight goes on.
  void stop_applications();
  [[nodiscard]] bool applications_idle() const;
  /// Reads every key once, each from some living process.
  void read_everything();

  /// Clients that know only of hosts on which nobody lives are told where the members are, as an operator would.
  void redirect_stranded_clients();
  [[nodiscard]] std::vector<member_process*> living() const;
  [[nodiscard]] std::size_t living_clients() const;
  /// The living process with this incarnation.
  [[nodiscard]] member_process* find(const incarnation&) const;
  [[nodiscard]] std::vector<host_no> vacant_hosts() const;
  [[nodiscard]] const std::vector<std::unique_ptr<member_process>>& ever() const { return members_; }
  [[nodiscard]] const std::vector<std::unique_ptr<listener>>& listeners() const { return listeners_; }
  [[nodiscard]] const operation_totals& operations() const { return totals_; }
  [[nodiscard]] const scenario& what() const { return scenario_; }
  [[nodiscard]] world& around() { return world_; }

 private:
  member_process& start_member(host_no host, bool may_found);
  struct tenant {
    caller* on;
    std::unique_ptr<application> runs;
    listener* hears = nullptr;  ///< maybe
    std::unique_ptr<locker> locks{};  ///< maybe
    bool bereaved = false;
  };
  struct client {
    std::unique_ptr<client_process> process;
    std::size_t tenant;
    bool alive = true;
  };

  [[nodiscard]] drifting_clock draw_clock();
  [[nodiscard]] std::vector<address> seeds_without(host_no) const;
  std::size_t settle_application(caller& on);
  void settle_listener(tenant& on);
  void settle_locker(tenant& on);
  void schedule(std::size_t tenant);
  void bereave(const caller& gone);

  world& world_;
  witness& checks_;
  event_checker& events_;
  lock_checker& lock_checks_;
  keyspace& keys_;
  scenario scenario_;
  dice rng_;
  directory names_;
  operation_totals totals_;
  std::uint32_t next_member_host_;
  std::uint32_t next_client_host_ = 1000;
  bool founded_ = false;
  bool stopped_ = false;
  std::vector<std::unique_ptr<member_process>> members_;
  std::vector<client> clients_;
  std::vector<tenant> tenants_;
  std::vector<std::unique_ptr<listener>> listeners_;
};

/// Where the member of a host listens.
[[nodiscard]] address address_of(host_no);

}  // namespace troupe::sim
