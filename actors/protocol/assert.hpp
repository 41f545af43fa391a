/// \file
/// Assertions of the protocol core. They stay on in release: a replica that broke an invariant must not go on.
///
/// For bugs only. What a peer or a caller can cause is a value or an event, never an assertion.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace troupe::protocol {

/// Ends the process with the number of the broken invariant (ARCHITECTURE.md lists them), the condition and its place.
[[noreturn]] inline void invariant_broken(int number, const char* condition, const char* file, int line) {
  std::fprintf(stderr, "invariant_broken number=%d condition=\"%s\" at=%s:%d\n", number, condition, file, line);
  std::abort();
}

}  // namespace troupe::protocol

/// `number` as in ARCHITECTURE.md; 0 for what is merely a contract between two classes.
#define TROUPE_INVARIANT(number, condition) \
  ((condition) ? static_cast<void>(0) : ::troupe::protocol::invariant_broken((number), #condition, __FILE__, __LINE__))
