@0x9039fe7da5cce936;
# The client conversation: operations on one row each and their replies, the view for routing, administration.
#
# Spoken by clients on connections of role `client`, both ways on one connection, and by the routers of members among each other on
# connections of role `memberData`, each direction on its own. A request number correlates an answer with what it answers, within one
# asker; it means nothing after the answer.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("troupe::schema");

using Views = import "view.capnp";

struct Client {
  union {
    operations @0 :List(Operation);         # Client or router → primary: all that waits for this member at one moment.
    replies @1 :List(Reply);                # Primary → client or router, in any order.
    followView @2 :Void;                    # Client → member: send your view now and whenever it changes, while this connection lasts.
    viewUpdate @3 :Views.View;              # Member → client. Null: the member has none (yet).
    command @4 :Command;
    commandResult @5 :CommandResult;
  }
}

struct Operation {
  # One operation on one row. Answered by exactly one reply while the connection lasts. What many reads have no use for stands behind a pointer.

  request @0 :UInt64;
  routedBy @1 :UInt64;      # Number of the view that the sender routed by: a replica that lags waits for it.
  partition @2 :UInt32;     # The row: see RowId.
  backups @3 :UInt8;
  asyncBackups @4 :UInt8;
  group @12 :UInt16;
  kind @5 :OperationKind;
  map @6 :UInt32;           # Map id.
  key @7 :Data;             # Of a scan: the page starts after this key. Of a listen `byKey`: the key.
  value @8 :Data;           # To store. Execute, listen: the function's argument.
  union {                   # By the kind, and refused where it is another's.
    reading @9 :Void;       # Get, contains, count, isLocked.
    writing @10 :Writing;   # KeepLocks, too.
    paging @11 :Paging;     # Scan, listen.
  }
}

struct Writing {
  # What a write says besides. Of keepLocks only the client counts; its `write` is 1.

  clientHigh @0 :UInt64;    # Whose session this is. Of no consequence where `write` is 0.
  clientLow @1 :UInt64;
  write @2 :UInt64;         # The client's number for this write to this row, in all attempts the same. 0: of no session.
  openFrom @3 :UInt64;      # The client has done with all its writes to this row below this number.
  since @4 :UInt64;         # A position that the client knew committed before it first sent this write.
  askedBefore @5 :Bool;     # What became of an earlier attempt is not known.
  copiesMin @6 :UInt8;      # Ok if at least so many members hold it, the primary included. 0: as the row's rules say.
  expected @7 :Data;        # To compare with. Of an unlock: the number of the write that took the hold, 8 bytes, the highest first.
  life @8 :LifetimeChoice;  # Of what is written; of a lock: the time to live is its lease. Null: as the map has it, and no owner.
  processor @9 :Data;       # Execute: its name, 1 to 255 bytes.
  waitMs @10 :UInt32;       # For so many milliseconds it may wait for the lock of its key.
}

struct Paging {
  # What page a scan or a listen asks for.

  since @0 :UInt64;         # Listen: the position behind the last page.
  epoch @1 :UInt64;         # Listen: of the record at `since`. 0: there was none.
  pageBytes @2 :UInt32;     # About how many bytes of keys and values it may hold; at least one entry or event.
  fromStart @3 :Bool;       # Scan: ignore `key`. Listen: begin at what has committed when this arrives; ignore `since`.
  keysOnly @4 :Bool;        # Without values.
  byKey @5 :Bool;           # Listen: to events of `key`, and of the whole map, only.
  oldValues @6 :Bool;       # Listen: the events have the values that were there before.
  predicate @7 :Data;       # Listen: its name, 1 to 255 bytes; or empty.
}

struct LifetimeChoice {
  # What a writer says about the lifetime of its entry, in milliseconds. 0: without limit. At most 2^62. And on behalf of whom it writes.

  hasTtl @0 :Bool;      # False: as the map has it.
  hasMaxIdle @1 :Bool;
  ttl @2 :UInt64;       # Since the write.
  maxIdle @3 :UInt64;   # Since the entry was last asked for.
  owner @4 :UInt32;     # Of locks: a number of the client's. 0: nobody.
}

enum OperationKind {
  get @0;
  contains @1;
  put @2;             # The old value comes back.
  set @3;             # Nothing comes back.
  putIfAbsent @4;
  replace @5;
  replaceIfEqual @6;
  remove @7;          # The old value comes back.
  removeIfEqual @8;
  erase @9;           # Nothing comes back.
  count @10;          # Entries of the map in this row.
  clear @11;          # All entries of the map in this row.
  scan @12;           # A page of entries, ordered by the bytes of their keys.
  setTtl @13;         # The entry, if it is there, lives on for so long.
  execute @14;        # The primary runs a registered function on the entry, or on there being none.
  executeIfPresent @15;
  listen @16;         # What happened to entries of the map in this row. Answered when there is something, or after some seconds.
  lock @17;           # The key's lock, to the owner. Answered when it has it, or may wait no longer.
  unlock @18;         # One hold of the owner's away.
  forceUnlock @19;    # The key's lock away, whoever holds it.
  withdrawLock @20;   # Of the same write as a lock: its hold away, or never taken.
  isLocked @21;
  keepLocks @22;      # The client lives. How many locks of the map it holds in this row.
  getEntryView @23;   # The value, and what is known of the entry beside it.
}

struct Reply {
  request @0 :UInt64;       # Of the operation.
  outcome @1 :Outcome;
  why @2 :Failure;          # `none` when the outcome is `ok`.
  found @3 :Bool;           # A value was there, or the comparison held, or the lock was granted, or held.
  more @4 :Bool;            # Scan: there are entries after this page.
  copies @5 :UInt8;         # Of a write: members that have it, the primary included.
  number @6 :UInt64;        # Count, clear: entries. Unlock: holds that are left. KeepLocks: locks.
  epoch @7 :UInt64;         # Of a write: its record. 0: nothing was written. With notApplied: the record that says so, for all attempts.
  seq @8 :UInt64;           # Of a write: its position.
  committed @9 :UInt64;     # From a primary: its row has committed up to here.
  value @10 :Data;          # The value asked for, or the old one; when found. Of execute: what the processor returned. Of a lock that was taken
                            # again: its fence, epoch and seq, 8 bytes each, the highest first; else epoch and seq of this reply are the fence.
  union {
    plain @11 :Void;
    page @12 :List(MapEntry);    # Scan: strictly ascending by the bytes of the keys.
    events @13 :List(RowEvent);  # Listen: ascending by position. `epoch` and `seq` are then where the next listen goes on.
    detail @14 :Data;            # For people: more about `why`. A text of at most 512 bytes.
    facts @15 :EntryFacts;       # Of a getEntryView that found the entry.
    heldBy @16 :List(UInt32);    # Of a write: which members have it, ascending, at most 8; `copies` says how many there are.
  }
}

struct EntryFacts {
  # What is known of an entry beside its value. Spans are in milliseconds, at most 2^62.

  version @0 :UInt64;       # Position of the record that wrote it.
  bytes @1 :UInt64;         # About what it takes in each copy.
  ttl @2 :UInt64;           # 0: without limit.
  maxIdle @3 :UInt64;       # Likewise.
  endsIn @4 :UInt64;        # If nobody asks for it before. Of no consequence where there is neither limit.
  counted @5 :Bool;         # Its map keeps statistics for each entry. If not, what follows is 0.
  sinceCreated @6 :UInt64;
  sinceWritten @7 :UInt64;
  sinceAsked @8 :UInt64;    # Of no consequence where there were no hits.
  hits @9 :UInt64;          # Operations on the key that found the entry, as far as the primary has seen them.
}

struct RowEvent {
  # What happened at one position of a row's log, as far as it was asked for.

  kind @0 :RowEventKind;
  why @1 :GapReason;        # Of a gap.
  beforeUnknown @2 :Bool;   # The primary's copy does not know what was there: no old value, and `updated` may mean `added`.
  at @3 :UInt64;            # Position. Of a gap: the last one that is missing.
  number @4 :UInt64;        # Cleared: entries that were there. Of a gap: all behind this position is missing.
  key @5 :Data;             # Of a single entry.
  value @6 :Data;           # Added, updated.
  oldValue @7 :Data;        # Updated, removed, expired, evicted.
}

enum RowEventKind {
  added @0;
  updated @1;
  removed @2;
  expired @3;
  evicted @4;
  cleared @5;
  gap @6;      # Positions that nobody can tell of any more.
}

enum GapReason {
  none @0;
  tooLate @1;         # The log no longer reaches back so far.
  historyLost @2;     # The row lost data, and has another history now.
  anotherCluster @3;  # Found by the listening side: does not travel.
}

enum Outcome {
  ok @0;             # Done; on every in-sync replica when it wrote.
  notApplied @1;     # Definitely not done.
  indeterminate @2;  # It may or may not have been done, or still be done.
  retry @3;          # Definitely not done here; ask again by a newer view.
}

enum Failure {
  none @0;
  notPrimary @1;
  partitionLost @2;
  unknownMap @3;
  keyTooLarge @4;
  valueTooLarge @5;
  tooManyMaps @6;
  badName @7;
  overloaded @8;
  deadline @9;
  connectionLost @10;
  noCluster @11;
  closed @12;
  badCursor @13;  # Found by the asking side: does not travel.
  wrongPartition @14;
  underReplicated @15; # Fewer copies are in sync than the durability's minimum.
  sessionUnknown @16;  # The row has forgotten too much to know whether this write was done before.
  badLifetime @17;     # By a processor, or found by the asking side.
  unknownProcessor @18; # The primary's member has registered none of this name, nor a predicate.
  processorFailed @19;  # It threw.
  resultTooLarge @20;   # What it returned is larger than values may be.
  outOfMemory @21;      # A member with a copy has passed its memory limit; what does not grow goes on.
  locked @22;           # Somebody else held the key's lock for as long as the operation could wait.
  notOwner @23;         # An unlock by somebody who does not hold the lock.
  cancelled @24;        # By whoever asked: does not travel.
}

struct MapEntry {
  key @0 :Data;
  value @1 :Data;
}

struct Command {
  # Client → member. Answered by exactly one result while the connection lasts.

  request @0 :UInt64;
  union {
    createMap @1 :Text;        # Name. Done when a view has the map.
    destroyMap @2 :Text;       # Name. Done when no view will have it.
    stats @3 :Void;            # Of the member asked.
    resetLost @4 :Void;        # All lost rows go on empty.
    forceView @5 :Void;        # Decide a view without a quorum. Loses what only the missing members hold.
    shutdown :group {          # The member asked ends.
      withoutMoving @6 :Bool;  # Without handing its rows over first.
    }
    setCounts :group {         # Other backup counts for a map. Done when all its rows have as many copies.
      map @7 :Text;            # Name.
      backups @8 :UInt8;       # Must be at most 6, together with asyncBackups.
      asyncBackups @9 :UInt8;
    }
  }
}

struct CommandResult {
  request @0 :UInt64;      # Of the command.
  error @1 :Text;          # For people. Empty: done.
  stats @2 :MemberStats;   # Of `stats`; else all 0.
}

struct MemberStats {
  # One member's share, counted at the time of the answer.

  who @0 :UInt32;                 # Member number.
  maps @1 :List(MapStats);
  rowsPrimary @2 :UInt64;         # Rows by role of the member.
  rowsBackup @3 :UInt64;
  rowsAsyncBackup @4 :UInt64;
  rowsLearning @5 :UInt64;
  rowsNotServing @6 :UInt64;      # Primary here, but not (yet) active.
  uncommittedRecords @7 :UInt64;  # Written here, not yet held by all of the in-sync set.
  asyncLagRecords @8 :UInt64;     # Committed here, not yet acknowledged by async backups.
  asyncBehind @9 :UInt64;         # Async copies that lack something that is committed.
  upkeep @10 :UpkeepStats;        # Null: all are 0.
  memoryUsed @11 :UInt64;         # Bytes that all copies here take: entries, logs, sessions.
  memoryLimit @12 :UInt64;        # Bytes beyond which nothing is written that grows. 0: no limit.
}

struct UpkeepStats {
  # What a member did to restore copies, and to prove that they are equal, since it has had their rows.

  deltas @0 :UInt64;              # As primary: copies elsewhere that were continued from the log.
  deltaRecords @1 :UInt64;        # What they lacked.
  deltaBytes @2 :UInt64;
  snapshots @3 :UInt64;           # As primary: copies elsewhere that were made anew.
  snapshotEntries @4 :UInt64;     # What was sent for that.
  snapshotBytes @5 :UInt64;
  differences @6 :UInt64;         # As primary: copies elsewhere that were found to differ.
  comparisons @7 :UInt64;         # Of copies here with their primaries'.
  damaged @8 :UInt64;             # Values here that were found not to be what was written.
}

struct Waits {
  total @0 :UInt64;    # Microseconds, here and below.
  longest @1 :UInt64;
}

struct MapStats {
  name @0 :Text;
  ownedEntries @1 :UInt64;
  ownedBytes @2 :UInt64;          # Bytes of keys and values, here and below.
  backupEntries @3 :UInt64;
  backupBytes @4 :UInt64;
  asyncBackupEntries @5 :UInt64;
  asyncBackupBytes @6 :UInt64;
  reads @7 :UInt64;               # Operations served as primary since the member started, here and below.
  writes @8 :UInt64;
  backupReads @9 :UInt64;         # Gets served by a local copy.
  expired @10 :UInt64;            # Entries whose life ended while this member was their primary.
  evicted @11 :UInt64;            # Entries that made room for others, likewise.
  hits @12 :UInt64;               # Of the reads, those of a key that found its entry.
  readWait @13 :Waits;            # Of the reads: from when each came to its partition, and had the lock of its key, until its answer left it. Null: none waited. Writes likewise.
  writeWait @14 :Waits;
  lockedEntries @15 :UInt64;      # Keys that somebody holds a lock of, where this member is their primary.
}
