/// \file
/// The settings of a view in both directions. Internal to the codec: includes Cap'n Proto.
#pragma once

#include <schema/view.capnp.h>

#include <troupe/messages/codec/internal/reading.hpp>
#include <troupe/messages/types/settings.hpp>

namespace troupe::codec {

void write(schema::Settings::Builder, const cluster_settings&);
/// Refuses a partition count outside of 1 to 100,000, and durations below 0 or above a year (so that their sums stay far from overflow).
[[nodiscard]] cluster_settings read_settings(schema::Settings::Reader, allowance&);

}  // namespace troupe::codec
