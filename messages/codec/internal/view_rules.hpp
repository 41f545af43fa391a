/// \file
/// What views and their parts must satisfy beyond each field alone: the invariants in `messages/types/view.hpp`. The code that uses a
/// decoded view relies on them without looking. Internal to the codec: each check throws a rejection.
#pragma once

#include <string_view>

#include <troupe/messages/types/view.hpp>

namespace troupe::codec {

/// Epoch and config are at least 1; served: the primary is in sync; lost: there is none; a successor is in sync; nobody has two roles.
void check(const row&);
/// 1 to 255 bytes. Also where a name is only wished for: once decided, it would be in every view.
void check_map_name(std::string_view);
/// The id is at least 1, the name is one.
void check(const map_info&);
/// Members, maps and tables are in order and distinct, below the next number; tables are complete and name members of the view only;
/// every map has its table.
void check(const view&);
/// Those who join, and the maps created, are numbered without holes.
void check(const view_change&);

}  // namespace troupe::codec
