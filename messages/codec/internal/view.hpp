/// \file
/// `view.capnp` in both directions. Internal to the codec: includes Cap'n Proto.
#pragma once

#include <schema/view.capnp.h>

#include <troupe/messages/codec/internal/reading.hpp>
#include <troupe/messages/types/view.hpp>

namespace troupe::codec {

void write(schema::Member::Builder, const member&);
[[nodiscard]] member read_member(schema::Member::Reader, allowance&);

void write(schema::View::Builder, const view&);
/// What it returns satisfies the invariants of a view.
[[nodiscard]] view_ptr read_view(schema::View::Reader, allowance&);

void write(schema::CountsChange::Builder, const counts_change&);
[[nodiscard]] counts_change read_counts_change(schema::CountsChange::Reader);

void write(schema::ViewChange::Builder, const view_change&);
/// What it returns satisfies the invariants of a change in itself; whether it fits its base is the protocol's business.
[[nodiscard]] view_change read_view_change(schema::ViewChange::Reader, allowance&);

}  // namespace troupe::codec
