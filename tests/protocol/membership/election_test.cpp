// The rules of voting and granting, each by itself: one voter, and messages made by hand. Every scenario names the rule without which
// it fails.
#include <catch2/catch.hpp>

#include <troupe/actors/protocol/membership/election.hpp>
#include <troupe/actors/protocol/membership/voters.hpp>

#include "tests/protocol/membership/views.hpp"

using namespace troupe;
using namespace troupe::test;
using protocol::removal_wait;

namespace {

constexpr instant start{seconds{100}};
constexpr duration lease_length = seconds{1};

/// Member `self` of a view, as a party to the election of its successor.
class party {
 public:
  party(std::uint32_t self, view_ptr v, const view* before = nullptr, instant at = start) : now(at), view_(std::move(v)), self_(self) {
    election_.open(view_, before, no(self_), now);
  }

  void install(const view_ptr& next) {
    const auto before = view_;
    view_ = next;
    election_.open(view_, before.get(), no(self_), now);
  }
  void heartbeat(std::uint32_t from) { heartbeat(from, now); }
  void heartbeat(std::uint32_t from, instant sent_at) { step([&](auto s) { election_.on(no(from), message::heartbeat{view_->name, sent_at, {}}, s); }); }
  void ack(std::uint32_t from, instant sent_at) { step([&](auto s) { election_.on(no(from), message::heartbeat_ack{view_->name, sent_at}, s); }); }
  void propose(std::uint32_t from, std::uint32_t round, const view_change& change) {
    step([&](auto s) { election_.on(no(from), message::propose{view_->name, {round, no(from)}, change}, s); });
  }
  void prepare(std::uint32_t from, std::uint32_t round) {
    step([&](auto s) { election_.on(no(from), message::prepare{view_->name, {round, no(from)}}, s); });
  }
  void consent(std::uint32_t from, view_number removed_in) { election_.on(no(from), message::consent{removed_in}); }
  void tick() {
    step([&](auto s) { election_.tick(s); });
  }
  void offer(const view_change& change) {
    step([&](auto s) { election_.offer(change, s); });
  }
  template <class Step>
  void step(Step what) {
    out.clear();
    what(protocol::step{now, out});
  }

  template <class Message>
  [[nodiscard]] std::vector<Message> sent() const {
    std::vector<Message> result;
    for (const auto& s : out.sends) {
      if (const auto* m = std::get_if<Message>(&s.what)) result.push_back(*m);
    }
    return result;
  }
  [[nodiscard]] bool granted() const { return !sent<message::heartbeat_ack>().empty(); }
  [[nodiscard]] bool accepted() const { return !sent<message::accepted>().empty(); }

  [[nodiscard]] protocol::election& rules() { return election_; }
  [[nodiscard]] const view& base() const { return *view_; }
  [[nodiscard]] view_number next() const { return view_->name.number.next(); }

  instant now;
  protocol::membership_effects out;

 private:
  view_ptr view_;
  std::uint32_t self_;
  protocol::election election_;
};

constexpr auto soon = milliseconds{1};

}  // namespace

SCENARIO("removal wait: not before T·1.05 after the last acknowledgement to the removed member") {
  GIVEN("a voter of long standing that acknowledged a heartbeat of member 3") {
    party voter{2, view_with(3)};
    voter.now += seconds{10};
    voter.heartbeat(3);
    REQUIRE(voter.granted());
    const auto open = voter.now + removal_wait(lease_length);
    WHEN("its removal is proposed") {
      voter.now += milliseconds{500};
      voter.propose(1, 0, removal_of({3}));
      THEN("the proposal is held, and accepted when the wait is over") {  // Fails without: the wait itself.
        CHECK_FALSE(voter.accepted());
        voter.now = open - soon;
        voter.tick();
        CHECK_FALSE(voter.accepted());
        voter.now = open;
        voter.tick();
        CHECK(voter.accepted());
      }
      THEN("until then its heartbeats are not acknowledged, others' are") {  // Fails without: held proposals stop acks.
        voter.heartbeat(3);
        CHECK_FALSE(voter.granted());
        voter.heartbeat(1);
        CHECK(voter.granted());
      }
    }
  }
}

SCENARIO("removal wait: T·1.05 after the first install of a view with these voters") {
  GIVEN("a voter that has just joined and never acknowledged anything") {
    party voter{3, view_with(3)};
    WHEN("a removal is proposed") {
      voter.propose(1, 0, removal_of({2}));
      THEN("its first install counts: those before it may have granted") {  // Fails without: a joiner's first install counts.
        CHECK_FALSE(voter.accepted());
        voter.now += removal_wait(lease_length);
        voter.tick();
        CHECK(voter.accepted());
      }
    }
  }
  GIVEN("a voter of long standing that installs a view with another voter") {
    party voter{2, view_with(3)};
    voter.now += seconds{10};
    view_change join;
    auto joiner = process_named(3);
    joiner.number = no(4);
    join.joins = {joiner};
    voter.install(protocol::apply(voter.base(), join));
    THEN("the wait starts anew") {  // Fails without: voters_since.
      voter.propose(1, 0, removal_of({3}));
      CHECK_FALSE(voter.accepted());
    }
  }
  GIVEN("a voter of long standing that installs a view with the same voters") {
    party voter{2, view_with(3)};
    voter.now += seconds{10};
    voter.install(protocol::apply(voter.base(), leave_of(3)));
    THEN("nothing is waited for") {  // Fails if every install counted: then quick views would put off a removal for ever.
      voter.propose(1, 0, removal_of({3}));
      CHECK(voter.accepted());
    }
  }
  GIVEN("a voter that skips the view in which the voters changed") {
    const auto first = view_with(3);
    party voter{2, first};
    voter.now += seconds{10};
    const auto without_3 = protocol::apply(*first, removal_of({3}));
    voter.install(protocol::apply(*without_3, leave_of(1)));
    THEN("the wait starts anew all the same") {
      voter.propose(1, 0, removal_of({1}));
      CHECK_FALSE(voter.accepted());
    }
  }
}

SCENARIO("consent lifts the wait for the number that it names, and for no other") {
  GIVEN("a voter that just acknowledged member 3") {
    party voter{2, view_with(3)};
    voter.now += seconds{10};
    voter.heartbeat(3);
    voter.propose(1, 0, removal_of({3}));
    REQUIRE_FALSE(voter.accepted());
    WHEN("member 3 consents to the next view") {
      voter.consent(3, voter.next());
      voter.tick();
      THEN("the proposal is accepted at once") { CHECK(voter.accepted()); }
    }
    WHEN("its consent is to an earlier or a later number") {
      voter.consent(3, view_number{voter.next().value() - 1});
      voter.consent(3, view_number{voter.next().value() + 1});
      voter.tick();
      THEN("it stays held") { CHECK_FALSE(voter.accepted()); }  // Fails without: consent carries its number.
    }
    WHEN("it had consented, but another view was decided instead") {
      voter.consent(3, voter.next());
      voter.install(protocol::apply(voter.base(), leave_of(3)));
      voter.heartbeat(3);
      voter.propose(1, 0, removal_of({3}));
      THEN("the wait is back") { CHECK_FALSE(voter.accepted()); }
    }
  }
}

SCENARIO("voting for one's own removal is consent, and gives up the lease for good first") {
  GIVEN("a voter with a lease") {
    party m{2, view_with(3)};
    m.now += seconds{10};
    m.rules().heartbeat_sent(m.now);
    m.ack(1, m.now);
    REQUIRE(m.rules().held_lease().until == m.now + lease_length);
    WHEN("its own removal is proposed") {
      m.propose(1, 0, removal_of({2}));
      THEN("it agrees, tells the other voters, and its lease is gone") {  // Fails without: m gives up its lease.
        CHECK(m.accepted());
        CHECK(m.sent<message::consent>() == std::vector(2, message::consent{m.next()}));
        CHECK(m.rules().held_lease().until == instant{});
      }
      THEN("no acknowledgement brings it back in this view") {  // Fails without: for good.
        m.now += milliseconds{100};
        m.rules().heartbeat_sent(m.now);
        m.ack(1, m.now);
        m.ack(3, m.now);
        CHECK(m.rules().held_lease().until == instant{});
      }
      THEN("another view that keeps it does") {
        m.install(protocol::apply(m.base(), leave_of(3)));
        m.rules().heartbeat_sent(m.now);
        m.ack(1, m.now);
        CHECK(m.rules().held_lease().until == m.now + lease_length);
      }
    }
  }
  GIVEN("a voter that adopts a proposal of its own removal in a ballot of its own") {
    party m{2, view_with(3)};
    m.now += seconds{10};
    m.step([&](auto s) { m.rules().prepare(s); });
    m.rules().heartbeat_sent(m.now);
    m.ack(1, m.now);
    const message::ballot mine{1, no(2)};
    m.step([&](auto s) { m.rules().on(no(3), message::promise{m.base().name, mine, message::vote{{0, no(1)}, removal_of({2})}}, s); });
    m.step([&](auto s) { m.rules().on(no(3), message::accepted{m.base().name, mine}, s); });
    THEN("its vote gives up its lease, too") {
      CHECK(m.rules().held_lease().until == instant{});
      CHECK(m.rules().take_decided() == removal_of({2}));
    }
  }
}

SCENARIO("grants: a voter that accepted the next view stops granting this one's leases") {
  GIVEN("a voter of five") {
    party voter{2, view_with(5)};
    voter.now += seconds{10};
    WHEN("it accepted a view with other voters") {
      voter.propose(1, 0, removal_of({5}));
      REQUIRE(voter.accepted());
      THEN("it acknowledges nobody, its own heartbeats included") {  // Fails without: accepted nothing for v+1.
        voter.heartbeat(1);
        CHECK_FALSE(voter.granted());
        voter.rules().heartbeat_sent(voter.now);
        voter.ack(1, voter.now);
        voter.ack(3, voter.now);
        CHECK(voter.rules().held_lease().until == instant{});
      }
    }
    WHEN("it accepted a view with the same voters that keeps everybody") {
      voter.propose(1, 0, leave_of(5));
      REQUIRE(voter.accepted());
      THEN("it goes on granting") {
        voter.heartbeat(3);
        CHECK(voter.granted());
      }
    }
    WHEN("it only promised a ballot") {
      voter.prepare(3, 1);
      REQUIRE_FALSE(voter.sent<message::promise>().empty());
      THEN("it goes on granting") {
        voter.heartbeat(3);
        CHECK(voter.granted());
      }
    }
  }
  GIVEN("eight members, seven of which vote, and a voter that accepted the removal of the eighth") {
    party voter{2, view_with(8)};
    voter.now += seconds{10};
    voter.propose(1, 0, removal_of({8}));
    REQUIRE(voter.accepted());
    THEN("the voters stay the same: it goes on granting to those that the view keeps, not to the one that it removes") {
      voter.heartbeat(3);
      CHECK(voter.granted());
      voter.heartbeat(8);
      CHECK_FALSE(voter.granted());
    }
  }
  GIVEN("one of two voters that accepted a view with the same voters") {
    party voter{2, view_with(2)};
    voter.propose(1, 0, leave_of(2));
    REQUIRE(voter.accepted());
    THEN("it grants no more: the other's proof of contact must come from one that has not voted") {
      voter.heartbeat(1);
      CHECK_FALSE(voter.granted());
    }
  }
}

SCENARIO("lease: a quorum of the voters, counted from when the heartbeats were sent, for one view") {
  GIVEN("a member of five") {
    party m{2, view_with(5)};
    m.now += seconds{10};
    const auto sent = m.now;
    m.rules().heartbeat_sent(sent);
    WHEN("one other voter acknowledged") {
      m.ack(1, sent);
      THEN("two of five are no quorum") { CHECK(m.rules().held_lease().until == instant{}); }  // Fails with: one grant less.
    }
    WHEN("two others did, late") {
      m.ack(1, sent);
      m.now += milliseconds{700};
      m.ack(3, sent);
      THEN("the lease ends T after the heartbeat was sent") {  // Fails with: counted from the acknowledgement.
        CHECK(m.rules().held_lease().until == sent + lease_length);
      }
      AND_WHEN("the next view is installed") {
        m.install(protocol::apply(m.base(), leave_of(5)));
        THEN("there is no lease") { CHECK(m.rules().held_lease().until == instant{}); }  // Fails with: v's lease counts for v+1.
      }
    }
    WHEN("acknowledgements are of different heartbeats") {
      m.ack(1, sent + milliseconds{100});
      m.ack(3, sent + milliseconds{200});
      m.ack(4, sent + milliseconds{300});
      THEN("the third latest counts") { CHECK(m.rules().held_lease().until == sent + milliseconds{100} + lease_length); }
    }
  }
  GIVEN("eight members, of which the eighth does not vote") {
    party m{8, view_with(8)};
    m.rules().heartbeat_sent(m.now);
    for (std::uint32_t v : {1U, 2U, 3U, 8U}) m.ack(v, m.now);
    THEN("it needs four of the seven, and is none of them") {
      CHECK(m.rules().held_lease().until == instant{});
      m.ack(4, m.now);
      CHECK(m.rules().held_lease().until == m.now + lease_length);
    }
  }
}

SCENARIO("round 0 belongs to the oldest voter, once") {
  GIVEN("a voter") {
    party voter{3, view_with(3)};
    WHEN("somebody else uses round 0, or a ballot in another's name") {
      voter.propose(2, 0, leave_of(2));
      const bool used = voter.accepted();
      voter.step([&](auto s) { voter.rules().on(no(2), message::propose{voter.base().name, {1, no(1)}, leave_of(2)}, s); });
      THEN("it is ignored") {  // Fails without: the owner of round 0 is fixed by the view.
        CHECK_FALSE(used);
        CHECK_FALSE(voter.accepted());
      }
    }
  }
  GIVEN("the oldest voter that has proposed") {
    party oldest{1, view_with(3)};
    CHECK(oldest.rules().owns_round_zero());
    oldest.offer(leave_of(2));
    THEN("round 0 is used up") { CHECK_FALSE(oldest.rules().owns_round_zero()); }
  }
  GIVEN("the oldest voter that promised a higher round") {
    party oldest{1, view_with(3)};
    oldest.prepare(2, 1);
    THEN("it does not use round 0 any more") { CHECK_FALSE(oldest.rules().owns_round_zero()); }
  }
}

SCENARIO("an acceptor keeps its promises and tells what it accepted") {
  GIVEN("a voter that accepted round 0") {
    party voter{3, view_with(3)};
    voter.propose(1, 0, leave_of(2));
    REQUIRE(voter.accepted());
    WHEN("another prepares round 1") {
      voter.prepare(2, 1);
      THEN("it learns of the vote") {
        const auto promise = voter.sent<message::promise>().at(0);
        REQUIRE(promise.accepted);
        CHECK(promise.accepted->change == leave_of(2));
      }
      AND_WHEN("lower ballots come") {
        voter.propose(1, 0, leave_of(3));
        const bool accepted_other = voter.rules().take_decided().has_value();
        voter.prepare(1, 1);
        THEN("they are outbid") {
          CHECK_FALSE(accepted_other);
          CHECK(voter.sent<message::outbid>().at(0).promised == message::ballot{1, no(2)});
        }
      }
    }
  }
  GIVEN("a proposer whose promises report two values") {
    party proposer{2, view_with(5)};
    proposer.step([&](auto s) { proposer.rules().prepare(s); });
    const message::ballot mine{1, no(2)};
    proposer.step([&](auto s) {
      proposer.rules().on(no(3), message::promise{proposer.base().name, mine, message::vote{{0, no(1)}, leave_of(1)}}, s);
      proposer.rules().on(no(4), message::promise{proposer.base().name, mine, message::vote{{0, no(4)}, leave_of(4)}}, s);
    });
    THEN("it adopts the one of the highest ballot") {  // Fails without: adoption.
      const auto question = proposer.sent<message::propose>().at(0);
      CHECK(question.change == leave_of(4));
      CHECK(question.ballot == mine);
    }
  }
}

SCENARIO("quorums are counted in the voters of the view before") {
  GIVEN("the oldest of five, which proposes to remove two") {
    party oldest{1, view_with(5)};
    oldest.now += seconds{10};
    oldest.offer(removal_of({4, 5}));
    const auto answer = [&](std::uint32_t from) {
      oldest.step([&](auto s) { oldest.rules().on(no(from), message::accepted{oldest.base().name, {0, no(1)}}, s); });
    };
    WHEN("one of the remaining three accepted, which with the proposer makes two") {
      answer(2);
      THEN("that is a majority of the proposed view, and decides nothing") { CHECK_FALSE(oldest.rules().take_decided()); }
      AND_WHEN("another did") {
        answer(3);
        THEN("it is decided") { CHECK(oldest.rules().take_decided() == removal_of({4, 5})); }
      }
    }
    WHEN("the same voter says so again and again") {
      for (int i = 0; i < 5; ++i) answer(2);
      THEN("it counts once") { CHECK_FALSE(oldest.rules().take_decided()); }
    }
  }
}

SCENARIO("a proposer votes last, and asks again until it is answered") {
  GIVEN("the older of two, which proposed") {
    party older{1, view_with(2)};
    older.offer(leave_of(2));
    THEN("it is not bound to a value that the other never saw, and goes on granting") {
      CHECK_FALSE(older.rules().take_decided());
      older.heartbeat(2);
      CHECK(older.granted());
    }
    WHEN("no answer comes") {
      older.now += milliseconds{250};
      older.tick();
      THEN("it asks again with the same ballot and value") {
        CHECK(older.sent<message::propose>() == std::vector{message::propose{older.base().name, {0, no(1)}, leave_of(2)}});
      }
    }
    WHEN("the other accepts") {
      older.step([&](auto s) { older.rules().on(no(2), message::accepted{older.base().name, {0, no(1)}}, s); });
      THEN("its own vote decides") { CHECK(older.rules().take_decided() == leave_of(2)); }
    }
  }
}

SCENARIO("proposers that outbid each other back off for different times") {
  GIVEN("two voters whose ballots were outbid") {
    std::vector<duration> waits;
    for (std::uint32_t self : {2U, 3U}) {
      party proposer{self, view_with(5)};
      proposer.step([&](auto s) { proposer.rules().prepare(s); });
      proposer.step([&](auto s) { proposer.rules().on(no(1), message::outbid{proposer.base().name, {4, no(1)}}, s); });
      const auto outbid_at = proposer.now;
      do {
        proposer.now += milliseconds{1};
        proposer.tick();
      } while (proposer.sent<message::prepare>().empty() || proposer.sent<message::prepare>().at(0).ballot.round < 2);
      CHECK(proposer.sent<message::prepare>().at(0).ballot.round == 5);
      waits.push_back(proposer.now - outbid_at);
    }
    THEN("one of them has time to finish") { CHECK(waits[1] - waits[0] >= milliseconds{20}); }
  }
}
