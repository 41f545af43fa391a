@0xbf90548878f380cc;
# The view: the numbered, agreed state of the cluster, and the change from one view to the next. Part of the membership conversation
# (who decides it) and of the client conversation (who routes by it).

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("troupe::schema");

using Ids = import "ids.capnp";

struct Member {
  number @0 :UInt32;         # Place in the order of joining, 1 for the founder. For the life of the cluster. 0 in a join request only.
  id @1 :Ids.Uuid;           # Incarnation: fresh at each start of the process. Must not be nil.
  address @2 :Ids.Address;
  host @3 :Text;             # Name of the machine, of any form: copies avoid sharing one.
  zone @4 :Text;             # Likewise of the zone. Empty: unknown.
  kind @5 :MemberKind;
  leaving @6 :Bool;          # Hands its rows over, then goes. Never taken back.
}

enum MemberKind {
  data @0;     # Holds copies and votes.
  lite @1;     # Holds nothing and does not vote.
  witness @2;  # Votes and holds nothing.
}

struct Row {
  # Who holds one partition of one group. Members by number; each list must be strictly ascending. No member is in two of inSync,
  # learners and asyncBackups.

  epoch @0 :UInt64;                  # Goes up when the primary changes.
  config @1 :UInt64;                 # Goes up with any change of this row.
  primary @2 :UInt32;                # Must be in inSync when the row is served or forming, and 0 when it is lost or unborn.
  successor @3 :UInt32;              # In inSync: the primary shall hand over to it. 0: stay.
  status @4 :RowStatus;
  inSync @5 :List(UInt32);           # The primary and the backups that each write awaits.
  learners @6 :List(UInt32);         # Catching up to become backups.
  asyncBackups @7 :List(UInt32);     # Fed after the commit, not awaited.
  unsealed @8 :List(UInt32);         # Former primaries since the last completed activation: to be sealed before the next one completes.
  emptySince @9 :UInt64;             # An epoch: whatever a copy holds from earlier ones is void. 0: nothing is.
}

enum RowStatus {
  served @0;
  lost @1;     # No copy in sync was left. Until an operator resets it.
  unborn @2;   # Of a group that a map moves into: nobody holds it yet.
  forming @3;  # Likewise, and its holders take the map's entries over. Nobody is served.
}

struct RowTable {
  # All rows of one group.

  backups @0 :UInt8;       # With which it began: see RowId.
  asyncBackups @1 :UInt8;
  rows @2 :List(Row);      # By partition. Must be as many as the cluster's partition count.
  group @3 :UInt16;
  changed @4 :Counts;      # What it was changed to since. Null: it is as it began.
}

struct Counts {
  # Of backups. Must be at most 6 together.

  backups @0 :UInt8;
  asyncBackups @1 :UInt8;
}

struct Group {
  # Names a group of rows: see RowId.

  backups @0 :UInt8;
  asyncBackups @1 :UInt8;
  group @2 :UInt16;
}

struct CountsChange {
  # Other backup counts for a map.

  map @0 :UInt32;
  to @1 :Counts;  # Must not be null.
}

struct MapInfo {
  id @0 :UInt32;              # 1 and up; never given twice in the life of a cluster.
  backups @1 :UInt8;
  asyncBackups @2 :UInt8;
  readBackupData @3 :Bool;    # A member that holds a copy may serve an embedded get from it.
  name @4 :Text;              # Must have 1 to 255 bytes.
  ttl @5 :UInt64;             # Milliseconds an entry lives if its writer says nothing. 0: without limit. At most 2^62, here and below.
  maxIdle @6 :UInt64;         # Milliseconds it lives after it was last asked for. Likewise.
  evicts @7 :EvictionPolicy;
  measure @8 :SizeMeasure;    # Of `size`, and of no consequence where nothing is evicted.
  size @9 :UInt64;            # What the map is kept to. 1 to 2^48 where entries are evicted.
  group @10 :UInt16;          # Of its rows: see RowId.
  movesFrom @11 :Group;       # Rows of its group that are unborn or forming take their entries from there. Null: there are none.
  entryStatistics @12 :Bool;  # Its rows know since when each entry is there, and how often it was asked for.
}

enum EvictionPolicy {
  # Which entries make room for others.

  none @0;
  lru @1;     # Those that nobody has asked for the longest, about.
  lfu @2;     # Those that are asked for least often, about.
  random @3;
}

enum SizeMeasure {
  entriesPerNode @0;
  entriesPerPartition @1;
  bytesPerNode @2;     # What all copies on a member take.
}

struct Settings {
  # What all members agree on. The founder's configuration defines it; for the life of the cluster.

  partitionCount @0 :UInt32;     # Must be 1 to 100,000.
  splitBrain @1 :QuorumPolicy;
  definitions @2 :List(MapDefinition);
  keyBytesMax @3 :UInt32;        # Bytes.
  valueBytesMax @4 :UInt32;      # Bytes.
  frameBytesMax @5 :UInt32;      # Bytes of a frame's payload, after the handshake.
  mapsMax @6 :UInt32;            # Maps that exist at one time.

  # Durations in nanoseconds. Each must be 0 to one year.
  heartbeat @7 :Int64;           # Between two heartbeats to a peer.
  lease @8 :Int64;               # How long an acknowledged heartbeat lets its sender serve.
  suspectAfter @9 :Int64;        # Silence after which a peer is suspected.
  bootstrapWait @10 :Int64;      # How long the first seed looks for a cluster before it founds one.
  leaveDeadline @11 :Int64;      # A leaving member goes by then, whatever is left on it.

  durabilities @12 :List(DurabilityRules);  # Where not the default. Must be strictly ascending by (backups, asyncBackups).
  reads @13 :ReadMode;
}

struct DurabilityRules {
  # What the rows of one durability do when copies are gone.

  backups @0 :UInt8;
  asyncBackups @1 :UInt8;
  onLoss @2 :LossPolicy;
  minInSync @3 :UInt8;           # With fewer copies in sync nothing is written. Must be 1 to backups + 1.
}

enum LossPolicy {
  hold @0;        # Operations fail until an operator resets the row.
  bestEffort @1;  # The most advanced other copy takes over.
  empty @2;       # The row goes on empty.
}

enum ReadMode {
  # What lets a primary answer a read.

  lease @0;    # Its member's lease.
  confirm @1;  # The word of all in-sync replicas that they still follow it.
}

enum QuorumPolicy {
  majority @0;
  strict @1;
  availability @2;
}

struct MapDefinition {
  # Applies to every map whose name matches.

  pattern @0 :Text;           # A name, a pattern with one `*`, or `default`.
  backups @1 :UInt8;
  asyncBackups @2 :UInt8;
  readBackupData @3 :Bool;
  ttl @4 :UInt64;             # As in MapInfo, here and below.
  maxIdle @5 :UInt64;
  evicts @6 :EvictionPolicy;
  measure @7 :SizeMeasure;
  size @8 :UInt64;
  entryStatistics @9 :Bool;
}

struct View {
  cluster @0 :Ids.Uuid;          # Drawn by the founder. Must not be nil.
  name @1 :Ids.ViewName;         # Must have a number of at least 1.
  votersSince @2 :UInt64;        # The last view number whose voters differ from its predecessor's. Must not be above this view's.
  members @3 :List(Member);      # Must be strictly ascending by number, with distinct incarnations.
  nextMember @4 :UInt32;         # The number that the next joiner gets. Must be above all members'.
  maps @5 :List(MapInfo);        # Must be strictly ascending by id, with distinct names, each with a table of its group, and of what it moves from.
  nextMap @6 :UInt32;            # The id that the next map gets. Must be above all maps'.
  tables @7 :List(RowTable);     # Must be strictly ascending by (backups, asyncBackups, group). Rows name members of this view only.
  settings @8 :Settings;
  departed @9 :List(Departure);  # The latest departures, at most 256. Must be ascending by view, none after this one or of its members.
  departedSince @10 :UInt64;     # All departures after this view are in that list. Must not be above this view's number.
  lone @11 :List(LoneDecision);  # The latest, at most 16. Must be strictly ascending by the number of `after`, all below this view's.
  nextGroup @12 :UInt16 = 1;     # The number that the next group gets which is not 0. Must be above all tables'.
}

struct LoneDecision {
  # One voter decided the successor of a view outside of any quorum. The others may have gone on, too: then there are two branches.

  after @0 :Ids.ViewName;   # The view that both have.
  survivor @1 :UInt32;      # Member number of who decided. Must not be 0, nor `without`.
  without @2 :UInt32;       # Member number of the other one of exactly two voters; of a forced view, of the oldest that it removed. Must not be 0.
  forced @3 :Bool;          # By an operator (force-view): this branch goes on when it meets the other.
}

struct Departure {
  # A member that is no more. No incarnation comes back.

  id @0 :Ids.Uuid;
  without @1 :UInt64;  # Number of the first view that lacks it.
  where @2 :Ids.Address;  # Of a member that was removed: it may not know yet. Null: it left.
}

struct RowUpdate {
  id @0 :Ids.RowId;
  now @1 :Row;  # Replaces the row, or is its first state where there was none.
}

struct ViewChange {
  # What leads from a view to its successor. Means something together with the name of the view that it follows.

  joins @0 :List(Member);          # Must be ascending by number without holes.
  removals @1 :List(UInt32);       # Member numbers.
  leaving @2 :List(UInt32);        # Members that begin to leave.
  rows @3 :List(RowUpdate);
  mapsCreated @4 :List(MapInfo);   # Must be ascending by id without holes.
  mapsDestroyed @5 :List(UInt32);  # Map ids.
  forced @6 :Bool;                 # Decided by an operator (force-view), outside of any quorum.
  alone @7 :UInt32;                # Member number of who decided without a quorum: one of exactly two voters, or forced. 0: a quorum did.
  counts @8 :CountsChange;         # Null: no map's backup counts change.
}
