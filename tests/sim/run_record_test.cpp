// Runs that are written down, read back, continued and compared.
#include <catch2/catch.hpp>

#include <unistd.h>

#include <fstream>
#include <sstream>

#include "tests/sim/batch.hpp"
#include "tests/sim/progress.hpp"
#include "tests/sim/run_record.hpp"
#include "tests/sim/summary.hpp"

namespace troupe::sim {
namespace {

/// A name for a file that is gone with the test.
class scratch_file {
 public:
  scratch_file() : path(std::filesystem::temp_directory_path() / ("troupe-sim-record-test-" + std::to_string(::getpid()))) {
    std::filesystem::remove(path);
  }
  scratch_file(const scratch_file&) = delete;
  scratch_file& operator=(const scratch_file&) = delete;
  ~scratch_file() { std::filesystem::remove(path); }

  [[nodiscard]] std::string text() const {
    std::ifstream in{path};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  void write(const std::string& text) const { std::ofstream{path} << text; }

  const std::filesystem::path path;
};

run_result some_run(std::uint64_t seed, bool passed = true) {
  run_result r;
  r.passed = passed;
  r.figures.seed = seed;
  r.figures.hash = 0xfedcba9876543210 + seed;
  r.figures.virtual_time = seconds{30};
  r.figures.healed_after = milliseconds{1500 * seed};
  std::uint64_t n = seed;
  for_each_count(r.figures, [&](std::string_view, std::uint64_t& count) { count = n++; });
  return r;
}

sim_command command_with(std::uint64_t count) {
  sim_command c;
  c.wanted.length = seconds{1};
  c.wanted.members = 2;
  c.wanted.backups = 1;
  c.seeds = {1, count};
  return c;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Why the record of these options is refused.
std::string refusal(const std::filesystem::path& file, const std::string& options) {
  try {
    (void)read_record(file, options);
  } catch (const record_error& e) {
    return e.what();
  }
  return {};
}

TEST_CASE("a line is the run that it was made of") {
  const auto run = some_run(5, false);
  const auto line = record_line(run);
  const auto read = parse_record_line(line);
  REQUIRE(read);
  CHECK(record_line(*read) == line);
  CHECK_FALSE(read->passed);
  CHECK(read->figures.hash == run.figures.hash);
  CHECK(read->figures.records_checked == run.figures.records_checked);
}

TEST_CASE("what is no line is not taken for one") {
  const auto line = record_line(some_run(5));
  CHECK_FALSE(parse_record_line(""));
  CHECK_FALSE(parse_record_line(line.substr(0, line.rfind(' '))));
  CHECK_FALSE(parse_record_line(line + " more=1"));
  CHECK_FALSE(parse_record_line("x" + line));
  CHECK_FALSE(parse_record_line(line + "x"));
}

TEST_CASE("sums of runs add everything up but what is a longest") {
  run_summary total;
  total.add(some_run(1));
  total.add(some_run(2, false));
  CHECK(total.passed == 1);
  CHECK(total.failed_seeds == std::vector<std::uint64_t>{2});
  CHECK(total.sum.step == 3);
  CHECK(total.sum.virtual_time == seconds{60});
  CHECK(total.sum.healed_after == seconds{3});
  run_summary other;
  other.add(some_run(2, false));
  other.add(some_run(1));
  CHECK(total.text(1, 1) == other.text(1, 1));
}

TEST_CASE("a record goes on where it stopped, also in the middle of a line") {
  const scratch_file file;
  const auto options = options_text(run_options{});
  { record_writer{file.path, options}.add(some_run(1)); }
  const auto whole = file.text();
  file.write(whole + record_line(some_run(2)).substr(0, 50));
  record_writer again{file.path, options};
  CHECK(again.before().size() == 1);
  again.add(some_run(2));
  again.add(some_run(2));
  CHECK(file.text() == whole + record_line(some_run(2)) + '\n' + record_line(some_run(2)) + '\n');
  CHECK(read_record(file.path, options).runs.size() == 2);
}

TEST_CASE("a record of other options, of another version, or of something else is refused") {
  const scratch_file file;
  run_options longer;
  longer.length = seconds{60};
  { const record_writer begun{file.path, options_text(run_options{})}; }
  const auto other = refusal(file.path, options_text(longer));
  CHECK(has(other, "other options: seconds=20 there, seconds=60 here"));
  auto text = file.text();
  text.replace(text.find("version=2"), 9, "version=0");
  file.write(text);
  CHECK(has(refusal(file.path, options_text(run_options{})), "another version"));
  file.write("something else\n");
  CHECK(has(refusal(file.path, options_text(run_options{})), "is no record"));
  CHECK(file.text() == "something else\n");
  CHECK(has(refusal(file.path.string() + ".none", options_text(run_options{})), "cannot be read"));
}

TEST_CASE("options that make other runs are other texts") {
  std::vector<run_options> all(8);
  all[1].length = seconds{21};
  all[2].members = 3;
  all[3].partitions = 3;
  all[4].backups = 1;
  all[5].faults = std::get<fault_set>(parse_faults("crash"));
  all[6].settings = cluster_settings{};
  all[7].settings = cluster_settings{};
  all[7].settings->times.lease = seconds{2};
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) CHECK(options_text(all[i]) != options_text(all[j]));
  }
}

TEST_CASE("a batch in two parts sums up to the batch in one, and is the same run again") {
  const scratch_file file;
  std::ostringstream whole, first, second, again;
  CHECK(run_batch(command_with(4), whole) == exit_done);
  auto recorded = command_with(2);
  recorded.record = file.path;
  CHECK(run_batch(recorded, first) == exit_done);
  recorded.seeds.count = 4;
  CHECK(run_batch(recorded, second) == exit_done);
  CHECK(has(second.str(), "has 2 seeds; 2 more to run"));
  const auto hash_line = [](const std::string& text) { return text.substr(text.find("hash of all runs")); };
  CHECK(hash_line(whole.str()) == hash_line(second.str()));
  auto replay = command_with(1);
  replay.replay = file.path;
  CHECK(replay_batch(replay, again) == exit_done);
  CHECK(has(again.str(), "4 as recorded, 0 not"));
}

TEST_CASE("a run that is not as recorded fails the replay") {
  const scratch_file file;
  auto c = command_with(1);
  auto run = run_seed(1, c.wanted);
  ++run.figures.hash;
  { record_writer{file.path, options_text(c.wanted)}.add(run); }
  c.replay = file.path;
  std::ostringstream out;
  CHECK(replay_batch(c, out) == exit_no);
  CHECK(has(out.str(), "ANOTHER RUN seed=1"));
}

TEST_CASE("progress says how far it is and how long the rest takes") {
  using std::chrono::seconds;
  CHECK(progress_text({0, 0, 10}, seconds{3}) == "[------------------------]  0 of 10 seeds  0 failed  0:03");
  CHECK(progress_text({5, 1, 10}, seconds{62}) == "[############------------]  5 of 10 seeds  1 failed  1:02, 1:02 left");
  CHECK(progress_text({10, 0, 10}, seconds{3723}) == "[########################]  10 of 10 seeds  0 failed  1:02:03");
}

}  // namespace
}  // namespace troupe::sim
