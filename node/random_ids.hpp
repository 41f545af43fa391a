/// \file
/// The one place where identities come from: 128 random bits each (RFC 4122, version 4).
#pragma once

#include <algorithm>

#include <boost/uuid/random_generator.hpp>

#include <troupe/messages/types/ids.hpp>

namespace troupe {

template <class Id>
[[nodiscard]] Id fresh_id() {
  static thread_local boost::uuids::random_generator generate;
  const auto drawn = generate();
  Id id;
  std::copy(drawn.begin(), drawn.end(), id.bytes.begin());
  return id;
}

}  // namespace troupe
