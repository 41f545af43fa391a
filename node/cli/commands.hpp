/// \file
/// The commands of `troupe`, run against a client. Each returns the exit status of the process.
#pragma once

#include <troupe/node/cli/console.hpp>
#include <troupe/node/cli/map_client.hpp>
#include <troupe/node/cli/request.hpp>

namespace troupe::cli {

/// Runs what `what` asks for: 0 done, 1 the answer is no or some operation failed, 2 no member could be reached or a file could not be
/// read.
[[nodiscard]] int run(const request& what, map_client& client, const console& io);

}  // namespace troupe::cli
