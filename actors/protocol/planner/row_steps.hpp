/// \file
/// The steps that a row can take from one view to the next. Each keeps the invariants of `row`; none counts config up, which is done once
/// for all steps of a view.
#pragma once

#include <troupe/actors/protocol/planner/placement.hpp>

namespace troupe::protocol {

/// Nobody holds the row, and nothing has been written to it since it was empty: there was no member to put it on.
[[nodiscard]] bool is_void(const row& r);

/// The primary of the row that has the entries begins to take them over, from the next epoch on.
void begin_forming(row& r, member_no primary);

/// Takes the members that left out of every role. The primary may be nobody afterwards.
void strip(row& r, const member_set& removed);

/// `next` leads from the next epoch on; the former primary, if it is still a member, has to be sealed.
void lead(row& r, member_no next);

/// Nobody holds the row in sync any more: it waits for an operator. Async backups are kept.
void lose(row& r);

/// From the next epoch on the row is empty, and held by those who are wanted; void when that is nobody.
void start_afresh(row& r, const wanted_row& wanted);

/// Brings the row nearer to what is wanted, except for new learners: those need a free transfer.
/// The in-sync set loses members only while it contains all wanted ones; the primary changes only by hand-over.
void approach(row& r, const wanted_row& wanted, const row& before);

/// Members that are wanted in sync and aren't on their way yet. Empty while a hand-over is under way: it is short.
[[nodiscard]] member_set wanted_learners(const row& r, const wanted_row& wanted);

}  // namespace troupe::protocol
