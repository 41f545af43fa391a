# What an application might keep in a map.
@0xc4f2b0a9d3e81677;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("troupe::test::sample");

struct Order {
  item @0 :Text;
  count @1 :UInt32 = 1;
  prices @2 :List(Float64);
  parts @3 :List(Order);
  union {
    open @4 :Void;
    shipped @5 :Shipment;
    note @6 :Data;
  }
}

struct Shipment {
  carrier @0 :Text;
  day @1 :Int32;
}

# Order as it was before it had more than two fields.
struct OldOrder {
  item @0 :Text;
  count @1 :UInt32 = 1;
}
