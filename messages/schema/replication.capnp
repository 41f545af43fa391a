@0xb32350bcef34c83a;
# The replication conversation, between the replicas of one row: live records and their acknowledgements, the seal that begins an epoch,
# the pull that rolls a log forward, snapshots for learners.
#
# Member to member, on a connection of its own (role `memberData`), dialled by the side that sends. A frame carries all that the sender
# has for the receiver at one moment, for any rows; order within a frame is order of sending, and per row no message overtakes another
# on one connection. Across connections messages may be lost: every message says enough to be judged alone.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("troupe::schema");

using Ids = import "ids.capnp";
using Operations = import "client.capnp";

struct Replication {
  from @0 :UInt32;                        # Sender's member number in `viewNumber`.
  viewNumber @1 :UInt64;                  # Installed at the sender when the frame left. The receiver pulls a view that it lacks.
  viewDigest @2 :UInt64;
  messages @3 :List(ReplicationMessage);
}

struct ReplicationMessage {
  partition @0 :UInt32;     # The row: see RowId.
  backups @1 :UInt8;
  asyncBackups @2 :UInt8;
  group @36 :UInt16;
  epoch @3 :UInt64;         # Whose reign the message belongs to. A receiver that sealed a higher one answers `sealedAbove`.

  union {
    records :group {        # Primary → backup, learner, async backup.
      first @4 :UInt64;     # Position of list[0]; of an empty list, the next position to come.
      commit @5 :UInt64;    # Committed up to this position, also before this message.
      list @6 :List(Record);  # Consecutive. Empty when only the commit mark moves.
      before @7 :UInt64;    # Epoch of the record at first - 1, 0 before all: whose log differs there refuses the list.
      time @27 :UInt64;     # Of the row, in milliseconds, as the message left. See Lifetime.
      sum @28 :UInt64;      # Checksum of the primary's committed state at `commit`: who has committed just that compares.
      summed @29 :Bool;     # False: there is no sum.
      confirm @34 :UInt64;  # The primary's newest question whether it is still followed. 0: there was none.
    }
    ack :group {            # Backup, learner, async backup → primary: cumulative.
      feed @8 :UInt32;      # Which of the primary's consecutive feeds of this replica the acknowledgement belongs to.
      held @9 :UInt64;      # Has every record up to this position.
      last @10 :UInt64;     # Epoch of the record at `held`, 0 for an empty log: equal (epoch, position) means equal logs up to there.
      commit @11 :UInt64;   # The commit mark that the replica knows.
      gap @12 :Bool;        # Something beyond `held` came: send again from there.
      withPrimary @30 :Agreement;  # How the copy compares with its primary's, as of the latest comparison.
      full @33 :Bool;       # The member has passed its memory limit: what grows shall not be written.
      confirmed @35 :UInt64;  # The newest `confirm` of this epoch that has come, 0 if none has.
    }
    seal :group {           # New primary → each in-sync or unsealed replica: refuse every smaller epoch from now on.
      config @13 :UInt64;   # Of the row, in the view that made this primary.
      inSync @14 :Bool;     # False: the receiver throws its copy away; it comes back as a learner.
      emptySince @15 :UInt64;  # An epoch: a copy whose last record is of a smaller one is thrown away, in sync or not.
    }
    sealed :group {         # The answer to `seal`. Holds for ever: a seal never goes back.
      inSync @16 :Bool;     # Echoed.
      length @17 :UInt64;   # Of the log, in records. 0 when the copy was thrown away.
      last @18 :UInt64;     # Epoch of the last record. 0: the log is empty.
    }
    sealedAbove @19 :Void;  # Any replica → a primary of the past: `epoch` has been sealed here.
    pull :group {           # Activating primary → the replica with the longest log: send the records (from, to].
      from @20 :UInt64;
      to @21 :UInt64;
      before @37 :UInt64;   # Epoch of the asker's record at `from`, 0 before all.
    }
    pulled :group {         # The answer to `pull`; may be a prefix of what was asked for. Empty: this log does not go on from there.
      first @22 :UInt64;    # Position of list[0]. 0 when the list is empty.
      list @23 :List(Record);  # Consecutive.
    }
    snapshotChunk @24 :SnapshotChunk;  # Primary → learner or async backup. Not null.
    snapshotAck :group {    # Learner or async backup → primary: cumulative.
      feed @25 :UInt32;
      nextIndex @26 :UInt32;  # Has all chunks before this one.
    }
    resume :group {         # Primary → learner that may hold a part of the row's history: go on from it, in this feed. Answered by `ack`.
      feed @31 :UInt32;
      config @32 :UInt64;   # Of the row, as the feed begins: a view with a later one and no role for the receiver ends the copy.
    }
  }
}

enum Agreement {
  unknown @0;    # Not compared since the copy was begun.
  equal @1;
  different @2;  # Or the copy has found damage in itself.
}

struct Record {
  # One entry of a row's log: a result, never a closure. Its position follows from its place in the list. Positions must stay below 2^64.

  epoch @0 :UInt64;  # Of the primary that wrote it.
  map @1 :UInt32;    # Map id.
  union {
    put :group {     # The key has this value.
      key @2 :Data;  # At most the cluster's key limit, as a value is at most the value limit; checked where they enter the cluster.
      value @3 :Data;
    }
    erase :group {   # This key is not there.
      key @4 :Data;
      why @19 :Removal;
    }
    clear @5 :Void;  # No key of the map is there, in this row.
    noChange @6 :Data;  # Nothing changes: a write to this key (null: a clear) had no effect, and its client may ask for it again.
    takeLock :group {   # The client of this write takes the key's lock, once more if it has it.
      key @18 :Data;
      owner @15 :UInt32;  # Of that client's; not 0.
    }
    freeLock :group {   # Ends a hold of the key's lock.
      key @20 :Data;
      hold @21 :UInt32;  # Counted from the oldest, which is 0. 2^32 - 1: nobody holds the lock any more.
    }
    clearBut @22 :List(Data);  # No key of the map is there, in this row, but these, which are locked.
  }
  clientHigh @7 :UInt64;  # Whose write this is: see Operation. Of no consequence where `write` is 0.
  clientLow @8 :UInt64;
  write @9 :UInt64;       # 0: of no session; then the fields below are 0 too.
  openFrom @10 :UInt64;
  told @11 :UInt64;       # Of a clear: entries that were there. Of an unlock: holds that are left. Else: bytes of the value that the client is told.
  kind @12 :Operations.OperationKind;
  found @13 :Bool;        # As in Reply.
  life @14 :Lifetime;     # Of a put. Null: the entry lives without limit, and its map keeps no statistics. Of a lock: its lease.
  result @16 :Data;       # Of a processor's run: what it returned, or what is told of its failure. Of a lock taken again: see Reply.value.
  why @17 :Operations.Failure;  # Of a processor or an unlock that failed: the write is over, without effect.
  endsMap @23 :Bool;      # Of a clear: the map was destroyed, and its locks go as well.
}

enum Removal {
  asked @0;    # By a client.
  expired @1;  # Its life was over.
  evicted @2;  # It made room for others.
}

struct Lifetime {
  # How long an entry lives, and since when it is there, in milliseconds of its row's time, which began with the row's first primary and goes on
  # with the present one. None is above 2^62.

  since @0 :UInt64;    # When it was written.
  ttl @1 :UInt64;      # It dies so long after that. 0: it does not.
  maxIdle @2 :UInt64;  # It dies when nobody has asked for it for so long. 0: it does not.
  created @3 :UInt64;  # Of maps with statistics for each entry: when the entry came. Else, and of locks, 0.
  written @4 :UInt64;  # Likewise: when it got its value. Not 0 where `created` is not.
}

struct SnapshotChunk {
  # A part of the committed state at position `at`. Live records follow from the next position on.

  feed @0 :UInt32;      # Chunk 0 of a feed starts it: the receiver throws its copy away first.
  index @1 :UInt32;     # 0, 1, …
  at @2 :UInt64;        # Position, the same in all chunks of a feed.
  atEpoch @3 :UInt64;   # Epoch of the record at `at`. 0: `at` is 0.
  config @4 :UInt64;    # Of the row, as the feed began: a view with a later one and no role for the receiver ends the copy.
  last @5 :Bool;        # The feed's snapshot ends with this chunk.
  entries @6 :List(SnapshotEntry);
  forgottenThrough @7 :UInt64;   # Chunk 0: of clients without a session here nothing behind this position was done.
  sessions @8 :List(Session);    # Chunk 0: as of `at`. Whose latest write is oldest comes first.
  time @9 :UInt64;               # Of the row, in milliseconds, as the chunk left.
  branches @10 :List(BranchPoint);  # Chunk 0: of the copy that the image is of. At most 16.
  locks @11 :List(Lock);            # Chunk 0: as of `at`. Strictly ascending by map and key.
}

struct Lock {
  # The lock of a key that somebody holds.

  map @0 :UInt32;          # Map id.
  owner @1 :UInt32;        # Of the client's; not 0.
  client @2 :Ids.Uuid;     # Must not be nil.
  key @3 :Data;
  holds @4 :List(UInt64);  # Numbers of the client's writes that took it, the oldest first; 1 to 255.
  fenceEpoch @5 :UInt64;   # Position of the record that took it while it was free.
  fenceSeq @6 :UInt64;
  lease @7 :Lifetime;      # Null: as long as its client is heard.
}

struct BranchPoint {
  # Where in a row's log a branch of its cluster begins, that one of two voters went on alone with.

  after @0 :UInt64;  # Number of the last view before the branch.
  held @1 :UInt64;   # A position: records behind it are of the branch alone.
}

struct Session {
  # What a row remembers of one client's writes.

  client @0 :Ids.Uuid;           # Must not be nil.
  openFrom @1 :UInt64;           # The client waits for nothing below this number.
  highest @2 :UInt64;            # Number of its writes so far.
  completeSince @3 :UInt64;      # A position: of its writes behind it, those from openFrom on are all in `results`.
  last @4 :UInt64;               # Position of its latest write.
  results @5 :List(WriteResult); # In order of position.
}

struct WriteResult {
  write @0 :UInt64;
  epoch @1 :UInt64;      # Of its record.
  seq @2 :UInt64;        # Its position.
  count @3 :UInt64;      # Of a clear: entries that were there.
  found @4 :Bool;        # As in Reply.
  incomplete @5 :Bool;   # The value is lost.
  value @6 :Data;        # The value that the client is told.
  bytes @7 :UInt64;      # That it counts against the bound of the row's sessions, the same at every replica.
  why @8 :Operations.Failure;  # Of a processor or an unlock that failed: then `value` is a text.
}

struct SnapshotEntry {
  map @0 :UInt32;       # Map id.
  version @1 :UInt64;   # Position of the record that wrote it.
  key @2 :Data;
  value @3 :Data;
  life @4 :Lifetime;    # Null: it lives without limit, and its map keeps no statistics.
}
