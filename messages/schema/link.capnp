@0xd64ab6a814e6024a;
# The link conversation: what the two ends of a connection say before anything else. Exactly one frame each way, of at most 4 KiB, within
# the receiver's deadline: hello from the side that dialled, welcome back. Then frames of the other conversations, as the role says.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("troupe::schema");

using Ids = import "ids.capnp";

struct Link {
  # Stable in every protocol version: this union, and `version` and the first text of its two members. So peers of different versions can
  # tell each other why they part.

  union {
    hello @0 :Hello;
    welcome @1 :Welcome;
  }
}

struct Hello {
  version @0 :UInt32;        # Protocol version of the sender. When it is not the receiver's, nothing but `cluster` is looked at.
  cluster @1 :Text;          # Name of the cluster that the sender means. Another one is refused before anything else is looked at.
  role @2 :Role;             # For the life of the connection.
  who @3 :Ids.Uuid;          # Incarnation of the dialling member, or id of the client. Must not be nil.
  address @4 :Ids.Address;   # Where the dialling member listens. Must be null from a client.
}

enum Role {
  memberControl @0;  # Carries the membership conversation, from the side that dialled only.
  memberData @1;     # Carries replication and client conversations, from the side that dialled only.
  client @2;         # Carries the client conversation, both ways.
}

struct Welcome {
  version @0 :UInt32;   # Protocol version of the sender. When it is not the receiver's, nothing but `refused` is looked at.
  refused @1 :Text;     # Why, for people; the sender closes the connection behind it. Empty: come in.
  who @2 :Ids.Uuid;     # Incarnation of the sender. Must not be nil, unless refused.
}
