/// \file
/// Whether an address that somebody wrote down is the one at which this process listens.
#pragma once

#include <troupe/messages/types/ids.hpp>

namespace troupe {

/// `localhost:5701` is 127.0.0.1:5701, whatever the text. A name that also stands for other machines is not this one's: each of them would
/// take itself for the one that is meant. Resolves names, which may block.
[[nodiscard]] bool is_own_address(const address& written, const address& listens_at);

}  // namespace troupe
