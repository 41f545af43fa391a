// Seeds that found something, each with what it was. A seed depends on how the simulator draws: when that changes it only becomes one more
// random run, which is why what it found is also a scenario of the core's own tests.
#include <catch2/catch.hpp>

#include "tests/sim/run_apart.hpp"
#include "tests/sim/summary.hpp"

namespace troupe::sim {
namespace {

struct named_seed {
  std::uint64_t seed;
  const char* found;
};

const named_seed found_something[] = {
    {72, "more had died than lived: the smallest removal was that of the living"},
    {264, "a member was left behind: it never got the newest view, and nobody looked for it"},
    {425, "a view that took rows' last copies away was followed by another in the same step"},
    {476, "a leaver among two voters took a pause for a crash, and ended the cluster alone"},
    {706, "a process let in and removed without knowing it was let in again, by members that had come later"},
    {1194, "a member that had dropped its copy was sealed by an older view, and claimed an empty copy in sync"},
    {2254, "an async backup that lost its role and got it back was followed with half of a snapshot from before"},
    {1112, "a member that was removed without learning it, and all who knew it are gone: those who came later look for it"},
    {5651, "a forced view gave up to a late word of a dead member of the branch that it was forced past"},
    {6437, "learners never caught up with a row that was written without a pause"},
    {31621, "the checker took a run before the loss of its row for one that never was"},
    {2849, "the same of a single run, which was asked for again after the loss"},
    {2030, "a listener that found no room to wait stayed where it was"},
    {2744, "the same, with clocks that changed their rate"},
    {1140, "the checker of listeners took what a full member had trimmed for nothing, in a row of its own"},
    {3000, "the same, when frames were lost"},
    {1203, "the checker of listeners took what a full member had trimmed for nothing"},
    {433, "the checker wanted a listener that was too late for a log to know that its row had lost data as well"},
    {34, "a read that was sent again left a record, as a write does"},
    {18, "a waiting attempt of a lock was granted as a lease ended before the next attempt, which was granted as well"},
    {157, "an unlock ended the hold of a request that was being withdrawn, and left its own"},
    {72, "the checker of locks did not know an unlock that a router went on with as another write"},
    {5017, "a primary without sync backups slept between commit and answer, and told of a write after others had declared the row lost"},
    {8189, "a member that was let go while it was cut off never heard of it: nobody looked for it"},
    {253, "a reader forgot a late answer to an earlier attempt, and its copy answered as of before that"},
    {762, "the simulator let rows forget sessions in a run in which nothing may fail"},
    {3664, "the checker of memory took what a step that was held up had done for what came after"},
    {4903, "the simulator left a client with addresses of hosts on which nobody lived any more"},
    {2660, "a primary of a forced view had sealed a later epoch for one that only the dead knew, and nobody served the row"},
    {1033, "a member never got the newest view, after pauses and a leave of one of two"},
};

TEST_CASE("seeds that once failed pass") {
  for (const auto& [seed, found] : found_something) {
    run_apart({seed, 1}, run_options{}, 1, [&, why = found](const run_result& r) {
      INFO(why << '\n' << failure_text(r));
      CHECK(r.passed);
    });
  }
}

TEST_CASE("where the last member of a cluster leaves, those who came too late for it belong to a new one") {
  run_options o;
  o.length = seconds{30};
  o.faults = std::get<fault_set>(parse_faults("leave,rolling_restart,isolate,long_pause,cut"));
  run_apart({1565, 1}, o, 1, [&](const run_result& r) {
    INFO("who sought the cluster told others who sought it that there is one, long after it had gone\n" << failure_text(r));
    CHECK(r.passed);
  });
}

}  // namespace
}  // namespace troupe::sim
