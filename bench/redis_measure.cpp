// The same load on Redis: --clients connections, each with pipelines of --pipeline commands.
#include <memory>
#include <stdexcept>

#include <hiredis/hiredis.h>

#include "load.hpp"
#include "program.hpp"

namespace {

using namespace troupe::bench;

constexpr auto examples = R"(Examples:
  redis-measure --port 6379 --clients 50 --pipeline 16
  redis-measure --port 6379 --clients 50 --pipeline 16 --wait each
  redis-measure --port 6379 --reads 100
)";

/// Which writes are awaited on one replica.
enum class waiting { none, pipeline, each };

std::string argument(std::string_view text) { return '$' + std::to_string(text.size()) + "\r\n" + std::string{text} + "\r\n"; }
const auto wait_command = "*3\r\n" + argument("WAIT") + argument("1") + argument("0");

struct free_context {
  void operator()(redisContext* c) const { redisFree(c); }
};
struct free_reply {
  void operator()(redisReply* r) const { freeReplyObject(r); }
};

class redis_connection final : public connection {
 public:
  redis_connection(int port, waiting how, const workload& load)
      : waiting_{how}, value_{argument(std::string(load.value_bytes, 'v'))}, context_{redisConnect("127.0.0.1", port)} {
    if (!context_ || context_->err != 0) throw std::runtime_error("can't connect to Redis at port " + std::to_string(port));
  }

  [[nodiscard]] int fd() const override { return context_->fd; }

  void begin(std::span<const request> batch) override {
    commands_.clear();
    open_ = batch.size();
    failed_ = 0;
    bool writes = false;
    for (const auto& o : batch) {
      commands_ += o.reads ? "*2\r\n$3\r\nGET\r\n" : "*3\r\n$3\r\nSET\r\n";
      commands_ += argument(key_of(o.key));
      if (o.reads) continue;
      commands_ += value_;
      writes = true;
      if (waiting_ == waiting::each) await_copy();
    }
    if (writes && waiting_ == waiting::pipeline) await_copy();
    redisAppendFormattedCommand(context_.get(), commands_.data(), commands_.size());
    for (int all_sent = 0; all_sent == 0;) {
      if (redisBufferWrite(context_.get(), &all_sent) != REDIS_OK) throw std::runtime_error(context_->errstr);
    }
  }

  [[nodiscard]] std::optional<std::size_t> take_in() override {
    if (redisBufferRead(context_.get()) != REDIS_OK) throw std::runtime_error(context_->errstr);
    for (void* next = nullptr;; next = nullptr) {
      if (redisGetReplyFromReader(context_.get(), &next) != REDIS_OK) throw std::runtime_error(context_->errstr);
      if (next == nullptr) break;
      const std::unique_ptr<redisReply, free_reply> reply{static_cast<redisReply*>(next)};
      // Only WAIT answers with a number: of replicas.
      if (reply->type == REDIS_REPLY_ERROR || reply->type == REDIS_REPLY_NIL || (reply->type == REDIS_REPLY_INTEGER && reply->integer < 1))
        ++failed_;
      --open_;
    }
    return open_ == 0 ? std::optional{failed_} : std::nullopt;
  }

 private:
  void await_copy() {
    commands_ += wait_command;
    ++open_;
  }

  const waiting waiting_;
  const std::string value_;
  const std::unique_ptr<redisContext, free_context> context_;
  std::string commands_;
  std::size_t open_ = 0, failed_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  workload load;
  int port = 6379;
  waiting how = waiting::none;
  CLI::App app{"Load on Redis.", "redis-measure"};
  app.footer(examples);
  app.add_option("--port", port, "Of the primary, on 127.0.0.1 (6379)")->type_name("N");
  const std::map<std::string, waiting> names{{"none", waiting::none}, {"pipeline", waiting::pipeline}, {"each", waiting::each}};
  app.add_option("--wait", how,
                 "Writes are awaited on one replica: WAIT 1 at the end of a pipeline, or after\neach of them: none, pipeline, each (none)")
      ->type_name("WHICH")
      ->transform(CLI::CheckedTransformer(names));
  describe(app, load);
  return run_program(app, argc, argv, [&] {
    std::vector<std::unique_ptr<connection>> all;
    for (std::size_t i = 0; i < load.clients; ++i) all.push_back(std::make_unique<redis_connection>(port, how, load));
    run(load, all);
  });
}
