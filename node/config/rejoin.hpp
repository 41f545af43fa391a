/// \file
/// The configuration of a member that takes the place of one which the others removed.
#pragma once

#include <troupe/messages/types/view.hpp>
#include <troupe/node/config/member_config.hpp>

namespace troupe {

/// What `configured` says, except that the new member listens where the old one did (`listened_at`), and looks for the cluster first among
/// the other members of the `last` view that the old one knew, then where it was told to: those of the view may all be gone by now. It does
/// not found a cluster, unless there is nobody to look for.
[[nodiscard]] member_config rejoin_config(const member_config& configured, const view& last, const address& listened_at);

}  // namespace troupe
