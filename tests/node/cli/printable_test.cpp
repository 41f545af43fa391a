#include <catch2/catch.hpp>

#include <troupe/node/cli/printable.hpp>

using namespace troupe::cli;

SCENARIO("text that a terminal can show stays as it is") {
  CHECK(printable("Zürich 東京 🎭") == "Zürich 東京 🎭");
  CHECK(printable("").empty());
}

SCENARIO("what could confuse a terminal is made visible") {
  CHECK(printable("a\x1b[31mb") == "a\\x1b[31mb");
  CHECK(printable("a\r\nb\tc") == "a\\x0d\\x0ab\\x09c");
  CHECK(printable(std::string("a\0b", 3)) == "a\\x00b");
  CHECK(printable("a\xff") == "a\\xff");
  CHECK(printable("\xc3") == "\\xc3");
  CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");           // Overlong.
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // A surrogate.
  CHECK(printable("\xc2\x9b") == "\\xc2\\x9b");           // A control character of two bytes.
  CHECK(printable("\xe2\x80\xae") == "\\xe2\\x80\\xae");  // Turns the direction of what follows.
}

SCENARIO("long text is cut to columns, never within a character") {
  CHECK(printable("abcdef", 6) == "abcdef");
  CHECK(printable("abcdefg", 6) == "abcde…");
  CHECK(printable("東京都市", 5) == "東京…");
  CHECK(printable("ab\x1b\x1b", 6) == "ab…");
}

SCENARIO("columns are those of a terminal") {
  CHECK(columns_of("Zürich") == 6);
  CHECK(columns_of("東京") == 4);
  CHECK(columns_of("e\xcc\x81") == 1);  // An accent of its own.
  CHECK(columns_of("") == 0);
}

SCENARIO("UTF-8 is told from other bytes") {
  CHECK(is_utf8("Zürich"));
  CHECK_FALSE(is_utf8("Z\xfcrich"));
}

SCENARIO("amounts of memory are readable") {
  CHECK(in_bytes(0) == "0 B");
  CHECK(in_bytes(1023) == "1023 B");
  CHECK(in_bytes(1024) == "1.0 KiB");
  CHECK(in_bytes(1536) == "1.5 KiB");
  CHECK(in_bytes(1024 * 1024 - 1) == "1.0 MiB");
  CHECK(in_bytes(35ull << 20) == "35.0 MiB");
  CHECK(in_bytes(~0ull) == "16.0 EiB");
}

SCENARIO("one is not many") {
  CHECK(counted(1, "entry", "entries") == "1 entry");
  CHECK(counted(0, "entry", "entries") == "0 entries");
}
