// The store: one block of memory for each entry, which it shares with whoever has its value.
#include <catch2/catch.hpp>

#include <string>

#include <troupe/actors/protocol/row/store.hpp>

#include "scene.hpp"

using namespace troupe;
using namespace troupe::protocol;
using namespace troupe::protocol::scene;

namespace {

const std::string long_text(1000, 'x');

record putting(std::uint64_t n, const blob& key, const blob& value, const lifetime& life = {}) {
  return {epoch(1), seq(n), put_entry{the_map, key, value, life}};
}

const char* place_of(const blob& value) { return value.view().data(); }

}  // namespace

SCENARIO("a value is shared by the store, the record that brought it, and whoever is told it") {
  GIVEN("an entry whose value came with its key") {
    row_store store;
    const blob key{"k"}, value = blob::keyed("value", "k");
    store.apply(putting(1, key, value));
    REQUIRE(store.find(the_map, "k") != nullptr);
    THEN("it is the record's, and in the image") {
      CHECK(place_of(store.find(the_map, "k")->value()) == place_of(value));
      CHECK(place_of(store.image()[0].value) == place_of(value));
      CHECK(store.image()[0].key == key);
    }
    WHEN("another value takes its place") {
      const auto before = store.apply(putting(2, key, blob::keyed("another", "k")));
      THEN("the first one is handed over as it is") {
        REQUIRE(before);
        CHECK(place_of(before->value) == place_of(value));
      }
    }
    WHEN("it is put again, as by a new lifetime") {
      store.apply(putting(2, key, store.find(the_map, "k")->value(), {row_time{5}, seconds{1}, {}}));
      THEN("it stays where it is") {
        CHECK(place_of(store.find(the_map, "k")->value()) == place_of(value));
        CHECK(store.find(the_map, "k")->version() == seq(2));
        CHECK(store.find(the_map, "k")->life().ttl == seconds{1});
      }
    }
  }
  GIVEN("an entry whose value came without its key, or with another one") {
    row_store store;
    store.apply(putting(1, blob{"k"}, blob{"value"}));
    store.apply(putting(2, blob{"l"}, store.find(the_map, "k")->value()));
    THEN("it is found by its own") {
      CHECK(store.find(the_map, "k")->value().view() == "value");
      CHECK(store.find(the_map, "l")->value().view() == "value");
      CHECK(store.find(the_map, "l")->key() == "l");
      CHECK(store.count(the_map) == 2);
    }
  }
}

SCENARIO("a primary copies no value that is there") {
  auto s = primary_of(row_in(epoch(1)).led_by(1));
  s.operate(put("k", long_text));
  const auto place = place_of(s.core().committed_entries()[0].value);
  auto renewed = ask(operation_kind::set_ttl);
  renewed.life = {seconds{1}, std::nullopt};
  s.operate(renewed);
  CHECK(s.core().committed_entries()[0].life.is_limited());
  CHECK(place_of(s.core().committed_entries()[0].value) == place);
  CHECK(place_of(s.operate(get("k")).answer_to(s.last_request()).what.value) == place);
}

SCENARIO("who keeps a value that was displaced keeps no large key") {
  row_store store;
  const auto displaced_from = [&](std::string_view key, std::string_view value) {
    store.apply(putting(1, blob{key}, blob::keyed(value, key)));
    return store.apply(putting(2, blob{key}, blob::keyed("another", key)))->value;
  };
  CHECK(displaced_from("k", "value").has_key());
  CHECK(displaced_from(long_text, long_text).has_key());
  const auto small = displaced_from(long_text, "value");
  CHECK_FALSE(small.has_key());
  CHECK(small.view() == "value");
}

SCENARIO("notes of an entry come and go, and leave the rest as it is") {
  row_store plain, noted;
  const blob key{"k"}, value = blob::keyed("value", "k");
  const lifetime life{row_time{5}, seconds{1}, {}};
  plain.apply(putting(1, key, value));
  noted.apply(putting(1, key, value, life));
  REQUIRE(noted.find(the_map, "k")->notes() != nullptr);
  CHECK(noted.find(the_map, "k")->version() == seq(1));
  CHECK(noted.find(the_map, "k")->value_digest() == plain.find(the_map, "k")->value_digest());
  CHECK(noted.checksum() != plain.checksum());
  CHECK(noted.checksum() == noted.recomputed_checksum());
  noted.note_access(the_map, "k", row_time{7}, row_time{1}, true);
  plain.apply(putting(2, key, blob::keyed("another", "k")));
  noted.apply(putting(2, key, blob::keyed("another", "k"), life));
  CHECK(noted.find(the_map, "k")->notes()->hits == 1);
  noted.apply(putting(2, key, blob::keyed("another", "k")));
  CHECK(noted.find(the_map, "k")->notes() == nullptr);
  CHECK(noted.checksum() == plain.checksum());
  CHECK(noted.memory_bytes() == plain.memory_bytes());
}
