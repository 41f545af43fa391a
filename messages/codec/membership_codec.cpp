/// \file
/// The membership conversation in both directions. Each message: how it is written, how it is read, next to each other.
#include <troupe/messages/codec/internal/conversations.hpp>

#include <schema/membership.capnp.h>

#include <troupe/messages/codec/codec.hpp>
#include <troupe/messages/codec/internal/ids.hpp>
#include <troupe/messages/codec/internal/settings.hpp>
#include <troupe/messages/codec/internal/view.hpp>
#include <troupe/messages/codec/internal/wish.hpp>

namespace troupe::codec {

namespace {

using namespace membership_message;
using builder = schema::Membership::Builder;

// A time on the clock of whoever sent the heartbeat. Bounded, so that differences and sums of two can't overflow.
instant read_instant(std::int64_t from) {
  must(from >= 0 && from <= (std::int64_t{1} << 62), "a time is out of range");
  return instant{duration{from}};
}

void write(schema::Ballot::Builder to, const ballot& from) {
  to.setRound(from.round);
  to.setProposer(from.proposer.value());
}
ballot read_ballot(schema::Ballot::Reader from) { return {read_counted(from.getRound()), member_no{from.getProposer()}}; }

// Heartbeats and leases.

void write(builder root, const heartbeat& from) {
  auto to = root.initHeartbeat();
  codec::write(to.initView(), from.view);
  to.setSentAt(from.sent_at.time_since_epoch().count());
  write_numbers(to.initHears(count(from.hears)), from.hears);
}
heartbeat read(schema::Heartbeat::Reader from, allowance& memory) {
  return {read_view_name(from.getView()), read_instant(from.getSentAt()), read_numbers<member_no>(from.getHears(), memory)};
}

void write(builder root, const heartbeat_ack& from) {
  auto to = root.initHeartbeatAck();
  codec::write(to.initView(), from.view);
  to.setSentAt(from.sent_at.time_since_epoch().count());
}
heartbeat_ack read(schema::HeartbeatAck::Reader from) { return {read_view_name(from.getView()), read_instant(from.getSentAt())}; }

// Paxos on the next view.

void write(builder root, const prepare& from) {
  auto to = root.initPrepare();
  codec::write(to.initBase(), from.base);
  write(to.initBallot(), from.ballot);
}
prepare read(schema::Prepare::Reader from) { return {read_view_name(from.getBase()), read_ballot(from.getBallot())}; }

void write(schema::Vote::Builder to, const vote& from) {
  write(to.initBallot(), from.ballot);
  codec::write(to.initChange(), from.change);
}
vote read(schema::Vote::Reader from, allowance& memory) {
  return {read_ballot(from.getBallot()), read_view_change(from.getChange(), memory)};
}

void write(builder root, const promise& from) {
  auto to = root.initPromise();
  codec::write(to.initBase(), from.base);
  write(to.initBallot(), from.ballot);
  if (from.accepted) write(to.initAccepted(), *from.accepted);
}
promise read(schema::Promise::Reader from, allowance& memory) {
  promise p{read_view_name(from.getBase()), read_ballot(from.getBallot()), std::nullopt};
  if (from.hasAccepted()) p.accepted = read(from.getAccepted(), memory);
  return p;
}

void write(builder root, const propose& from) {
  auto to = root.initPropose();
  codec::write(to.initBase(), from.base);
  write(to.initBallot(), from.ballot);
  codec::write(to.initChange(), from.change);
}
propose read(schema::Propose::Reader from, allowance& memory) {
  return {read_view_name(from.getBase()), read_ballot(from.getBallot()), read_view_change(from.getChange(), memory)};
}

void write(builder root, const accepted& from) {
  auto to = root.initAccepted();
  codec::write(to.initBase(), from.base);
  write(to.initBallot(), from.ballot);
}
accepted read(schema::Accepted::Reader from) { return {read_view_name(from.getBase()), read_ballot(from.getBallot())}; }

void write(builder root, const outbid& from) {
  auto to = root.initOutbid();
  codec::write(to.initBase(), from.base);
  write(to.initPromised(), from.promised);
}
outbid read(schema::Outbid::Reader from) { return {read_view_name(from.getBase()), read_ballot(from.getPromised())}; }

void write(builder root, const decided& from) {
  auto to = root.initDecided();
  codec::write(to.initBase(), from.base);
  codec::write(to.initChange(), from.change);
}
decided read(schema::Decided::Reader from, allowance& memory) {
  return {read_view_name(from.getBase()), read_view_change(from.getChange(), memory)};
}

// Views.

void write(builder root, const full_view& from) {
  require(from.view != nullptr, "a full_view has a view");
  codec::write(root.initFullView(), *from.view);
}
full_view read_full_view(schema::View::Reader from, allowance& memory) { return {read_view(from, memory)}; }

void write(builder root, const view_pull& from) { codec::write(root.initViewPull(), from.have); }
view_pull read_view_pull(schema::ViewName::Reader from) { return {read_view_name(from)}; }

// Joining.

void write(builder root, const seek&) { root.setSeek(); }

void write(builder root, const seeking_too& from) { root.initSeekingToo().setMayFound(from.may_found); }
seeking_too read(schema::Membership::SeekingToo::Reader from) { return {from.getMayFound()}; }

void write(builder root, const join_request& from) {
  auto to = root.initJoinRequest();
  codec::write(to.initWho(), from.who);
  codec::write(to.initSettings(), from.settings);
  to.setAsOf(from.as_of.value());
}
join_request read(schema::JoinRequest::Reader from, allowance& memory) {
  join_request request{read_member(from.getWho(), memory), read_settings(from.getSettings(), memory),
                       read_counted<view_number>(from.getAsOf())};
  must(request.who.number == nobody, "who asks to join has a number already");
  return request;
}

void write(builder root, const join_refused& from) {
  auto to = root.initJoinRefused();
  to.setWhy(text(from.why));
  to.setStartAnew(from.start_anew);
}
join_refused read(schema::JoinRefused::Reader from, allowance& memory) { return {read_text(from.getWhy(), memory), from.getStartAnew()}; }

// Wishes, and leaving.

void write(builder root, const wishes& from) {
  auto to = root.initWishes();
  codec::write(to.initView(), from.view);
  write_list(to.initList(count(from.list)), from.list, [](auto place, const wish& w) { codec::write(place, w); });
}
wishes read(schema::Wishes::Reader from, allowance& memory) {
  return {read_view_name(from.getView()), read_list(from.getList(), memory, [&](auto w) { return read_wish(w, memory); })};
}

void write(builder root, const consent& from) { root.setConsent(from.removed_in.value()); }
consent read_consent(std::uint64_t from) { return {read_counted<view_number>(from)}; }

void write(builder root, const goodbye&) { root.setGoodbye(); }

}  // namespace

frame_buffer encode(const any_membership_message& message) {
  constexpr std::size_t usual_words = 64;  // Heartbeats and ballots; changes and views are larger and rare.
  frame_builder frame{conversation::membership, usual_words};
  std::visit([root = frame.initRoot<schema::Membership>()](const auto& m) { write(root, m); }, message);
  return frame.finish();
}

result<any_frame> decode_membership(std::span<const word> payload) {
  return read_message<schema::Membership>(payload, [](schema::Membership::Reader root, allowance& memory) -> any_frame {
    const auto message = [&]() -> any_membership_message {
      switch (root.which()) {
        case schema::Membership::HEARTBEAT: return read(root.getHeartbeat(), memory);
        case schema::Membership::HEARTBEAT_ACK: return read(root.getHeartbeatAck());
        case schema::Membership::PREPARE: return read(root.getPrepare());
        case schema::Membership::PROMISE: return read(root.getPromise(), memory);
        case schema::Membership::PROPOSE: return read(root.getPropose(), memory);
        case schema::Membership::ACCEPTED: return read(root.getAccepted());
        case schema::Membership::OUTBID: return read(root.getOutbid());
        case schema::Membership::DECIDED: return read(root.getDecided(), memory);
        case schema::Membership::FULL_VIEW: return read_full_view(root.getFullView(), memory);
        case schema::Membership::VIEW_PULL: return read_view_pull(root.getViewPull());
        case schema::Membership::SEEK: return seek{};
        case schema::Membership::SEEKING_TOO: return read(root.getSeekingToo());
        case schema::Membership::JOIN_REQUEST: return read(root.getJoinRequest(), memory);
        case schema::Membership::JOIN_REFUSED: return read(root.getJoinRefused(), memory);
        case schema::Membership::WISHES: return read(root.getWishes(), memory);
        case schema::Membership::CONSENT: return read_consent(root.getConsent());
        case schema::Membership::GOODBYE: return goodbye{};
      }
      reject(error_kind::value, "a membership message of a kind that this protocol version does not know");
    };
    return message();
  });
}

}  // namespace troupe::codec
