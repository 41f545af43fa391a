#include <catch2/catch.hpp>

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include <troupe/messages/types/blob.hpp>
#include <troupe/messages/types/ids.hpp>
#include <troupe/messages/types/member_set.hpp>
#include <troupe/messages/types/view.hpp>

using namespace troupe;

namespace {

uuid counting_uuid() {
  uuid u;
  for (std::size_t i = 0; i < u.bytes.size(); ++i) u.bytes[i] = static_cast<std::uint8_t>(i * 0x11);
  return u;
}

std::vector<member_no> list_of(const member_set& set) { return {set.begin(), set.end()}; }

}  // namespace

SCENARIO("a uuid goes to text and back") {
  GIVEN("a uuid of known bytes") {
    const auto u = counting_uuid();
    THEN("its text has the usual groups in lower case") { CHECK(to_string(u) == "00112233-4455-6677-8899-aabbccddeeff"); }
    THEN("its text gives it back, in either case") {
      CHECK(parse_uuid(to_string(u)) == u);
      CHECK(parse_uuid("00112233-4455-6677-8899-AABBCCDDEEFF") == u);
    }
  }
  GIVEN("texts that are none") {
    const auto text =
        GENERATE(as<std::string>{}, "", "00112233", "00112233-4455-6677-8899-aabbccddeef", "00112233-4455-6677-8899-aabbccddeeff0",
                 "00112233-4455-6677-8899-aabbccddeefg", "0011223304455-6677-8899-aabbccddeeff", "00112233-4455-6677-8899a-abbccddeeff",
                 "{0112233-4455-6677-8899-aabbccddeef}", "00112233-4455-6677-8899-aabbccddee-f");
    THEN("they give nothing") {
      INFO(text);
      CHECK_FALSE(parse_uuid(text).has_value());
    }
  }
  THEN("only the one of zeros is nil") {
    CHECK(uuid{}.is_nil());
    CHECK_FALSE(counting_uuid().is_nil());
  }
}

SCENARIO("names have the form that people know") {
  CHECK(to_string(address{"10.0.0.1", 5701}) == "10.0.0.1:5701");
  CHECK(to_string(address{"::1", 5701}) == "[::1]:5701");
  CHECK(to_string(durability{2, 1}) == "2+1");
  CHECK(to_string(row_id{{1, 0}, partition_id{17}}) == "1+0/17");
}

SCENARIO("a durability has at most 6 backups in all") {
  CHECK(durability{6, 0}.is_valid());
  CHECK(durability{3, 3}.is_valid());
  CHECK(durability{0, 0}.is_valid());
  CHECK_FALSE(durability{6, 1}.is_valid());
  CHECK_FALSE(durability{255, 255}.is_valid());
}

SCENARIO("a value carries its key") {
  GIVEN("a value with a key") {
    const auto value = blob::keyed("value", "key");
    THEN("it is the value alone to whoever asks for its bytes") {
      CHECK(value == blob{"value"});
      CHECK(value.size() == 5);
      CHECK(value.key() == "key");
    }
    THEN("it is shared with who wants it with that key, and copied for others") {
      CHECK(value.with_key("key").view().data() == value.view().data());
      const auto other = value.with_key("another key");
      CHECK(other == value);
      CHECK(other.key() == "another key");
      CHECK(blob{"value"}.with_key("key").key() == "key");
    }
    THEN("its bytes begin where they can be read in place, however long it is") {
      for (std::size_t n = 0; n < 20; ++n) {
        const std::string text(n, 'v'), key(20 - n, 'k');
        const auto some = blob::keyed(text, key);
        CHECK(some.view() == text);
        CHECK(some.key() == key);
        CHECK(reinterpret_cast<std::uintptr_t>(some.view().data()) % 8 == 0);
        CHECK(reinterpret_cast<std::uintptr_t>(blob{key}.view().data()) % 8 == 0);
      }
    }
  }
  GIVEN("an empty value, or an empty key") {
    THEN("it has a key all the same") {
      CHECK(blob::keyed({}, "key").empty());
      CHECK(blob::keyed({}, "key") == blob{});
      CHECK(blob::keyed({}, "key").key() == "key");
      CHECK(blob::keyed("value", {}).has_key());
      CHECK(blob::keyed({}, {}).has_key());
      CHECK_FALSE(blob{"value"}.has_key());
      CHECK_FALSE(blob{}.has_key());
    }
  }
  GIVEN("a key that is large beside its value") {
    const std::string large(300, 'x');
    THEN("who keeps the value can do so without it") {
      CHECK_FALSE(without_large_key(blob::keyed("value", large)).has_key());
      CHECK(without_large_key(blob::keyed("value", large)) == blob{"value"});
      CHECK(without_large_key(blob::keyed(large, large)).has_key());
      CHECK(without_large_key(blob::keyed("value", "key")).has_key());
      CHECK(without_large_key(blob{"value"}) == blob{"value"});
    }
  }
}

SCENARIO("a blob shares its bytes") {
  GIVEN("a blob and a copy of it") {
    const std::string bytes("a\0b", 3);
    blob original{bytes};
    blob copy = original;
    THEN("both show the same memory, which holds what went in") {
      CHECK(copy.view() == bytes);
      CHECK(copy.view().data() == original.view().data());
    }
    WHEN("the original goes away") {
      original = blob{};
      THEN("the copy still holds its bytes") { CHECK(copy.view() == bytes); }
    }
    WHEN("it is moved from") {
      const blob taken = std::move(original);
      THEN("what is left is empty") {
        CHECK(taken == copy);
        CHECK(original.empty());  // NOLINT(bugprone-use-after-move): that it is empty is promised.
      }
    }
    WHEN("it is assigned to itself") {
      const auto& same = original;
      original = same;
      THEN("nothing changes") { CHECK(original.view() == bytes); }
    }
  }
  GIVEN("blobs of different bytes") {
    THEN("they compare like their bytes, unsigned, the shorter first") {
      CHECK(blob{"a"} < blob{"b"});
      CHECK(blob{"a"} < blob{"aa"});
      CHECK(blob{"\x7f"} < blob{"\x80"});
      CHECK(blob{} < blob{"a"});
      CHECK(blob{} == blob{""});
      CHECK(blob{"same"} == blob{"same"});
    }
  }
  GIVEN("a blob that threads share") {
    const blob shared{std::string(100, 'x')};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&shared] {
        for (int i = 0; i < 10'000; ++i) [[maybe_unused]] auto mine = shared;
      });
    for (auto& t : threads) t.join();
    THEN("it survives them") { CHECK(shared.view() == std::string(100, 'x')); }
  }
}

SCENARIO("a member set is ordered and holds nobody twice") {
  member_set set{member_no{5}, member_no{2}, member_no{9}, member_no{2}};
  THEN("it is in order") { CHECK(list_of(set) == std::vector{member_no{2}, member_no{5}, member_no{9}}); }
  THEN("it knows who is in it") {
    CHECK(set.contains(member_no{5}));
    CHECK_FALSE(set.contains(member_no{4}));
  }
  THEN("inserting and erasing say whether they changed it") {
    CHECK_FALSE(set.insert(member_no{9}));
    CHECK(set.insert(member_no{1}));
    CHECK(set.erase(member_no{5}));
    CHECK_FALSE(set.erase(member_no{5}));
    CHECK(list_of(set) == std::vector{member_no{1}, member_no{2}, member_no{9}});
  }
  THEN("the order of insertion does not matter to equality") {
    CHECK(set == member_set{member_no{9}, member_no{5}, member_no{2}});
    CHECK_FALSE(set == member_set{member_no{9}, member_no{5}});
  }
  THEN("members can be taken out by what they are") {
    set.erase_if([](member_no m) { return m > member_no{4}; });
    CHECK(list_of(set) == std::vector{member_no{2}});
  }
}

SCENARIO("a view finds its parts") {
  GIVEN("a view of two members, one durability, one map") {
    view v;
    v.members = {{member_no{1}, {}, {}, {}, {}, {}, {}}, {member_no{4}, incarnation{counting_uuid()}, {}, {}, {}, {}, {}}};
    v.tables = {{{1, 0}, std::vector<row>(3)}};
    v.maps = {{map_id{7}, "orders", {1, 0}, false}};
    THEN("members by number and incarnation") {
      CHECK(v.find(member_no{4}) == &v.members[1]);
      CHECK(v.find(incarnation{counting_uuid()}) == &v.members[1]);
      CHECK(v.find(member_no{2}) == nullptr);
      CHECK(v.find(member_no{5}) == nullptr);
      CHECK_FALSE(v.has(nobody));
    }
    THEN("rows by durability and partition, within the table only") {
      CHECK(v.find(row_id{{1, 0}, partition_id{2}}) == &v.tables[0].rows[2]);
      CHECK(v.find(row_id{{1, 0}, partition_id{3}}) == nullptr);
      CHECK(v.find(row_id{{1, 1}, partition_id{0}}) == nullptr);
    }
    THEN("maps by name and id") {
      CHECK(v.find_map("orders") == &v.maps[0]);
      CHECK(v.find(map_id{7}) == &v.maps[0]);
      CHECK(v.find_map("order") == nullptr);
      CHECK(v.find(map_id{}) == nullptr);
    }
  }
}
