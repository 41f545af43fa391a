#include "tests/sim/client_process.hpp"

#include <utility>

#include <troupe/messages/types/client_message.hpp>

namespace troupe::sim {

using namespace protocol;

namespace {

/// A client that heard nothing of views for so long looks for a member that tells it of them.
constexpr duration news_patience = seconds{2};

}  // namespace

client_process::client_process(world& around, directory& names, std::vector<address> seeds, const router_limits& limits, host_no host,
                               const drifting_clock& clock, dice rng)
    : around_(around), names_(names), seeds_(std::move(seeds)), host_(host), rate_(clock), rng_(rng), router_(client_id{rng_.unique()}, limits) {}

template <class Body>
void client_process::step(Body body) {
  if (!alive_) return;
  body();
  perform();
}

void client_process::start() {
  endpoint_ = around_.start(*this, host_, rate_, std::nullopt);
  alive_ = true;
  look_for_a_member();
}

void client_process::crash() {
  if (!alive_) return;
  alive_ = false;
  calls_.clear();
  around_.kill(endpoint_);
}

call_id client_process::call(std::string_view map, map_call what, duration patience, done_with done) {
  const call_id id{next_call_++};
  step([&] {
    calls_.emplace(id, std::move(done));
    router_.call(id, map, std::move(what), clock() + patience, clock(), effects_);
  });
  return id;
}

void client_process::cancel(call_id which) {
  step([&] { router_.cancel({which}, clock(), effects_); });
}

void client_process::look_for_a_member() {
  if (std::exchange(dialling_, true)) return;
  const auto& v = router_.installed();
  // Now and then a seed instead of a member: a client whose view is out of date finds the cluster again.
  const bool by_view = v && !v->members.empty() && rng_.chance(0.7);
  around_.probe(endpoint_, by_view ? v->members[rng_.index(v->members.size())].address : seeds_[rng_.index(seeds_.size())]);
}

void client_process::probed(const address&, std::optional<endpoint> found, bool) {
  dialling_ = false;
  heard_ = clock();
  if (found) follow(*found);
}

void client_process::follow(endpoint member) {
  followed_.insert(member);
  around_.transmit(endpoint_, member, channel::data, any_client_message{client_message::follow_view{}});
}

/// All members, so that one is left to tell of the next view, whoever leaves with this one.
void client_process::follow_members() {
  for (const auto& m : router_.installed()->members) {
    const auto at = names_.find(m.id);
    if (at && !followed_.contains(*at)) follow(*at);
  }
}

void client_process::tick() {
  step([&] {
    if (followed_.empty() || clock() - heard_ > news_patience) look_for_a_member();
    router_.tick(clock(), effects_);
  });
}

void client_process::receive(endpoint from, any_frame&& what) {
  const auto* message = std::get_if<any_client_message>(&what);
  if (message == nullptr) return;
  step([&] {
    if (const auto* update = std::get_if<client_message::view_update>(message)) {
      heard_ = clock();
      if (update->view) {
        router_.install(update->view, clock(), effects_);
        follow_members();
      } else {
        followed_.erase(from);
      }
    } else if (const auto* replies = std::get_if<client_message::replies>(message)) {
      for (const auto& r : replies->list) {
        if (got_reply) got_reply(r);
        router_.receive(names_.number_of(from), r, clock(), effects_);
      }
    }
  });
}

void client_process::disconnected(endpoint gone, channel via) {
  if (via != channel::data) return;
  step([&] {
    followed_.erase(gone);
    if (const auto was = names_.number_of(gone); was != nobody) router_.disconnected(was, clock(), effects_);
  });
}

void client_process::not_sent(endpoint gone, const any_frame& what) {
  const auto* client = std::get_if<any_client_message>(&what);
  if (client == nullptr) return;
  if (std::holds_alternative<client_message::follow_view>(*client)) followed_.erase(gone);
  const auto* ops = std::get_if<client_message::operations>(client);
  if (ops == nullptr) return;
  step([&] {
    for (const auto& op : ops->list) {
      if (operation_not_sent) operation_not_sent(op.request);
      router_.not_sent(names_.number_of(gone), op.request, clock(), effects_);
    }
  });
}

void client_process::perform() {
  while (!effects_.sends.empty() || !effects_.finished.empty() || !effects_.wanted_maps.empty()) {
    auto effects = std::exchange(effects_, {});
    std::map<endpoint, client_message::operations> frames;
    for (auto& s : effects.sends) {
      if (sent_operation) sent_operation(s.what);
      if (const auto to = peer(s.to)) {
        frames[*to].list.push_back(std::move(s.what));
      } else {
        if (operation_not_sent) operation_not_sent(s.what.request);
        router_.not_sent(s.to, s.what.request, clock(), effects_);
      }
    }
    for (auto& [to, frame] : frames) around_.transmit(endpoint_, to, channel::data, any_client_message{std::move(frame)});
    for (const auto& name : effects.wanted_maps) {
      if (followed_.empty()) continue;
      const request_number request{next_command_++};
      around_.transmit(endpoint_, *followed_.begin(), channel::data,
                       any_client_message{client_message::command{request, client_message::command::create_map{name}}});
    }
    for (auto& f : effects.finished) {
      const auto waiting = calls_.extract(f.call);
      if (!waiting.empty()) waiting.mapped()(f.what);
    }
  }
}

std::optional<endpoint> client_process::peer(member_no m) const {
  const auto& v = router_.installed();
  const auto* found = v ? v->find(m) : nullptr;
  return found != nullptr ? names_.find(found->id) : std::nullopt;
}

}  // namespace troupe::sim
