#include <troupe/node/testing/member_place.hpp>

#include <string>
#include <utility>

#include <troupe/actors/administration_actor.hpp>
#include <troupe/actors/announcer_actor.hpp>
#include <troupe/actors/membership_actor.hpp>
#include <troupe/node/testing/client_place.hpp>
#include <troupe/node/testing/world.hpp>

namespace troupe::test {

namespace {

/// A member's rows answer its own router by this origin, its backup reads by the next.
constexpr protocol::origin_id own_router{1};
constexpr protocol::origin_id own_backup_reads{2};

address address_of(std::size_t index) { return {"test", static_cast<std::uint16_t>(index)}; }

/// As a member of an application says it.
std::string text_of(protocol::ending how) {
  switch (how) {
    case protocol::ending::left: return "left";
    case protocol::ending::expelled: return "expelled";
    case protocol::ending::refused: return "refused";
    case protocol::ending::none: break;
  }
  return "stopped";
}

}  // namespace

class member_place::row_ports final : public row_host_ports {
 public:
  explicit row_ports(member_place& here) : here_{here} {}
  protocol::moment now() const override { return {here_.around.now(), here_.lease_.read()}; }
  void deliver(const caf::actor& to, compat::letter what) override { compat::put(to, std::move(what)); }
  void send(member_no to, std::vector<any_replication_message> batch) override { here_.send_replication(to, std::move(batch)); }
  void answer(protocol::origin_id to, std::vector<reply> batch) override { here_.answer(to, std::move(batch)); }
  void wish(std::vector<membership_message::wish> batch) override { compat::anonymous_send(here_.membership_, local::wanted{std::move(batch)}); }
  void report(const row_id&, const protocol::replica_event&) override {}
  void memory_changed(std::int64_t) override {}  // There is no limit here.
  void flush_wanted() override { here_.flush_wanted_ = true; }

 private:
  member_place& here_;
};

class member_place::membership_ports final : public membership_environment {
 public:
  explicit membership_ports(member_place& here) : here_{here} {}
  instant now() const override { return here_.around.now(); }
  void send(const incarnation& to, any_membership_message what) override {
    auto* other = here_.around.find(to);
    if (other == nullptr) return;
    here_.around.carry(here_, *other, [from = here_.id, other, what = std::move(what)] {
      compat::anonymous_send(other->membership_, local::membership_frame{from, what});
    });
  }
  void probe(const address& where) override { here_.probe(where); }
  void lease_changed(const protocol::lease& held) override { here_.lease_.publish(held); }
  void installed(const view_ptr& v, member_no self) override { here_.install(v, self); }
  void passed(const view_ptr& v) override { compat::anonymous_send(here_.announcer, local::view_installed{v}); }
  void ended(protocol::ending how, std::optional<view_number>) override {
    compat::anonymous_send(here_.announcer, local::views_ended{text_of(how)});
    here_.around.kill(here_);
  }
  void report(const protocol::membership_event&) override {}

 private:
  member_place& here_;
};

class member_place::router_ports final : public place_router {
 public:
  explicit router_ports(member_place& here) : place_router{here}, here_{here} {}
  void send(std::vector<protocol::router_effects::send> list) override {
    for (auto& s : list) here_.send_operation(s.to, std::move(s.what));
  }
  void create_map(const std::string& name) override { compat::anonymous_send(here_.administration_, local::create_map{name}); }
  bool read_backup(operation get) override { return here_.rows_->read_backup(own_backup_reads, std::move(get)); }

 private:
  member_place& here_;
};

class member_place::administration_ports final : public administration_environment {
 public:
  explicit administration_ports(member_place& here) : here_{here} {}
  /// The administration asks again by CAF's clock, which goes on while the member is paused.
  void wish(std::vector<membership_message::wish> list) override { here_.tell(here_.membership_, local::wanted{std::move(list)}); }
  void force_view() override { here_.force_view(); }
  void shut_down(bool) override { here_.leave(); }
  void take_census(std::function<void(std::vector<local::row_census>)> done) override { here_.rows_->take_census(std::move(done)); }
  void answer(protocol::origin_id to, client_message::command_result what) override {
    auto& client = static_cast<client_place&>(here_.around.at(place::index_of(to)));
    here_.around.carry(here_, client, [&client, what = std::move(what)] { client.command_answered(what); });
  }
  void map_refused(const std::string& name, failure why) override { here_.tell(here_.router.actor, local::map_refused{name, why}); }
  member_no self() const override { return here_.number_; }
  std::uint64_t memory_limit() const override { return 0; }

 private:
  member_place& here_;
};

void member_place::start(const cluster_settings& settings, std::shared_ptr<const processor_registry> processors, const std::vector<std::size_t>& seeds) {
  auto& system = around.system();
  protocol::membership_options options;
  options.self.id = id;
  options.self.address = address_of(index);
  options.self.host = "host-" + std::to_string(index);
  options.settings = settings;
  for (const auto s : seeds) options.seeds.push_back(address_of(s));
  options.may_found = seeds.empty();
  options.founding_id.bytes[15] = 1;
  rows_ = std::make_shared<row_host>(system, row_host_settings{.limits = protocol::limits_of(settings), .processors = std::move(processors)},
                                     std::make_unique<row_ports>(*this));
  membership_ = spawn_membership(system, std::move(options), std::make_shared<membership_ports>(*this));
  administration_ = spawn_administration(system, std::make_shared<administration_ports>(*this));
  begin(std::make_shared<router_ports>(*this), administration_);
  compat::anonymous_send(membership_, local::start_membership{});
}

void member_place::end_actors() {
  rows_->stop();
  caf::anon_send_exit(membership_, caf::exit_reason::kill);
  caf::anon_send_exit(administration_, caf::exit_reason::user_shutdown);  // It tells who waits.
}

std::optional<member_stats> member_place::stats() {
  if (!runs() || !view) return std::nullopt;
  const auto taken = std::make_shared<std::optional<member_stats>>();
  rows_->take_census([taken, v = view, self = number_](const std::vector<local::row_census>& rows) { *taken = summarize(rows, *v, self); });
  around.run();
  return *taken;
}

void member_place::reset_lost() {
  tell(membership_, local::wanted{{membership_message::wish{membership_message::wish::reset_lost{}}}});
}

void member_place::tick() {
  compat::anonymous_send(membership_, local::tick{});
  rows_->tick();
  place::tick();
}

bool member_place::flush() {
  if (!std::exchange(flush_wanted_, false)) return false;
  rows_->flush();
  return true;
}

void member_place::lost_sight_of(const place& gone) {
  compat::anonymous_send(membership_, local::peer_disconnected{gone.id});
  rows_->forget(gone.origin());
  compat::anonymous_send(administration_, local::origin_gone{gone.origin()});
  followers_.erase(gone.index);
  reconnected(gone);
}

void member_place::reconnected(const place& other) {
  if (const auto* m = dynamic_cast<const member_place*>(&other)) compat::anonymous_send(router.actor, local::link_lost{m->number_});
}

void member_place::operate(protocol::origin_id from, operation what) {
  std::vector<operation> batch;
  batch.push_back(std::move(what));
  rows_->operate(from, std::move(batch));
}

void member_place::follow(client_place& client, view_number known) {
  followers_.insert(client.index);
  if (view && view->name.number > known) tell_view(client);
}

void member_place::obey(const client_place& client, client_message::command what) {
  compat::anonymous_send(administration_, local::client_command{client.origin(), std::move(what)});
}

void member_place::tell_view(client_place& client) {
  around.carry(*this, client, [&client, v = view] { client.hear(v); });
}

void member_place::send_replication(member_no to, std::vector<any_replication_message> batch) {
  if (auto* other = around.find(to)) {
    around.carry(*this, *other, [from = number_, other, batch = std::move(batch)]() mutable { other->rows_->receive(from, std::move(batch)); });
  }
}

void member_place::send_operation(member_no to, operation what) {
  auto* other = around.find(to);
  if (other == nullptr) {
    compat::anonymous_send(router.actor, local::not_sent{to, {what.request}});
    return;
  }
  const auto from = other == this ? own_router : origin();
  around.carry(*this, *other, [from, other, what = std::move(what)]() mutable { other->operate(from, std::move(what)); });
}

void member_place::answer(protocol::origin_id to, std::vector<reply> batch) {
  if (to == own_backup_reads) {
    compat::anonymous_send(router.actor, local::backup_replies{std::move(batch)});
    return;
  }
  auto& receiver = to == own_router ? *this : around.at(index_of(to));
  around.carry(*this, receiver, [from = number_, &receiver, batch = std::move(batch)]() mutable {
    compat::anonymous_send(receiver.router.actor, local::replies{from, std::move(batch)});
  });
}

void member_place::probe(const address& where) {
  const auto* there = around.member(where.port);
  if (there == nullptr || !there->is_alive()) {
    compat::anonymous_send(membership_, local::peer_unreachable{where, true});
  } else if (there->is_paused() || !around.reaches(*this, *there)) {
    compat::anonymous_send(membership_, local::peer_unreachable{where, false});
  } else {
    compat::anonymous_send(membership_, local::peer_reached{there->id, where});
  }
}

void member_place::install(const view_ptr& v, member_no self) {
  number_ = self;
  view = v;
  rows_->install(v, self);
  for (const auto& actor : {router.actor, administration_, announcer}) compat::anonymous_send(actor, local::view_installed{v});
  for (const auto f : followers_) tell_view(static_cast<client_place&>(around.at(f)));
}

}  // namespace troupe::test
