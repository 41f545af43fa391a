/// \file
/// Whatever an application can ask maps of: a member that it is embedded in, or a client.
#pragma once

#include <functional>
#include <string_view>

#include <troupe/actors/protocol/router/router.hpp>

namespace troupe::sim {

class caller {
 public:
  using done_with = std::function<void(const protocol::map_result&)>;

  caller() = default;
  caller(const caller&) = delete;
  caller& operator=(const caller&) = delete;
  virtual ~caller() = default;

  /// `done` is called once, maybe before this returns; never when the process dies first.
  virtual protocol::call_id call(std::string_view map, protocol::map_call what, duration patience, done_with done) = 0;
  virtual void cancel(protocol::call_id which) = 0;
  [[nodiscard]] virtual bool can_call() const = 0;
  [[nodiscard]] virtual std::size_t calls_in_flight() const = 0;

  /// Sees each operation that the router sends, and each reply that reaches it.
  std::function<void(const operation&)> sent_operation;
  std::function<void(const reply&)> got_reply;
  /// This operation could not leave.
  std::function<void(request_number)> operation_not_sent;
};

}  // namespace troupe::sim
