/// \file
/// The digest of a view: a 64-bit hash of its structure, chained on its predecessor's. It tells branches apart; it is no defence
/// against forgery.
#pragma once

#include <cstdint>

#include <troupe/messages/types/view.hpp>

namespace troupe::protocol {

/// The digest of the view that `change` makes of one with the digest `base`.
[[nodiscard]] std::uint64_t digest_after(std::uint64_t base, const view_change& change);
/// The digest of a cluster's first view.
[[nodiscard]] std::uint64_t founding_digest(const cluster_id&, const member& founder, const cluster_settings&);

}  // namespace troupe::protocol
