/// \file
/// What is logged in this process while it lives.
#pragma once

#include <mutex>
#include <string>

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

namespace troupe::test {

/// Stands in for the application's default logger. Requires: outlives the members that were started meanwhile.
class captured_log {
 public:
  captured_log() { spdlog::set_default_logger(std::make_shared<spdlog::logger>("application", sink_)); }
  ~captured_log() { spdlog::set_default_logger(before_); }
  captured_log(const captured_log&) = delete;
  captured_log& operator=(const captured_log&) = delete;

  [[nodiscard]] std::string text() const { return sink_->text(); }

 private:
  class text_sink final : public spdlog::sinks::base_sink<std::mutex> {
   public:
    [[nodiscard]] std::string text() {
      const std::lock_guard lock{mutex_};
      return text_;
    }

   private:
    void sink_it_(const spdlog::details::log_msg& line) override {
      spdlog::memory_buf_t formatted;
      formatter_->format(line, formatted);
      text_.append(formatted.data(), formatted.size());
    }
    void flush_() override {}
    std::string text_;
  };

  std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
  std::shared_ptr<text_sink> sink_ = std::make_shared<text_sink>();
};

}  // namespace troupe::test
