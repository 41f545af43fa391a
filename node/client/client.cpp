#include <troupe/messages/types/view.hpp>
#include <troupe/node/client/client.hpp>

#include <future>
#include <utility>

#include <troupe/actors/local_messages.hpp>
#include <troupe/node/client/client_composition.hpp>

namespace troupe {

std::string problem_of(const dialled_address& a) {
  if (!a.failure) return a.is_connected ? "it is not yet a member of a cluster" : "no answer yet";
  const auto& why = *a.failure;
  if (why.detail.empty()) return std::string{to_string(why.reason)};
  return why.reason == end_reason::refused ? "refused: " + why.detail : why.detail;
}

client::client(caf::actor_system& system, client_config config)
    : composition_{std::make_shared<client_composition>(system, std::move(config))} {
  composition_->start();
}

client::~client() { composition_->stop(); }

bool client::wait_ready(duration timeout) { return composition_->wait_ready(timeout); }
std::string client::connection_problem() const { return composition_->connection_problem(); }
std::vector<dialled_address> client::addresses() const { return composition_->addresses(); }
map_actor client::map(const std::string& name) { return composition_->map(name); }
std::shared_ptr<const call_gate> client::gate(const std::string& name) { return make_call_gate(composition_->router(), name, false); }
caf::actor client::add_cluster_listener(const caf::actor& listener) { return composition_->add_cluster_listener(listener); }
void client::remove_cluster_listener(const caf::actor& subscription) { compat::anonymous_send(subscription, local::end_listening{}); }
view_ptr client::current_view() const { return composition_->view(); }

void client::submit(const std::string& map, protocol::map_call what, duration timeout, std::function<void(protocol::map_result&&)> done) {
  composition_->router().submit({map, std::move(what), timeout, std::move(done)});
}

client_message::command_result client::command(member_no to, client_message::command what, duration timeout) {
  auto answer = std::make_shared<std::promise<client_message::command_result>>();
  auto result = answer->get_future();
  composition_->command(to, std::move(what), timeout, [answer](command_end how) { answer->set_value(std::move(how.answer)); });
  return result.get();
}

}  // namespace troupe
