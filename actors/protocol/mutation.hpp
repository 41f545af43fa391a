/// \file
/// Places where the simulator can plant a bug.
///
/// `if (must_wait && !TROUPE_MUTATED(no_removal_wait))`: in the library that members link this is the constant false, and nothing is left of
/// it. The simulator compiles the core once more, for itself, with TROUPE_MUTANTS naming a header that says which bug is planted in a run.
#pragma once

#ifdef TROUPE_MUTANTS
#include TROUPE_MUTANTS
#else
#define TROUPE_MUTATED(name) false
#endif
