#include <troupe/node/testing/client_place.hpp>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include <troupe/actors/administration_actor.hpp>
#include <troupe/actors/announcer_actor.hpp>
#include <troupe/actors/map_api.hpp>
#include <troupe/node/testing/world.hpp>

namespace troupe::local {

/// To the administration of a client in a test: a member's answer, or none in time.
struct command_over {
  request_number request;
  std::optional<std::string> error;  ///< empty: done; none: nobody answered
};

}  // namespace troupe::local

CAF_BEGIN_TYPE_ID_BLOCK(troupe_test_client, caf::first_custom_type_id + 7395)
  TROUPE_LOCAL_MESSAGE(troupe_test_client, troupe::local::command_over)
CAF_END_TYPE_ID_BLOCK(troupe_test_client)

namespace troupe::test {

namespace {

[[maybe_unused]] const compat::known_types<caf::id_block::troupe_test_client> test_client_types{};

/// News that were lost are asked for again after that.
constexpr auto asks_for_views_every = milliseconds{500};

struct waiting_change {
  std::string map;
  caf::response_promise promise;
};

struct administration_state {
  std::map<request_number, waiting_change> waiting;
};

using administration_self = caf::stateful_actor<administration_state>;

caf::response_promise ask_a_member(administration_self* self, const std::weak_ptr<client_place>& client, const std::string& map,
                                   decltype(client_message::command::what) what, duration timeout) {
  auto promise = self->make_response_promise();
  const auto here = client.lock();
  if (const auto request = here ? here->command(std::move(what)) : std::nullopt) {
    compat::state_of(self).waiting.emplace(*request, waiting_change{map, promise});
    compat::send_to_self_after(self, timeout, local::command_over{*request, std::nullopt});
  } else {
    promise.deliver(make_map_error(outcome::not_applied, failure::no_cluster));
  }
  return promise;
}

void end(waiting_change& what, const std::optional<std::string>& error) {
  if (error && (error->empty() || *error == no_such_map(what.map))) {
    what.promise.deliver(error->empty());
  } else {
    what.promise.deliver(make_map_error(outcome::indeterminate, error ? failure::none : failure::deadline));
  }
}

/// Destroys maps, and changes their backup counts, by asking a member to.
caf::behavior administration(administration_self* self, const std::weak_ptr<client_place>& client) {
  compat::on_exit(self, [self](caf::exit_msg& exit) {
    for (auto& [request, w] : compat::state_of(self).waiting) w.promise.deliver(make_map_error(outcome::indeterminate, failure::closed));
    self->quit(std::move(exit.reason));
  });
  return {
      [self, client](const local::destroy_map& d) { return ask_a_member(self, client, d.name, client_message::command::destroy_map{d.name}, d.timeout); },
      [self, client](const local::set_counts& c) { return ask_a_member(self, client, c.map, client_message::command::set_counts{c.map, c.to}, c.timeout); },
      [self](const local::command_over& over) {
        auto waiting = compat::state_of(self).waiting.extract(over.request);
        if (!waiting.empty()) end(waiting.mapped(), over.error);
      },
  };
}

}  // namespace

class client_place::router_ports final : public place_router {
 public:
  explicit router_ports(client_place& here) : place_router{here}, here_{here} {}
  void send(std::vector<protocol::router_effects::send> list) override {
    for (auto& s : list) here_.send_operation(s.to, std::move(s.what));
  }
  void create_map(const std::string& name) override { here_.create_map(name); }
  bool read_backup(operation) override { return false; }  // A client holds no copies.

 private:
  client_place& here_;
};

void client_place::start() {
  const auto self = std::static_pointer_cast<client_place>(shared_from_this());
  administration_ = around.system().spawn(administration, std::weak_ptr{self});
  begin(std::make_shared<router_ports>(*this), administration_);
  ask_for_views();
}

void client_place::end_actors() { caf::anon_send_exit(administration_, caf::exit_reason::user_shutdown); }

void client_place::hear(const view_ptr& v) {
  if (view && view->name.number >= v->name.number) return;
  view = v;
  compat::anonymous_send(announcer, local::view_installed{v});
  compat::anonymous_send(router.actor, local::view_installed{v});
}

void client_place::ask_for_views() {
  asked_for_views_at_ = around.now();
  for (auto* m : around.members()) {
    around.carry(*this, *m, [this, m, known = view ? view->name.number : view_number{}] { m->follow(*this, known); });
  }
}

void client_place::tick() {
  if (around.now() - asked_for_views_at_ >= asks_for_views_every) {
    maps_asked_for_.clear();
    ask_for_views();
  }
  place::tick();
}

void client_place::lost_sight_of(const place& gone) { reconnected(gone); }

void client_place::reconnected(const place& other) {
  if (const auto* m = dynamic_cast<const member_place*>(&other)) compat::anonymous_send(router.actor, local::link_lost{m->number()});
}

void client_place::send_operation(member_no to, operation what) {
  if (auto* m = around.find(to)) {
    around.carry(*this, *m, [m, from = origin(), what = std::move(what)]() mutable { m->operate(from, std::move(what)); });
  } else {
    compat::anonymous_send(router.actor, local::not_sent{to, {what.request}});
  }
}

std::optional<request_number> client_place::command(decltype(client_message::command::what) what) {
  const auto members = around.members();
  const auto to = std::find_if(members.begin(), members.end(), [this](const member_place* m) { return m->runs() && around.reaches(*this, *m); });
  if (to == members.end()) return std::nullopt;
  client_message::command c{request_number{++commands_}, std::move(what)};
  const auto request = c.request;
  around.carry(*this, **to, [this, m = *to, c = std::move(c)] { m->obey(*this, c); });
  return request;
}

void client_place::create_map(const std::string& name) {
  const auto is_same = [&](const auto& asked) { return asked.second == name; };
  if (std::any_of(maps_asked_for_.begin(), maps_asked_for_.end(), is_same)) return;
  if (const auto request = command(client_message::command::create_map{name})) maps_asked_for_.emplace(*request, name);
}

void client_place::command_answered(const client_message::command_result& what) {
  const auto asked = maps_asked_for_.extract(what.request);
  if (asked.empty()) return compat::anonymous_send(administration_, local::command_over{what.request, what.error});
  for (const auto why : {failure::too_many_maps, failure::bad_name}) {
    if (what.error == to_string(why)) compat::anonymous_send(router.actor, local::map_refused{asked.mapped(), why});
  }
}

}  // namespace troupe::test
