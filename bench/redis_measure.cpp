// The same load on Redis: CONNECTIONS × PIPELINE operations in flight. With `set-wait`, each pipeline ends with WAIT 1, so that all of its
// writes are on the replica when it returns.
//   redis-measure PORT set|set-wait|get CONNECTIONS PIPELINE [SECONDS]
// Prints `ops_per_s p50_us p99_us failed`.
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <thread>

#include <hiredis/hiredis.h>

#include "figures.hpp"

namespace {

using namespace troupe::bench;

struct lane {
  std::vector<double> latencies_us;
  std::size_t failed = 0;
};

struct free_context {
  void operator()(redisContext* c) const { redisFree(c); }
};

bool take_reply(redisContext* c) {
  void* reply = nullptr;
  if (redisGetReply(c, &reply) != REDIS_OK) return false;
  const auto ok = static_cast<redisReply*>(reply)->type != REDIS_REPLY_ERROR;
  freeReplyObject(reply);
  return ok;
}

void run_lane(int port, const std::string& what, std::size_t pipeline, std::size_t seed, const std::atomic<bool>& measuring,
              const std::atomic<bool>& stopping, lane& out) {
  const std::unique_ptr<redisContext, free_context> c{redisConnect("127.0.0.1", port)};
  if (!c || c->err != 0) {
    ++out.failed;
    return;
  }
  const workload load;
  const std::string value(load.value_bytes, 'v');
  auto random = seed;
  while (!stopping) {
    const auto since = clock::now();
    for (std::size_t i = 0; i < pipeline; ++i) {
      const auto key = key_of(next_key(random, load.keys));
      if (what == "get") redisAppendCommand(c.get(), "GET %b", key.data(), key.size());
      else redisAppendCommand(c.get(), "SET %b %b", key.data(), key.size(), value.data(), value.size());
    }
    if (what == "set-wait") redisAppendCommand(c.get(), "WAIT 1 0");
    const auto replies = pipeline + (what == "set-wait" ? 1 : 0);
    for (std::size_t i = 0; i < replies; ++i) out.failed += take_reply(c.get()) ? 0 : 1;
    const auto us = std::chrono::duration<double, std::micro>(clock::now() - since).count();
    if (measuring) out.latencies_us.insert(out.latencies_us.end(), pipeline, us);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::cerr << "usage: redis-measure PORT set|set-wait|get CONNECTIONS PIPELINE [SECONDS]\n";
    return 2;
  }
  workload load;
  if (argc > 5) load.run = std::chrono::seconds(std::atoi(argv[5]));
  const auto connections = static_cast<std::size_t>(std::atoi(argv[3]));
  std::atomic<bool> measuring{false};
  std::atomic<bool> stopping{false};
  std::vector<lane> lanes(connections);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < connections; ++i) {
    threads.emplace_back([&, i] {
      run_lane(std::atoi(argv[1]), argv[2], static_cast<std::size_t>(std::atoi(argv[4])), i + 1, measuring, stopping, lanes[i]);
    });
  }
  std::this_thread::sleep_for(load.warm_up);
  measuring = true;
  const auto from = clock::now();
  std::this_thread::sleep_for(load.run);
  measuring = false;
  const auto elapsed = std::chrono::duration<double>(clock::now() - from).count();
  stopping = true;
  std::vector<double> all;
  std::size_t failed = 0;
  for (std::size_t i = 0; i < connections; ++i) {
    threads[i].join();
    all.insert(all.end(), lanes[i].latencies_us.begin(), lanes[i].latencies_us.end());
    failed += lanes[i].failed;
  }
  print(std::move(all), elapsed, failed);
}
