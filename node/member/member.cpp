#include <troupe/messages/types/view.hpp>
#include <troupe/node/member/member.hpp>

#include <algorithm>
#include <future>
#include <thread>
#include <utility>

#include <troupe/node/member/member_composition.hpp>

namespace troupe {

std::string_view to_string(member_end how) {
  switch (how) {
    case member_end::left: return "left";
    case member_end::expelled: return "expelled";
    case member_end::refused: return "refused";
    case member_end::stopped: return "stopped";
  }
  return "unknown";
}

local_member::local_member(caf::actor_system& system, member_config config)
    : composition_{std::make_shared<member_composition>(system, std::move(config))} {
  composition_->start();
}

local_member::~local_member() { composition_->stop(); }

bool local_member::wait_ready(duration timeout) { return composition_->wait_ready(timeout); }
map_actor local_member::map(const std::string& name) { return composition_->map(name); }
std::shared_ptr<const call_gate> local_member::gate(const std::string& name) {
  return make_call_gate(composition_->router(), name, std::thread::hardware_concurrency() > 1);
}
void local_member::async_stats(std::function<void(std::optional<member_stats>)> done) { composition_->take_stats(std::move(done)); }
std::optional<member_stats> local_member::stats(duration timeout) {
  const auto taken = std::make_shared<std::promise<std::optional<member_stats>>>();
  auto answer = taken->get_future();
  async_stats([taken](std::optional<member_stats> s) { taken->set_value(std::move(s)); });
  return answer.wait_for(timeout) == std::future_status::ready ? answer.get() : std::nullopt;
}
std::optional<map_stats> local_member::local_map_stats(const std::string& name, duration timeout) {
  auto all = stats(timeout);
  if (!all) return std::nullopt;
  const auto at = std::find_if(all->maps.begin(), all->maps.end(), [&](const map_stats& m) { return m.name == name; });
  return at == all->maps.end() ? map_stats{name} : std::move(*at);
}
caf::actor local_member::add_cluster_listener(const caf::actor& listener) { return composition_->add_cluster_listener(listener); }
void local_member::remove_cluster_listener(const caf::actor& subscription) { compat::anonymous_send(subscription, local::end_listening{}); }
void local_member::leave() { composition_->leave(); }
void local_member::stop() { composition_->stop(); }
bool local_member::wait_ended(duration timeout) { return composition_->wait_ended(timeout); }
void local_member::on_ended(std::function<void(member_end)> callback) { composition_->on_ended(std::move(callback)); }
member_end local_member::how_ended() const { return composition_->how_ended(); }
std::size_t local_member::rows_left_behind() const { return composition_->rows_left_behind(); }
std::string local_member::join_problem() const { return composition_->join_problem(); }
std::string local_member::end_text() const { return composition_->end_text(); }
const incarnation& local_member::id() const { return composition_->id(); }
address local_member::listens_at() const { return composition_->listens_at(); }
view_ptr local_member::current_view() const { return composition_->view(); }

}  // namespace troupe
