// The runner, which adds to a failed check what the members of that moment have logged.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

#include <iostream>

#include "tests/cluster/running_member.hpp"

namespace {

class log_printer final : public Catch::TestEventListenerBase {
 public:
  using TestEventListenerBase::TestEventListenerBase;

  bool assertionEnded(const Catch::AssertionStats& what) override {
    if (!what.assertionResult.isOk()) std::cerr << troupe::cluster::logs_of_running_members();
    return false;
  }
};

CATCH_REGISTER_LISTENER(log_printer)

}  // namespace
