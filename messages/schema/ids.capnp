@0xecb3126dade6b044;
# The names of things, shared by all conversations.
#
# Reading rules that hold for every schema here:
#
# - A comment on a field says who sends it to whom (where the message around it doesn't already), its unit, and how long it means
#   anything.
# - Fields are never renumbered or reused; a new field means, when absent, what was meant before it existed. A receiver refuses unknown
#   enumerants and unknown members of a union: it would have to guess. So those come with a new protocol version.
# - Decoders check every "must". A frame that breaks one ends the connection.
# - Where a position in a log, an epoch or a count has type UInt64, it starts at 1 and 0 means "none".
# - A number that is counted up (views, epochs, configs, positions, ballots' rounds, the next member and map) must be in the lower half of
#   its range: nobody lives to see the upper one, and no successor or sum overflows.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("troupe::schema");

struct Uuid {
  # 128 bits. The text form (8-4-4-4-12) shows `high` first, most significant digit first.

  high @0 :UInt64;
  low @1 :UInt64;
}

struct Address {
  # Where a member accepts connections. Means something as long as that member lives.

  host @0 :Text;  # IP address or name, without brackets. Must not be empty.
  port @1 :UInt16;
}

struct ViewName {
  # Which view the sender speaks of. Two branches of views may share a number, never a name.

  number @0 :UInt64;  # 0: no view yet.
  digest @1 :UInt64;  # Hash of this view and all its predecessors.
}

struct RowId {
  # One row of the partition table. Where rows are named a million times a second, the same four fields stand in the struct itself.

  partition @0 :UInt32;    # 0-based, below the cluster's partition count.
  backups @1 :UInt8;       # With which its group began: copies that each write awaits. Must be at most 6, together with asyncBackups.
  asyncBackups @2 :UInt8;  # Likewise: copies that are fed after the commit.
  group @3 :UInt16;        # Tells groups apart that began alike.
}
