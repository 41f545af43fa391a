#include <troupe/actors/coroutine.hpp>

#include <troupe/actors/crash_stop.hpp>

namespace troupe::detail {

caf::error error_of(const std::exception_ptr& thrown) { return caf::make_error(caf::sec::runtime_error, describe(thrown)); }

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12
#  pragma GCC diagnostic ignored "-Wdangling-pointer"
#endif
void running_task::run(std::coroutine_handle<> who) {
  // Not a member: when a coroutine waits for an answer, the thread that brings it may already be in here, while this one is on its way out.
  std::coroutine_handle<> next;
  next_ = &next;
  for (; who; who = std::exchange(next, nullptr)) who.resume();
}

void task_of_thread::make(const unread_call& what, landing<protocol::map_result> to) { what.async(std::move(to)); }
void task_of_thread::make(const adding_call& what, landing<caf::actor> to) { what.async(std::move(to)); }
void task_of_thread::make(const removal_call& what, landing<bool> to) { what.async(std::move(to)); }

void task_of_thread::resume(std::coroutine_handle<> who) {
  awake_.store(who.address(), std::memory_order_release);
  awake_.notify_one();
}

}  // namespace troupe::detail
