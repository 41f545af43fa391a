#include <troupe/node/transport/run_queue.hpp>

#include <utility>

#include <caf/abstract_actor.hpp>

#include <troupe/node/transport/assertion.hpp>

namespace troupe {

void run_queue::enqueue(const caf::strong_actor_ptr& to, caf::mailbox_element_ptr what) {
  if (!to) return;
  enqueuing_ = true;
  to->get()->enqueue(std::move(what), this);
  enqueuing_ = false;
}

void run_queue::enqueue_elsewhere(const caf::strong_actor_ptr& to, caf::mailbox_element_ptr what) {
  if (to) to->get()->enqueue(std::move(what), nullptr);
}

void run_queue::take(caf::resumable* actor) {
  expect(runs_here(), "actors are woken on a shard by the shard's own thread");
  if (!enqueuing_) return compat::run_in_scheduler(system(), actor);
  ready_.push_back(actor);
}

std::size_t run_queue::run(std::size_t resumes_max) {
  expect(runs_here(), "a run queue is run by its own thread");
  std::size_t resumes = 0;
  for (; !ready_.empty() && resumes < resumes_max; ++resumes) {
    auto* actor = ready_.front();
    ready_.pop_front();
    if (actor->resume(this, messages_per_resume_max) == caf::resumable::resume_later)
      ready_.push_back(actor);
    else
      caf::intrusive_ptr_release(actor);
  }
  return resumes;
}

void run_queue::close() {
  while (!ready_.empty()) {
    compat::run_in_scheduler(system(), ready_.front());
    ready_.pop_front();
  }
}

}  // namespace troupe
