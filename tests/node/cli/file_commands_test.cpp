#include <cstdio>
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include "tests/node/cli/fake_cluster.hpp"

using namespace troupe;
using namespace troupe::testing;

namespace {

/// `count` entries: k0 v0 to k<count-1>.
std::string entries(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "k" + std::to_string(i) + "\tv" + std::to_string(i) + "\n";
  return text;
}

/// A file that goes with the test.
class temporary_file {
 public:
  explicit temporary_file(const std::string& content) {
    name_ = (std::filesystem::temp_directory_path() / "troupe-cli-test-XXXXXX").string();
    const int fd = mkstemp(name_.data());
    REQUIRE(fd >= 0);
    close(fd);
    std::ofstream{name_, std::ios::binary} << content;
  }
  ~temporary_file() { std::remove(name_.c_str()); }
  [[nodiscard]] const char* name() const { return name_.c_str(); }

 private:
  std::string name_;
};

}  // namespace

SCENARIO("load stores the entries of a file") {
  fake_cluster cluster;
  const temporary_file file{entries(5000)};
  const auto r = run_command(cluster, {"load", "m", file.name()});
  CHECK(r.status == 0);
  CHECK(r.out == "5000 acknowledged, 0 failed\n");
  CHECK(r.err.empty());
  CHECK(cluster.maps["m"].size() == 5000);
  CHECK(cluster.maps["m"]["k4999"] == "v4999");
}

SCENARIO("load reads standard input, and ends with JSON if asked") {
  fake_cluster cluster;
  const auto r = run_command(cluster, {"load", "m", "-", "--json"}, entries(3));
  CHECK(r.status == 0);
  CHECK(r.out == "{\"acknowledged\":3,\"failed\":0}\n");
}

SCENARIO("load asks again what the cluster is too busy for, ever more slowly, as long as its time lasts") {
  fake_cluster cluster;
  cluster.results_by_key["k1"] = failed(outcome::not_applied, failure::overloaded);
  WHEN("the cluster has room again after a second") {
    const auto begin = cluster.time;
    cluster.at_each_wait = [&](instant now) {
      if (now >= begin + seconds{1}) cluster.results_by_key.clear();
    };
    const auto r = run_command(cluster, {"load", "m", "-"}, entries(3));
    THEN("nothing has failed") {
      CHECK(r.status == 0);
      CHECK(r.out == "3 acknowledged, 0 failed\n");
      CHECK(cluster.maps["m"].size() == 3);
      CHECK(cluster.calls < 3 + 10);
      CHECK(cluster.timeouts.back() < cluster.timeouts.front());
    }
  }
  WHEN("it never has") {
    const auto r = run_command(cluster, {"load", "m", "-", "--timeout", "10"}, entries(3));
    THEN("the entry has failed") {
      CHECK(r.status == 1);
      CHECK(r.out == "2 acknowledged, 1 failed\n");
      CHECK(r.err == "troupe: 1 entry not done: a queue is full: try again later\n");
      CHECK(cluster.calls < 3 + 20);
    }
  }
}

SCENARIO("load keeps many entries under way, but boundedly many") {
  fake_cluster cluster;
  cluster.latency = milliseconds{50};
  CHECK(run_command(cluster, {"load", "m", "-"}, entries(10'000)).status == 0);
  CHECK(cluster.most_under_way == 1000);
  GIVEN("large values") {
    std::string large;
    for (int i = 0; i < 40; ++i) large += std::to_string(i) + "\t" + std::string(4 * 1024 * 1024, 'x') + "\n";
    CHECK(run_command(cluster, {"load", "m", "-"}, large).status == 0);
    CHECK(cluster.most_bytes_under_way <= 64 * 1024 * 1024);
    CHECK(cluster.most_bytes_under_way > 32 * 1024 * 1024);
  }
}

SCENARIO("the last of several lines with the same key wins") {
  fake_cluster cluster;
  std::string text;
  for (int i = 0; i < 100; ++i) text += "k\t" + std::to_string(i) + "\n";
  CHECK(run_command(cluster, {"load", "m", "-"}, text).status == 0);
  CHECK(cluster.maps["m"]["k"] == "99");
}

SCENARIO("load keeps to its rate without ever bursting") {
  fake_cluster cluster;
  const auto begin = cluster.time;
  CHECK(run_command(cluster, {"load", "m", "-", "--rate", "1000"}, entries(3000)).status == 0);
  const auto took = cluster.time - begin;
  CHECK(took >= milliseconds{2950});
  CHECK(took <= milliseconds{3100});
  for (std::size_t i = 100; i < cluster.starts.size(); ++i) CHECK(cluster.starts[i] - cluster.starts[i - 100] >= milliseconds{75});
}

SCENARIO("load counts what failed, and says why by reason") {
  fake_cluster cluster;
  cluster.results_by_key["k1"] = failed(outcome::not_applied, failure::key_too_large);
  cluster.results_by_key["k2"] = failed(outcome::indeterminate, failure::deadline);
  cluster.results_by_key["k4"] = failed(outcome::indeterminate, failure::deadline);
  const auto r = run_command(cluster, {"load", "m", "-"}, entries(10));
  CHECK(r.status == 1);
  CHECK(r.out == "7 acknowledged, 3 failed\n");
  CHECK(r.err ==
        "troupe: 2 entries may have been done or not: the deadline passed\n"
        "troupe: 1 entry not done: the key is larger than the cluster allows\n");
}

SCENARIO("a line that is no entry is told with its number, counts as failed, and stops nothing") {
  fake_cluster cluster;
  const auto r = run_command(cluster, {"load", "m", "-"}, "a\t1\nnonsense\nb\t2\n");
  CHECK(r.status == 1);
  CHECK(r.out == "2 acknowledged, 1 failed\n");
  CHECK(r.err == "troupe: standard input:2: no tab between key and value\n");
}

SCENARIO("thousands of wrong lines don't flood the terminal") {
  fake_cluster cluster;
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "nonsense\n";
  const auto r = run_command(cluster, {"load", "m", "-"}, text);
  CHECK(r.out == "0 acknowledged, 1000 failed\n");
  CHECK(std::count(r.err.begin(), r.err.end(), '\n') == 11);
  CHECK(r.err.ends_with("troupe: and 990 more of that kind\n"));
}

SCENARIO("load gives up when nobody is there") {
  fake_cluster cluster;
  cluster.result_of_all = failed(outcome::not_applied, failure::no_cluster);
  const auto r = run_command(cluster, {"load", "m", "-"}, entries(100'000));
  CHECK(r.status == 2);
  CHECK(cluster.calls <= 1001);
}

SCENARIO("Ctrl-C lets what is under way end, and says what was not sent") {
  fake_cluster cluster;
  cluster.latency = milliseconds{200};
  const temporary_file file{entries(5000)};
  const auto begin = cluster.time;
  GIVEN("a cluster that answers") {
    cluster.at_each_wait = [&](instant now) { cluster.interrupt.pressed = now >= begin + milliseconds{100}; };
    WHEN("a file is loaded") {
      const auto r = run_command(cluster, {"load", "m", file.name()});
      CHECK(r.status == 130);
      CHECK(r.out == "1000 acknowledged, 0 failed\n");
      CHECK(r.err == "troupe: interrupted: 4000 lines of " + std::string{file.name()} + " not sent\n");
      CHECK(cluster.maps["m"].size() == 1000);
    }
    WHEN("it is verified") {
      const auto r = run_command(cluster, {"verify", "m", file.name()});
      CHECK(r.status == 130);
      CHECK(r.out == "0 verified, 1000 missing, 0 different\n");
      CHECK_THAT(r.err, Catch::EndsWith("troupe: interrupted: 4000 lines of " + std::string{file.name()} + " not sent\n"));
    }
    WHEN("standard input is loaded, slowly") {
      const auto r = run_command(cluster, {"load", "m", "-", "--rate", "0.1"}, entries(5000));
      CHECK(r.status == 130);
      CHECK(r.out == "1 acknowledged, 0 failed\n");
      CHECK(r.err == "troupe: interrupted: the rest of standard input was not sent\n");
      CHECK(cluster.time - begin < seconds{1});
    }
  }
  GIVEN("no time to begin") {
    cluster.interrupt.pressed = true;
    const auto r = run_command(cluster, {"load", "m", file.name()});
    THEN("nothing was sent") {
      CHECK(r.status == 130);
      CHECK(cluster.time == begin);
      CHECK(r.err == "troupe: interrupted: 5000 lines of " + std::string{file.name()} + " not sent\n");
    }
  }
  GIVEN("a cluster that falls silent") {
    cluster.latency = seconds{1000};
    cluster.at_each_wait = [&](instant) { cluster.interrupt.pressed = true; };
    const auto r = run_command(cluster, {"load", "m", file.name()});
    THEN("it is not waited for to the end") {
      CHECK(r.status == 130);
      CHECK(r.out == "0 acknowledged, 1000 failed\n");
      CHECK_THAT(r.err, Catch::StartsWith("troupe: 1000 entries may have been done or not: the deadline passed\n"));
      CHECK(cluster.time - begin < seconds{6});
    }
  }
  GIVEN("a cluster that is too busy") {
    cluster.latency = milliseconds{1};
    cluster.result_of_all = failed(outcome::not_applied, failure::overloaded);
    cluster.at_each_wait = [&](instant now) { cluster.interrupt.pressed = now >= begin + milliseconds{500}; };
    const auto r = run_command(cluster, {"load", "m", "-"}, entries(10));
    THEN("it is not asked again") {
      CHECK(r.status == 130);
      CHECK(r.out == "0 acknowledged, 10 failed\n");
      CHECK(cluster.time - begin < seconds{1});
    }
  }
}

SCENARIO("a file that can't be read is wrong usage") {
  fake_cluster cluster;
  const auto missing = run_command(cluster, {"load", "m", "/nonexistent"});
  CHECK(missing.status == 2);
  CHECK(missing.out.empty());
  CHECK(missing.err == "troupe: /nonexistent: cannot be read: No such file or directory\n");
  CHECK(run_command(cluster, {"verify", "m", "/"}).err == "troupe: /: cannot be read: it is a directory\n");
}

SCENARIO("on a terminal there is a progress bar, wiped before the result") {
  fake_cluster cluster;
  cluster.latency = milliseconds{200};
  const auto r = run_command(cluster, {"load", "m", "-"}, entries(3000), true);
  CHECK(r.err.find("\r1000 entries") != std::string::npos);
  CHECK(r.err.ends_with("\r\x1b[K"));
  CHECK(r.out == "3000 acknowledged, 0 failed\n");
}

SCENARIO("verify finds all as it is in the file") {
  fake_cluster cluster;
  const auto text = entries(5000);
  CHECK(run_command(cluster, {"load", "m", "-"}, text).status == 0);
  const auto r = run_command(cluster, {"verify", "m", "-"}, text);
  CHECK(r.status == 0);
  CHECK(r.out == "5000 verified, 0 missing, 0 different\n");
  CHECK(r.err.empty());
}

SCENARIO("verify tells what is missing from what is different") {
  fake_cluster cluster;
  cluster.maps["m"] = {{"k0", "v0"}, {"k2", "other"}};
  const auto r = run_command(cluster, {"verify", "m", "-"}, entries(3));
  CHECK(r.status == 1);
  CHECK(r.out == "1 verified, 1 missing, 1 different\n");
  CHECK(r.err == "troupe: standard input:2: key 'k1' is missing\ntroupe: standard input:3: the value of key 'k2' is different\n");
  CHECK(run_command(cluster, {"verify", "m", "-", "--json"}, entries(3)).out ==
        "{\"verified\":1,\"missing\":1,\"different\":1,\"unverified\":0}\n");
}

SCENARIO("verify does not take a failure for a missing entry, nor for a verified one") {
  fake_cluster cluster;
  cluster.maps["m"] = {{"k0", "v0"}};
  cluster.results_by_key["k1"] = failed(outcome::not_applied, failure::partition_lost);
  cluster.results_by_key["k2"] = failed(outcome::indeterminate, failure::deadline);
  cluster.results_by_key["k3"] = failed(outcome::indeterminate, failure::deadline);
  const auto r = run_command(cluster, {"verify", "m", "-"}, entries(4) + "nonsense\n");
  CHECK(r.status == 1);
  CHECK(r.out == "1 verified, 0 missing, 0 different\n");
  CHECK(r.err ==
        "troupe: standard input:5: no tab between key and value\n"
        "troupe: 2 entries could not be read: the deadline passed\n"
        "troupe: 1 entry could not be read: the partition lost its last copy (see 'troupe lost' and 'troupe reset-lost')\n"
        "troupe: 4 lines could not be verified\n");
}

SCENARIO("verify of an empty file is vacuously fine") {
  fake_cluster cluster;
  const auto r = run_command(cluster, {"verify", "m", "-"}, "");
  CHECK(r.status == 0);
  CHECK(r.out == "0 verified, 0 missing, 0 different\n");
}
