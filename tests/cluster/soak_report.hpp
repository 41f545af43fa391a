/// \file
/// What a soak run did and found, for people to read.
#pragma once

#include <cstdio>
#include <map>
#include <string>

#include "tests/cluster/patience.hpp"
#include "tests/cluster/recorded_client.hpp"

namespace troupe::cluster {

/// Of one kind of fault.
struct fault_tally {
  int fired = 0;
  int removed = 0;                 ///< members that others removed because of it, and that came back by themselves
  clock::duration longest_heal{};  ///< from the fault's end until all members and all copies were there again
};

struct soak_report {
  std::map<std::string, fault_tally> faults;    ///< of those that were to be injected, by name
  std::map<std::string, std::string> left_out;  ///< the others that were wished for, and why
  record_book::totals operations;
  record_book::judgement judgement;
  std::string failure;  ///< what ended the run early; empty: nothing
  std::string logs;     ///< of the members that ran at the end; only when something was wrong

  [[nodiscard]] bool is_good() const { return failure.empty() && judgement.violations.empty(); }
};

void print(const soak_report& report, std::FILE* to);

}  // namespace troupe::cluster
