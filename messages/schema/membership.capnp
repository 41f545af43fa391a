@0xdad875d0dfc7bc4c;
# The membership conversation: heartbeats and leases, single-decree Paxos on the next view, joining, wishes for the next view.
#
# Member to member, on a connection of its own (role `memberControl`), so that bulk data can't delay it; dialled by the side that sends.
# The sender is the incarnation of the handshake. Nothing here is answered by request number: every message may be lost, repeated or
# overtaken, and carries enough to be judged alone.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("troupe::schema");

using Ids = import "ids.capnp";
using Views = import "view.capnp";

struct Membership {
  union {
    heartbeat @0 :Heartbeat;
    heartbeatAck @1 :HeartbeatAck;
    prepare @2 :Prepare;
    promise @3 :Promise;
    propose @4 :Propose;
    accepted @5 :Accepted;
    outbid @6 :Outbid;
    decided @7 :Decided;
    fullView @8 :Views.View;       # A whole view: for joiners, for those who lag, in answer to anything about a closed number. Not null.
    viewPull @9 :Ids.ViewName;     # "Send me your view": the sender has this one and saw a later one mentioned.
    seek @10 :Void;                # A process without a view asks a seed what it knows.
    seekingToo :group {            # The answer of a process that has no view either; one that has a view answers with it.
      mayFound @11 :Bool;          # It is entitled to found the cluster.
    }
    joinRequest @12 :JoinRequest;
    joinRefused @13 :JoinRefused;
    wishes @14 :Wishes;
    consent @15 :UInt64;           # Number of the one view that may remove the sender, whose lease it has given up for good.
    goodbye @16 :Void;             # The sender ends. Raises suspicion at once, proves nothing else.
  }
}

struct Heartbeat {
  # Member → member, every heartbeat interval: "I am alive in this view."

  view @0 :Ids.ViewName;     # Installed at the sender.
  sentAt @1 :Int64;          # Nanoseconds on the sender's clock. Echoed by the receiver, never interpreted. Must be 0 to 2^62.
  hears @2 :List(UInt32);    # Members that the sender has heard within the suspicion time.
}

struct HeartbeatAck {
  # Voter → member: the sender of that heartbeat may count its lease of `view` from `sentAt` on.

  view @0 :Ids.ViewName;
  sentAt @1 :Int64;          # Of the heartbeat, unchanged: nanoseconds on the receiver's clock. Must be 0 to 2^62.
}

struct Ballot {
  round @0 :UInt32;     # 0 belongs to the oldest voter of the base view, once, and skips phase 1.
  proposer @1 :UInt32;  # Member number.
}

struct Prepare {
  # Phase 1a, proposer → voters of `base`.

  base @0 :Ids.ViewName;   # The view whose successor is to be decided. Closed for good when a successor is installed.
  ballot @1 :Ballot;
}

struct Promise {
  # Phase 1b, voter → proposer: nothing below `ballot` will be accepted here any more.

  base @0 :Ids.ViewName;
  ballot @1 :Ballot;
  accepted @2 :Vote;       # The vote of the highest ballot that this voter cast. Null: none.
}

struct Vote {
  ballot @0 :Ballot;
  change @1 :Views.ViewChange;
}

struct Propose {
  # Phase 2a, proposer → voters of `base`.

  base @0 :Ids.ViewName;
  ballot @1 :Ballot;
  change @2 :Views.ViewChange;
}

struct Accepted {
  # Phase 2b, voter → proposer.

  base @0 :Ids.ViewName;
  ballot @1 :Ballot;
}

struct Outbid {
  # Voter → proposer: a higher ballot has been promised.

  base @0 :Ids.ViewName;
  promised @1 :Ballot;
}

struct Decided {
  # Whoever knows → all members: the successor of `base` is decided, for ever.

  base @0 :Ids.ViewName;
  change @1 :Views.ViewChange;
}

struct JoinRequest {
  # Joiner → member. Repeated until a view lets the joiner in or it is refused.

  who @0 :Views.Member;         # Must have number 0: the view that lets it in gives it one.
  settings @1 :Views.Settings;  # The joiner's own: definitions and limits must equal the cluster's.
  asOf @2 :UInt64;              # Number of the newest view that the joiner had seen when it first asked: it was no member before.
}

struct JoinRefused {
  # Member → joiner. The joiner gives up.

  why @0 :Text;        # What differs and what to do, for people.
  startAnew @1 :Bool;  # Another incarnation of this process is welcome: this one was a member, or may have been.
}

struct Wishes {
  # Member → member that will propose. A wish that no longer fits the current view is void; who still means it asks again.

  view @0 :Ids.ViewName;  # The sender's.
  list @1 :List(Wish);
}

struct Wish {
  union {
    caughtUp :group {         # Primary: `learner` acknowledges every write since before this; it may enter the in-sync set.
      row @0 :Ids.RowId;
      config @1 :UInt64;      # Of the row, as the primary knows it: another one voids the wish.
      learner @2 :UInt32;
    }
    handedOver :group {       # Primary: it has paused, nothing is pending; `successor` may become primary.
      row @3 :Ids.RowId;
      config @4 :UInt64;
      successor @5 :UInt32;
    }
    activated :group {        # Primary: all seals of this epoch are in; `unsealed` may be emptied.
      row @6 :Ids.RowId;
      epoch @7 :UInt64;
    }
    leave @8 :UInt32;         # This member wants to hand over and go.
    createMap @9 :Text;       # Name. Must have 1 to 255 bytes. A map of this name exists afterwards.
    destroyMap @10 :UInt32;   # Map id. Its entries are gone afterwards.
    resetLost @11 :Void;      # Operator: all lost rows go on empty.
    damaged :group {          # Primary: it doubts the copy of `holder`, its own included; it must leave the in-sync set, and be made anew.
      row @12 :Ids.RowId;
      config @13 :UInt64;
      holder @14 :UInt32;
    }
    formed :group {           # Primary of a row that is forming: it has taken the entries over.
      row @15 :Ids.RowId;
      epoch @16 :UInt64;
    }
    setCounts @17 :Views.CountsChange;  # Other backup counts for this map.
    outgrown :group {         # Who is named primary: it can't lead before an epoch behind `epoch`, which is sealed for a primary of no view that is left.
      row @18 :Ids.RowId;
      config @19 :UInt64;
      epoch @20 :UInt64;
      hasCopy @21 :Bool;      # False: that seal ended its copy.
    }
  }
}
