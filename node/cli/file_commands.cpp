// load and verify: a file against a map, many entries at a time.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>

#include <troupe/node/cli/command.hpp>
#include <troupe/node/cli/in_flight.hpp>
#include <troupe/node/cli/json_text.hpp>
#include <troupe/node/cli/printable.hpp>
#include <troupe/node/cli/progress.hpp>
#include <troupe/node/config/command_line.hpp>

namespace troupe::cli {

namespace {

/// Words about single lines, of which there may be thousands: the first few in full, the others counted.
class complaints {
 public:
  complaints(const context& c, progress_bar& bar) : c_(c), bar_(bar) {}

  void add(const std::string& text) {
    if (++number_ > shown_max) return;
    bar_.clear();
    say(c_, text);
  }
  void finish() const {
    if (number_ > shown_max) say(c_, "and " + counted(number_ - shown_max, "more", "more") + " of that kind");
  }

 private:
  static constexpr std::uint64_t shown_max = 10;
  const context& c_;
  progress_bar& bar_;
  std::uint64_t number_ = 0;
};

/// The stream that a file name stands for, and how many bytes to expect.
struct source {
  std::ifstream file;
  std::istream* stream = nullptr;
  std::string name;
  std::optional<std::uint64_t> bytes;
};

bool open(const std::string& name, const context& c, source& into) {
  into.name = name == "-" ? "standard input" : name;
  if (name == "-") {
    into.stream = &c.io.in;
    return true;
  }
  std::error_code failed;
  if (std::filesystem::is_directory(name, failed)) {
    say(c, printable(name) + ": cannot be read: it is a directory");
    return false;
  }
  errno = 0;
  into.file.open(name, std::ios::binary);
  if (!into.file) {
    say(c, printable(name) + ": cannot be read: " + std::strerror(errno));
    return false;
  }
  into.stream = &into.file;
  if (const auto size = std::filesystem::file_size(name, failed); !failed) into.bytes = size;
  return true;
}

/// Sends one operation for each line of a file, and shows how far it is. What becomes of each is the business of `finished`.
class file_run {
 public:
  file_run(const context& c, source& from)
      : c_(c),
        from_(from),
        reader_(*from.stream),
        start_(c.client.now()),
        bar_(c.io.err, c.io.err_is_terminal, c.io.columns, start_, from.bytes),
        wrong_lines_(c, bar_) {}

  void run(operation_kind kind, const std::string& map, std::optional<double> rate, const lifetime_choice& life, in_flight::done finished) {
    c_.io.interrupt.attend();
    in_flight_limits limits;
    limits.per_second = rate;
    in_flight operations{c_.client, c_.io.interrupt, map, c_.timeout, limits, [&](const text_entry& e, const protocol::map_result& r) {
                           ++ended_;
                           hopeless_ = hopeless_ || is_hopeless(r);
                           finished(e, r);
                         }};
    operations.give(life);
    const auto show = [this] { bar_.update(ended_, reader_.bytes_read(), c_.client.now()); };
    whole_ = feed(operations, kind, show);
    operations.finish(show);
    bar_.clear();
    wrong_lines_.finish();
  }

  /// The exit status, with a word about an interruption.
  int end(bool all_well) {
    if (c_.io.interrupt.came()) {
      say(c_, "interrupted: " + unsent());
      return exit_interrupted;
    }
    if (hopeless_ || !whole_) return exit_usage;
    return all_well ? exit_done : exit_no;
  }

  [[nodiscard]] std::uint64_t wrong_lines() const { return wrong_; }
  [[nodiscard]] std::string place(std::uint64_t line) const { return printable(from_.name) + ':' + std::to_string(line); }
  [[nodiscard]] progress_bar& bar() { return bar_; }

 private:
  /// True when the file was read to its end.
  bool feed(in_flight& operations, operation_kind kind, const std::function<void()>& show) {
    while (true) {
      auto next = reader_.next();
      if (const auto* end = std::get_if<end_of_text>(&next)) {
        if (end->failed) wrong_lines_.add(printable(from_.name) + ": cannot be read to its end");
        return !end->failed;
      }
      if (c_.io.interrupt.came()) return leave_out_one();
      if (const auto* wrong = std::get_if<line_error>(&next)) {
        ++wrong_;
        wrong_lines_.add(place(wrong->line) + ": " + wrong->text);
        continue;
      }
      if (!operations.start(kind, std::move(std::get<text_entry>(next)), show)) return leave_out_one();
      if (hopeless_) return false;
    }
  }

  bool leave_out_one() {
    ++left_out_;
    return false;
  }

  /// A pipe is not read on: its writer may never end.
  std::string unsent() {
    const auto name = printable(from_.name);
    if (!from_.bytes) return "the rest of " + name + " was not sent";
    return counted(left_out_ + reader_.count_rest(), "line", "lines") + " of " + name + " not sent";
  }

  const context& c_;
  source& from_;
  tab_separated_reader reader_;
  instant start_;
  progress_bar bar_;
  complaints wrong_lines_;
  std::uint64_t wrong_ = 0;
  std::uint64_t ended_ = 0;
  std::uint64_t left_out_ = 0;  // Read, and not sent.
  bool whole_ = false;
  bool hopeless_ = false;
};

/// Why operations failed, with how many did.
class reasons {
 public:
  void add(std::string text) { ++by_text_[std::move(text)]; }
  void say_all(const context& c) const {
    for (const auto& [text, number] : by_text_) say(c, counted(number, "entry", "entries") + " " + text);
  }

 private:
  std::map<std::string, std::uint64_t> by_text_;
};

}  // namespace

int run(const load_request& r, const context& c) {
  source from;
  if (!open(r.file, c, from)) return exit_usage;
  file_run work{c, from};
  std::uint64_t acknowledged = 0;
  std::uint64_t failed = 0;
  reasons why;
  work.run(operation_kind::set, r.map, r.rate, r.life, [&](const text_entry&, const protocol::map_result& result) {
    if (result.result == outcome::ok) {
      ++acknowledged;
    } else {
      ++failed;
      why.add(reason_of(result));
    }
  });
  failed += work.wrong_lines();
  why.say_all(c);
  if (c.json) {
    print_json(c, {{"acknowledged", acknowledged}, {"failed", failed}});
  } else {
    c.io.out << acknowledged << " acknowledged, " << failed << " failed\n";
  }
  return work.end(failed == 0);
}

int run(const verify_request& r, const context& c) {
  source from;
  if (!open(r.file, c, from)) return exit_usage;
  file_run work{c, from};
  complaints mismatches{c, work.bar()};
  std::uint64_t verified = 0;
  std::uint64_t missing = 0;
  std::uint64_t different = 0;
  std::uint64_t unread = 0;
  reasons why;
  work.run(operation_kind::get, r.map, std::nullopt, {}, [&](const text_entry& e, const protocol::map_result& result) {
    if (result.result != outcome::ok) {
      ++unread;
      why.add("could not be read: " + std::string{to_string(result.why)});
    } else if (!result.found) {
      ++missing;
      mismatches.add(work.place(e.line) + ": key '" + printable(e.key, 60) + "' is missing");
    } else if (result.value.view() != e.value) {
      ++different;
      mismatches.add(work.place(e.line) + ": the value of key '" + printable(e.key, 60) + "' is different");
    } else {
      ++verified;
    }
  });
  mismatches.finish();
  why.say_all(c);
  const auto unverified = unread + work.wrong_lines();
  if (unverified > 0) say(c, counted(unverified, "line", "lines") + " could not be verified");
  if (c.json) {
    print_json(c, {{"verified", verified}, {"missing", missing}, {"different", different}, {"unverified", unverified}});
  } else {
    c.io.out << verified << " verified, " << missing << " missing, " << different << " different\n";
  }
  return work.end(missing + different + unverified == 0);
}

}  // namespace troupe::cli
