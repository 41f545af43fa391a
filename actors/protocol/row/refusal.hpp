/// \file
/// The answer of a replica that does not do what it was asked for.
#pragma once

#include <troupe/messages/types/operation.hpp>

namespace troupe::protocol {

[[nodiscard]] inline reply refusal(request_number request, outcome result, failure why) {
  reply r;
  r.request = request;
  r.result = result;
  r.why = why;
  return r;
}

/// Instead of an answer for which the lease is over: what was read may be old, and what was written may be in a history that others have given up.
[[nodiscard]] inline reply unvouched(const reply& answer) {
  const bool is_of_write = answer.seq != seq_number{};
  return refusal(answer.request, is_of_write ? outcome::indeterminate : outcome::retry, failure::not_primary);
}

}  // namespace troupe::protocol
