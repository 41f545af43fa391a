/// Counts what a piece of code takes from the heap through `operator new`, in this executable.
#pragma once

#include <cstddef>

namespace troupe::test {

/// Bytes asked for on this thread since the meter was made, whether or not they have been given back.
class allocation_meter {
 public:
  allocation_meter();
  [[nodiscard]] std::size_t bytes() const;

 private:
  std::size_t before_;
};

}  // namespace troupe::test
