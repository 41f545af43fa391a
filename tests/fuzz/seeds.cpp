/// Writes inputs for the fuzzer to begin with: messages as our encoders write them, command lines and files as people do.
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <string_view>

#include <troupe/messages/codec/codec.hpp>
#include <troupe/messages/types/client_message.hpp>

#include "tests/messages/random_values.hpp"

using namespace troupe;
using namespace std::string_literals;
using namespace std::string_view_literals;
using test::random_values;

namespace {

namespace fs = std::filesystem;

class seed_folder {
 public:
  explicit seed_folder(fs::path root) : root_(std::move(root)) {}

  void add(const std::string& target, std::string_view input) {
    fs::create_directories(root_ / target);
    std::ofstream out{root_ / target / ("seed-" + std::to_string(++count_[target])), std::ios::binary};
    out.write(input.data(), static_cast<std::streamsize>(input.size()));
    if (!out.flush()) throw std::runtime_error("cannot write below " + root_.string());
  }

 private:
  fs::path root_;
  std::map<std::string, int> count_;
};

std::string_view chars_of(std::span<const std::byte> bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
std::string_view payload_of(const codec::frame_buffer& frame) { return chars_of(std::as_bytes(frame.payload())); }

/// As tests/fuzz/frame_bytes.hpp reads it: the whole payload, or a single segment whose table is left out.
std::string as_input(const codec::frame_buffer& frame) {
  const bool is_one_segment = (frame.payload()[0] & 0xffffffff) == 0;
  return is_one_segment ? "\0"s + std::string{payload_of(frame).substr(sizeof(codec::word))} : "\1"s + std::string{payload_of(frame)};
}

/// The fullest of some drawn frames that is still small.
template <class Draw>
codec::frame_buffer fullest(Draw draw) {
  constexpr std::size_t words_max = 120;
  codec::frame_buffer best;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    auto frame = codec::encode(draw(random_values{seed}));
    const auto words = frame.payload().size();
    const auto best_words = best.payload().size();
    if (best.empty() || (words <= words_max ? words > best_words || best_words > words_max : words < best_words)) best = std::move(frame);
  }
  return best;
}

void add_messages(seed_folder& seeds) {
  for (std::size_t i = 0; i < std::variant_size_v<any_membership_message>; ++i)
    seeds.add("membership-codec", as_input(fullest([i](random_values v) { return v.alternative<any_membership_message>(i); })));
  for (std::size_t i = 0; i < std::variant_size_v<any_client_message>; ++i)
    seeds.add("client-codec", as_input(fullest([i](random_values v) { return v.alternative<any_client_message>(i); })));
  for (std::size_t i = 0; i < std::variant_size_v<any_replication_message>; ++i)
    seeds.add("replication-codec", as_input(fullest([i](random_values v) {
                return replication_batch{member_no{1}, v.name(), {v.alternative<any_replication_message>(i)}};
              })));
  seeds.add("replication-codec", as_input(fullest([](random_values v) { return v.batch(); })));

  const auto hello = fullest([](random_values v) { return v.a_hello(); });
  const auto welcome = fullest([](random_values v) { return v.a_welcome(); });
  for (const auto* frame : {&hello, &welcome}) {
    seeds.add("handshake", "\1" + as_input(*frame));
    seeds.add("handshake", "\0"s + std::string{chars_of(frame->bytes())});
  }
}

void add_files(seed_folder& seeds) {
  for (const auto& sample : fs::directory_iterator{CONFIG_SAMPLES}) {
    std::ifstream in{sample.path(), std::ios::binary};
    seeds.add("xml", std::string{std::istreambuf_iterator<char>{in}, {}});
  }
  for (const auto* text : {"France\tParis\nItaly\tRome\n", "a\\tb\t\\\\\\n\n\n\xe2\x82\xac\t\xff\nno tab\ntwo\ttabs\t\nkey\\x\tv"})
    seeds.add("tab-separated", text);
}

/// As tests/fuzz/encodings.cpp reads them.
void add_encodings(seed_folder& seeds) {
  const auto add = [&seeds](char type, std::string_view bytes) { seeds.add("encodings", type + std::string{bytes}); };
  add(0, "\x80\0\0\0\0\0\0\1"sv);
  add(1, "\0\0\0\1s\0\0\0\1\x80\0\0\0\x80\0\0\0\1\1"sv);
  add(2, "\x81\0\0\0\1\x82\0\0\0\0"sv);
  add(3, "\0\0\0\1\x80\1\1\0\0\0\1x\0\0\0\3\0\1\1\x80\0\0\1\x80\0\0\2\2\0dd"sv);
  add(4, "\0\0\0\2\1\0\0\0\1a\2\0\0\0\0"sv);
  add(5, "\0\0\0\1\0\0\0\1k\0\0\0\2\0\0"sv);
  add(6, "\0\0\0\2\0\1\x80\0\0\1\x80\0\0\2"sv);
  add(7, "\0\0\0\0\0\0\1\0\1\0\0\0\x1a\0\0\0ab\0\0\0\0\0\0"sv);
}

void add_command_lines(seed_folder& seeds) {
  for (const auto& line : {"--bootstrap"s,
                           "--join\0"
                           "127.0.0.1:5701,[::1]:5702,10.0.0.1-7"s,
                           "--host\0"
                           "10.0.0.2\0--insecure\0--join=10.0.0.1"s,
                           "--port\0"
                           "5800\0--port-strict\0--name\0test\0--log-level\0debug\0--timing-scale\0"
                           "0.5"s,
                           "--help"s, "--version"s,
                           "--prot\0"
                           "1"s})
    seeds.add("node-arguments", line);
  for (const auto& line : {"put\0capitals\0France\0Paris"s,
                           "get\0capitals\0France"s,
                           "load\0m\0f.tsv\0--rate\0"
                           "5000"s,
                           "verify\0m\0-"s,
                           "stats\0m\0--json"s,
                           "--connect\0"
                           "10.0.0.1:5701,10.0.0.2\0members"s,
                           "wait-safe\0--timeout\0"
                           "60"s,
                           "shutdown\0--all"s,
                           "put\0n\0--\0-1\0x"s,
                           "remove\0m\0k"s,
                           "contains\0m\0k"s,
                           "size\0m"s,
                           "clear\0m"s,
                           "dump\0m"s,
                           "partitions"s,
                           "lost"s,
                           "destroy\0m"s,
                           "reset-lost"s,
                           "force-view"s,
                           "put\0--help"s,
                           "pot"s})
    seeds.add("cli-arguments", line);
}

/// Where an input is a row of decisions, one is as good as another.
void add_decisions(seed_folder& seeds) {
  std::mt19937 random{1};
  for (const auto* target : {"frames", "membership", "replica"}) {
    for (const std::size_t bytes : {20, 100, 200, 400, 800, 1600}) {
      std::string input(bytes, '\0');
      for (auto& c : input) c = static_cast<char>(random());
      seeds.add(target, input);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  try {
    seed_folder seeds{argv[1]};
    add_messages(seeds);
    add_files(seeds);
    add_encodings(seeds);
    add_command_lines(seeds);
    add_decisions(seeds);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
