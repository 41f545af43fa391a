#include <troupe/node/client/member_links.hpp>

#include <algorithm>
#include <utility>

#include <troupe/actors/local_messages.hpp>
#include <troupe/node/transport/frame_parts.hpp>
#include <troupe/node/transport/timer.hpp>

namespace troupe {

namespace {

constexpr auto farewell_time = seconds{2};

}  // namespace

struct member_links::peer {
  member_no number;
  incarnation id;
  std::vector<request_number> not_left;  ///< taken by a link that has not been up since
  std::unique_ptr<dialled_link> link;
  timer farewell;  ///< armed once the view no longer has this member
};

member_links::member_links(shard& home, hello self, dial_settings settings, caf::actor router, member_links_callbacks callbacks)
    : home_{home}, self_{std::move(self)}, settings_{std::move(settings)}, router_{std::move(router)}, callbacks_{std::move(callbacks)} {
  self_.role = connection_role::client;
}

member_links::~member_links() = default;

template <class Message>
void member_links::tell_router(Message&& what) {
  home_.deliver(router_, compat::make_letter(std::forward<Message>(what)));
}

void member_links::install(const view_ptr& v, bool dial_all) {
  const bool is_another_cluster = view_ && view_->cluster != v->cluster;
  view_ = v;
  settings_.limits = stream_limits::of(v->settings.limits);  // Until there is a view, there is no link.
  follow_views_ = dial_all;
  std::vector<member_no> strangers;
  for (auto& [number, p] : peers_) {
    const auto* m = v->find(number);
    if (is_another_cluster || (m != nullptr && m->id != p->id)) {
      strangers.push_back(number);
    } else if (m == nullptr && !p->farewell.armed()) {
      // A member that left answers what is under way to it (`retry`) before it goes; one that was removed may never do so.
      p->farewell = home_.after(farewell_time, [this, gone = number] { drop(gone); });
    }
  }
  for (const auto number : strangers) drop(number);
  if (!dial_all) return;
  for (const auto& m : v->members) link_to(m.number);
}

void member_links::drop(member_no gone) {
  auto node = peers_.extract(gone);
  if (!node.empty()) tell_lost(*node.mapped());
}

member_links::peer* member_links::link_to(member_no to) {
  if (auto at = peers_.find(to); at != peers_.end()) return at->second.get();
  const auto* m = view_ ? view_->find(to) : nullptr;
  if (m == nullptr) return nullptr;
  auto fresh = std::make_unique<peer>();
  fresh->number = to;
  fresh->id = m->id;
  auto& p = *fresh;
  dialled_link_callbacks callbacks;
  callbacks.up = [this, &p](const incarnation&, const address&) {
    p.not_left.clear();
    if (follow_views_) p.link->send(any_frame{any_client_message{client_message::follow_view{}}});
    if (callbacks_.up) callbacks_.up(p.number);
  };
  callbacks.down = [this, &p](const link_end&) { on_down(p); };
  callbacks.frame = [this, to](any_frame frame) { on_frame(to, std::move(frame)); };
  p.link = std::make_unique<dialled_link>(home_, link_target{m->address, m->id}, self_, settings_, std::move(callbacks));
  peers_.emplace(to, std::move(fresh));
  return &p;
}

void member_links::send(member_no to, std::vector<operation> batch) {
  auto* p = link_to(to);
  in_frame_parts(std::move(batch), settings_.limits.payload_bytes_max, [&](std::vector<operation> part) {
    std::vector<request_number> requests;
    requests.reserve(part.size());
    for (const auto& o : part) requests.push_back(o.request);
    if (p == nullptr || !p->link->send(any_frame{any_client_message{client_message::operations{std::move(part)}}})) {
      tell_router(local::not_sent{to, std::move(requests)});
      return;
    }
    if (!p->link->is_up()) p->not_left.insert(p->not_left.end(), requests.begin(), requests.end());
  });
}

bool member_links::send(member_no to, const client_message::command& what) {
  auto* p = link_to(to);
  return p != nullptr && p->link->send(any_frame{any_client_message{what}});
}

member_no member_links::one_that_is_up() const {
  const auto at = std::find_if(peers_.begin(), peers_.end(), [](const auto& p) { return p.second->link->is_up(); });
  return at == peers_.end() ? nobody : at->first;
}

void member_links::on_down(peer& p) {
  if (p.farewell.armed()) return drop(p.number);
  tell_lost(p);
}

void member_links::tell_lost(peer& p) {
  tell_router(local::link_lost{p.number, std::exchange(p.not_left, {})});
  if (callbacks_.lost) callbacks_.lost(p.number);
}

void member_links::on_frame(member_no from, any_frame frame) {
  auto* message = std::get_if<any_client_message>(&frame);
  if (message == nullptr) return;
  if (auto* r = std::get_if<client_message::replies>(message)) {
    tell_router(local::replies{from, std::move(r->list)});
  } else if (auto* v = std::get_if<client_message::view_update>(message)) {
    if (v->view && callbacks_.view) callbacks_.view(v->view);
  } else if (auto* c = std::get_if<client_message::command_result>(message)) {
    if (callbacks_.command_result) callbacks_.command_result(from, std::move(*c));
  }
}

}  // namespace troupe
