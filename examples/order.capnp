@0xe1b1d2f0a7c49d35;

struct Order {
  item @0 :Text;
  count @1 :UInt32;
  notes @2 :List(Text);
}
