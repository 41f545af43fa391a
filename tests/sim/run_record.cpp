#include "tests/sim/run_record.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <iomanip>
#include <iterator>
#include <set>
#include <sstream>
#include <system_error>

#include "tests/sim/mutants/catalogue.hpp"

namespace troupe::sim {

namespace {

constexpr std::string_view title = "troupe-sim-record";

std::string first_line(const std::string& options) {
  return std::string{title} + " version=" + std::to_string(record_version) + ' ' + options;
}

template <class Value>
std::string drawn_or(const std::optional<Value>& v) {
  return v ? std::to_string(*v) : "drawn";
}

std::string times_text(const timing& t) {
  std::string text;
  for (const auto d : {t.heartbeat, t.lease, t.suspect_after, t.bootstrap_wait, t.leave_deadline}) {
    text += (text.empty() ? "" : ",") + std::to_string(d.count());
  }
  return text;
}

/// Whatever a run depends on of the settings of a cluster.
std::string settings_text(const cluster_settings& s) {
  std::string text = "times_ns:" + times_text(s.times) + ";limits:" + std::to_string(s.limits.key_bytes_max) + ',' +
                     std::to_string(s.limits.value_bytes_max) + ',' + std::to_string(s.limits.frame_bytes_max) + ',' +
                     std::to_string(s.limits.maps_max) + ";partitions:" + std::to_string(s.partition_count) + ";maps:";
  for (const auto& m : s.maps) text += m.pattern + '=' + to_string(m.kind) + ',';
  text += ";rules:";
  for (const auto& r : s.durabilities) {
    text += to_string(r.kind) + '=' + std::to_string(static_cast<unsigned>(r.on_loss)) + '/' + std::to_string(r.min_in_sync) + ',';
  }
  for (auto& c : text) {
    if (c == ' ' || c == '\n') c = '_';
  }
  return text;
}

std::string mutant_name(mutant which) {
  for (const auto& m : all_mutants()) {
    if (m.what == which) return std::string{m.name};
  }
  return "none";
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in{line};
  return {std::istream_iterator<std::string>{in}, {}};
}

/// Which options differ, for the message: `seconds=20 there, seconds=60 here`.
std::string differences(const std::string& there, const std::string& here) {
  const auto a = words_of(there), b = words_of(here);
  std::string text;
  for (std::size_t i = 1; i < std::max(a.size(), b.size()); ++i) {
    const auto x = i < a.size() ? a[i] : "nothing", y = i < b.size() ? b[i] : "nothing";
    if (x != y) text += (text.empty() ? "" : "; ") + x + " there, " + y + " here";
  }
  return text;
}

/// Reads `name=number` words, one after the other.
class number_reader {
 public:
  explicit number_reader(std::string_view line) : rest_(line) {}

  template <class Number>
  void take(std::string_view name, Number& into) {
    const auto end = std::min(rest_.find(' '), rest_.size());
    auto word = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    good_ = good_ && word.starts_with(name) && word.substr(name.size()).starts_with('=');
    if (!good_) return;
    word.remove_prefix(name.size() + 1);
    const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), into);
    good_ = error == std::errc{} && stop == word.data() + word.size();
  }
  [[nodiscard]] bool is_complete() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

record_error error_of(const std::filesystem::path& file, const std::string& why) { return record_error{file.string() + ": " + why}; }

std::string text_of(const std::filesystem::path& file) {
  errno = 0;
  std::ifstream in{file, std::ios::binary};
  if (!in) throw error_of(file, std::string{"cannot be read: "} + std::strerror(errno));
  if (std::filesystem::is_directory(file)) throw error_of(file, "cannot be read: it is a directory");
  return {std::istreambuf_iterator<char>{in}, {}};
}

void check_first_line(const std::filesystem::path& file, const std::string& found, const std::string& wanted) {
  if (found == wanted) return;
  const auto words = words_of(found);
  if (words.empty() || words.front() != title) throw error_of(file, "is no record of " + std::string{title.substr(0, 10)});
  if (words.size() < 2 || words[1] != words_of(wanted)[1]) {
    throw error_of(file, "was recorded by another version of the simulator, whose seeds are other runs (" + differences(found, wanted) + ')');
  }
  throw error_of(file, "was recorded with other options: " + differences(found, wanted));
}

}  // namespace

std::string options_text(const run_options& o) {
  std::ostringstream seconds;
  seconds << std::setprecision(12) << std::chrono::duration<double>(o.length).count();
  std::string text = "seconds=" + seconds.str();
  text += " members=" + drawn_or(o.members) + " partitions=" + drawn_or(o.partitions);
  text += " backups=" + drawn_or(o.backups) + " async-backups=" + drawn_or(o.async_backups);
  text += " faults=" + to_string(o.faults) + " mutant=" + mutant_name(o.planted_bug);
  text += " policy=" + (o.policy ? std::string{*o.policy == quorum_policy::strict ? "strict" : "majority"} : std::string{"drawn"});
  return text + " config=" + (o.settings ? settings_text(*o.settings) : "none");
}

std::string record_line(const run_result& r) {
  const auto& f = r.figures;
  std::string text = "seed=" + std::to_string(f.seed) + " hash=" + std::to_string(f.hash) + " passed=" + (r.passed ? '1' : '0') +
                     " virtual_ns=" + std::to_string(f.virtual_time.count()) + " healed_ns=" + std::to_string(f.healed_after.count());
  for_each_count(f, [&](std::string_view name, std::uint64_t n) { text += ' ' + std::string{name} + '=' + std::to_string(n); });
  return text;
}

std::optional<run_result> parse_record_line(std::string_view line) {
  run_result r;
  number_reader in{line};
  int passed = 0;
  duration::rep virtual_ns = 0, healed_ns = 0;
  in.take("seed", r.figures.seed);
  in.take("hash", r.figures.hash);
  in.take("passed", passed);
  in.take("virtual_ns", virtual_ns);
  in.take("healed_ns", healed_ns);
  for_each_count(r.figures, [&](std::string_view name, std::uint64_t& n) { in.take(name, n); });
  if (!in.is_complete()) return std::nullopt;
  r.passed = passed == 1;
  r.figures.virtual_time = duration{virtual_ns};
  r.figures.healed_after = duration{healed_ns};
  return r;
}

recorded_runs read_record(const std::filesystem::path& file, const std::string& options) {
  const auto text = text_of(file);
  recorded_runs result;
  std::set<std::uint64_t> seeds;  // Two programs may have appended the same one.
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size(); at = result.bytes_good) {
    const auto end = text.find('\n', at);
    if (end == std::string::npos) break;
    const auto line = text.substr(at, end - at);
    if (++number == 1) {
      check_first_line(file, line, first_line(options));
    } else {
      auto run = parse_record_line(line);
      if (!run) throw error_of(file, "line " + std::to_string(number) + " is no run");
      if (seeds.insert(run->figures.seed).second) result.runs.push_back(std::move(*run));
    }
    result.bytes_good = end + 1;
  }
  if (number == 0 && !text.empty()) check_first_line(file, text, first_line(options));
  return result;
}

record_writer::record_writer(const std::filesystem::path& file, const std::string& options) : path_(file) {
  std::error_code failed;
  const bool is_there = std::filesystem::exists(file, failed);
  if (is_there) {
    auto read = read_record(file, options);
    before_ = std::move(read.runs);
    std::filesystem::resize_file(file, read.bytes_good, failed);
    if (failed) throw error_of(file, "cannot be written: " + failed.message());
  }
  const bool is_empty = !is_there || std::filesystem::file_size(file, failed) == 0;
  errno = 0;
  out_.open(file, std::ios::binary | std::ios::app);
  if (is_empty) out_ << first_line(options) << '\n' << std::flush;
  if (!out_) throw error_of(file, std::string{"cannot be written: "} + std::strerror(errno));
}

void record_writer::add(const run_result& r) {
  out_ << record_line(r) + '\n' << std::flush;
  if (!out_) throw error_of(path_, "cannot be written to its end");
}

}  // namespace troupe::sim
