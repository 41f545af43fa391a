#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

#include <troupe/actors/lease_cell.hpp>

using namespace troupe;

SCENARIO("a reader of the lease never sees parts of two leases") {
  GIVEN("a writer whose leases have number, digest and end alike") {
    lease_cell cell;
    std::atomic<bool> stop{false};
    std::thread writer{[&] {
      for (std::uint64_t n = 1; !stop; ++n) cell.publish({{view_number{n}, n}, instant{duration{static_cast<duration::rep>(n)}}});
    }};
    WHEN("it is read a hundred thousand times meanwhile") {
      std::size_t torn = 0;
      std::uint64_t last = 0;
      std::size_t went_back = 0;
      for (int i = 0; i < 100'000; ++i) {
        const auto l = cell.read();
        const auto n = l.view.number.value();
        torn += l.view.digest != n || l.until.time_since_epoch().count() != static_cast<duration::rep>(n) ? 1 : 0;
        went_back += n < last ? 1 : 0;
        last = n;
      }
      stop = true;
      writer.join();
      THEN("each was whole, and none older than the one before") {
        CHECK(torn == 0);
        CHECK(went_back == 0);
      }
    }
  }
}
