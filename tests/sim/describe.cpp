#include "tests/sim/describe.hpp"

#include <type_traits>

#include <troupe/messages/types/client_message.hpp>

namespace troupe::sim {

namespace {

std::string text(member_no m) { return "#" + std::to_string(m.value()); }
std::string text(const view_name& v) { return "v" + std::to_string(v.number.value()); }
std::string text(seq_number s) { return std::to_string(s.value()); }
std::string text(const membership_message::ballot& b) { return std::to_string(b.round) + "." + std::to_string(b.proposer.value()); }

template <class Range>
std::string list(const Range& members) {
  std::string result;
  for (const auto m : members) result += (result.empty() ? "" : ",") + std::to_string(m.value());
  return result;
}

std::string text(const view_change& c) {
  std::string result = "joins=" + std::to_string(c.joins.size()) + " removals=" + list(c.removals) + " leaving=" + list(c.leaving) + " rows=";
  for (const auto& r : c.rows) {
    result += to_string(r.id) + "{p=" + text(r.now.primary) + " I=" + list(r.now.in_sync) + " L=" + list(r.now.learners) +
              " A=" + list(r.now.async_backups) + " U=" + list(r.now.unsealed) + " e=" + std::to_string(r.now.epoch.value()) + "}";
  }
  return result;
}

std::string say(const membership_message::heartbeat& m) { return "heartbeat " + text(m.view) + " hears=" + list(m.hears); }
std::string say(const membership_message::heartbeat_ack& m) { return "heartbeat_ack " + text(m.view); }
std::string say(const membership_message::prepare& m) { return "prepare " + text(m.base) + " ballot=" + text(m.ballot); }
std::string say(const membership_message::promise& m) {
  return "promise " + text(m.base) + " ballot=" + text(m.ballot) + (m.accepted ? " accepted=" + text(m.accepted->ballot) : "");
}
std::string say(const membership_message::propose& m) {
  return "propose " + text(m.base) + " ballot=" + text(m.ballot) + " " + text(m.change);
}
std::string say(const membership_message::accepted& m) { return "accepted " + text(m.base) + " ballot=" + text(m.ballot); }
std::string say(const membership_message::outbid& m) { return "outbid " + text(m.base) + " promised=" + text(m.promised); }
std::string say(const membership_message::decided& m) { return "decided " + text(m.base) + " " + text(m.change); }
std::string say(const membership_message::full_view& m) { return m.view ? "full_view " + text(m.view->name) : "full_view of nothing"; }
std::string say(const membership_message::view_pull& m) { return "view_pull have=" + text(m.have); }
std::string say(const membership_message::seek&) { return "seek"; }
std::string say(const membership_message::seeking_too& m) { return std::string{"seeking_too"} + (m.may_found ? " may_found" : ""); }
std::string say(const membership_message::join_request& m) { return "join_request " + to_string(m.who.address); }
std::string say(const membership_message::join_refused& m) { return "join_refused " + m.why; }
std::string say(const membership_message::wishes& m) {
  using wish = membership_message::wish;
  std::string result = "wishes " + text(m.view);
  for (const auto& w : m.list) {
    if (const auto* c = std::get_if<wish::caught_up>(&w.what)) result += " caught_up:" + to_string(c->row) + text(c->learner);
    else if (const auto* h = std::get_if<wish::handed_over>(&w.what)) result += " handed_over:" + to_string(h->row) + text(h->successor);
    else if (const auto* d = std::get_if<wish::damaged>(&w.what)) result += " damaged:" + to_string(d->row) + text(d->holder);
    else if (const auto* a = std::get_if<wish::activated>(&w.what)) result += " activated:" + to_string(a->row);
    else result += " other:" + std::to_string(w.what.index());
  }
  return result;
}
std::string say(const membership_message::consent& m) { return "consent " + std::to_string(m.removed_in.value()); }
std::string say(const membership_message::goodbye&) { return "goodbye"; }

std::string epoch_of(epoch_number e) { return " e=" + std::to_string(e.value()); }
std::string confirmation(std::string_view what, confirmation_number n) {
  return n == confirmation_number{} ? std::string{} : std::string{what} + std::to_string(n.value());
}
std::string say(const replication_message::records& m) {
  return "records" + epoch_of(m.epoch) + " first=" + text(m.first) + " n=" + std::to_string(m.list.size()) + " commit=" + text(m.commit) + confirmation(" confirm=", m.confirm);
}
std::string say(const replication_message::ack& m) {
  return "ack" + epoch_of(m.epoch) + " feed=" + std::to_string(m.feed.value()) + " held=" + text(m.held) + (m.gap ? " gap" : "") +
         (m.with_primary == agreement::different ? " different" : "") + confirmation(" confirmed=", m.confirmed);
}
std::string say(const replication_message::seal& m) { return "seal" + epoch_of(m.epoch) + (m.in_sync ? " in_sync" : ""); }
std::string say(const replication_message::sealed& m) {
  return "sealed" + epoch_of(m.epoch) + " length=" + text(m.length) + (m.in_sync ? " in_sync" : "");
}
std::string say(const replication_message::sealed_above& m) { return "sealed_above" + epoch_of(m.epoch); }
std::string say(const replication_message::pull& m) { return "pull" + epoch_of(m.epoch) + " from=" + text(m.from) + " to=" + text(m.to); }
std::string say(const replication_message::pulled& m) { return "pulled" + epoch_of(m.epoch) + " n=" + std::to_string(m.list.size()); }
std::string say(const replication_message::snapshot_chunk& m) {
  return "chunk" + epoch_of(m.epoch) + " feed=" + std::to_string(m.feed.value()) + " index=" + std::to_string(m.index) + " at=" + text(m.at) +
         (m.last ? " last" : "");
}
std::string say(const replication_message::resume& m) { return "resume" + epoch_of(m.epoch) + " feed=" + std::to_string(m.feed.value()); }
std::string say(const replication_message::snapshot_ack& m) {
  return "chunk_ack" + epoch_of(m.epoch) + " feed=" + std::to_string(m.feed.value()) + " next=" + std::to_string(m.next_index);
}

std::string say(const client_message::operations& m) {
  std::string result = "operations";
  for (const auto& o : m.list) {
    result += " " + std::to_string(o.request.value()) + ":" + std::to_string(static_cast<int>(o.kind)) + ":" + to_string(o.row) + ":" +
              std::string{o.key.view()};
  }
  return result;
}
std::string say(const client_message::replies& m) {
  std::string result = "replies";
  for (const auto& r : m.list) result += " " + std::to_string(r.request.value()) + ":" + std::string{to_string(r.result)};
  return result;
}
std::string say(const client_message::follow_view&) { return "follow_view"; }
std::string say(const client_message::view_update& m) { return m.view ? "view_update " + text(m.view->name) : "view_update of nothing"; }
std::string say(const client_message::command&) { return "command"; }
std::string say(const client_message::command_result& m) { return "command_result " + m.error; }

}  // namespace

std::string describe(const any_frame& frame) {
  return std::visit(
      [](const auto& x) -> std::string {
        if constexpr (std::is_same_v<std::decay_t<decltype(x)>, replication_batch>) {
          std::string result = "batch " + text(x.from) + " " + text(x.view);
          for (const auto& m : x.list) {
            result += " [" + to_string(row_of(m)) + " " + std::visit([](const auto& y) { return say(y); }, m) + "]";
          }
          return result;
        } else {
          return std::visit([](const auto& y) { return say(y); }, x);
        }
      },
      frame);
}

}  // namespace troupe::sim
