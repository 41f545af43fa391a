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

}  // namespace troupe::protocol
