#include <troupe/node/transport/shard.hpp>

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include <boost/asio/post.hpp>

#include <troupe/node/transport/assertion.hpp>

namespace troupe {
namespace {

/// One thread runs the io_context, others only post to it.
constexpr int one_thread = 1;
/// Of the times that a shard would linger, where it is always in vain.
constexpr std::uint32_t leaves_out_max = 63;

}  // namespace

shard::shard(caf::actor_system& system, std::string name, std::shared_ptr<spdlog::logger> log)
    : name_(std::move(name)),
      log_(std::move(log)),
      io_(one_thread),
      work_(boost::asio::make_work_guard(io_)),
      actors_(system),
      inbox_([this] { boost::asio::post(io_, [this] { take_posted(); }); }) {}

shard::~shard() { stop(); }

void shard::start() {
  expect(!thread_.joinable(), "a shard is started once");
  thread_ = std::thread{[this] { run(); }};
  actors_.belong_to(thread_.get_id());  // The thread says so itself, too: whichever comes first.
}

void shard::stop() {
  if (thread_.joinable()) {
    expect(!runs_here(), "a shard is not stopped from within");
    post([this] { stopping_ = true; });
    thread_.join();
  }
  inbox_.close();
  inbox_.take(batch_);
  actors_.close();
  for (auto& left : batch_)
    if (auto* d = std::get_if<delivery>(&left)) run_queue::enqueue_elsewhere(d->to, std::move(d->what));
  batch_.clear();
}

void shard::deliver(const caf::strong_actor_ptr& to, caf::mailbox_element_ptr what) {
  if (runs_here()) {
    actors_.enqueue(to, std::move(what));
    return;
  }
  inbox::item item = delivery{to, std::move(what)};
  if (inbox_.put(item)) return;
  auto& refused = std::get<delivery>(item);
  run_queue::enqueue_elsewhere(refused.to, std::move(refused.what));
}

bool shard::post(job work) {
  inbox::item item = std::move(work);
  return inbox_.put(item);
}

timer shard::at(instant when, job work) {
  expect(accessible(), "timers are set on the shard's own thread");
  return timer{io_, when, std::move(work)};
}

void shard::on_turn_end(std::function<void()> hook) {
  expect(accessible(), "hooks are set on the shard's own thread");
  hooks_.push_back(std::move(hook));
}

void shard::at_turn_end(std::shared_ptr<turn_end_work> work) {
  expect(accessible(), "turn-end work is registered on the shard's own thread");
  turn_end_.push_back(std::move(work));
}

bool shard::may_log_strangers() {
  if (!strangers_.take(now())) return false;
  if (const auto left_out = strangers_.take_left_out(); left_out > 0) log().warn("log_lines_left_out shard={} count={}", name_, left_out);
  return true;
}

void shard::run() {
  actors_.belong_to(std::this_thread::get_id());
  pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
  while (!stopping_) turn(/*may_wait=*/true);
  for (std::size_t turns = 0; !quiet() && turns < turns_at_stop_max; ++turns) turn(/*may_wait=*/false);
}

void shard::turn(bool may_wait) {
  if (may_wait && quiet() && !linger()) io_.run_one();
  for (std::size_t handlers = 1; handlers < handlers_per_turn_max && io_.poll_one() != 0; ++handlers) {
  }
  settle();
}

void shard::linger_for(duration time, std::function<bool()> pays) {
  lingers_for_ = time;
  lingering_pays_ = std::move(pays);
}

/// True: something has come.
bool shard::linger() {
  if (lingers_for_ == duration{}) return false;
  if (std::exchange(got_letters_, false)) {
    const bool is_left_out = lingers_left_out_ < leaves_out_;
    lingers_left_out_ = is_left_out ? lingers_left_out_ + 1 : 0;
    lingers_until_ = is_left_out ? instant{} : now() + lingers_for_;
  }
  if (lingers_until_ == instant{} || !lingering_pays_()) return false;
  if (now() >= lingers_until_) {
    lingers_until_ = {};
    return false;
  }
  if (look_around()) {
    leaves_out_ = 0;
    return true;
  }
  lingers_until_ = {};
  leaves_out_ = std::min(2 * leaves_out_ + 1, leaves_out_max);
  return false;
}

bool shard::look_around() {
  constexpr int looks_between_polls = 32;
  auto has_moved = false;
  inbox_.watch();
  while (!has_moved && !inbox_.has_items() && now() < lingers_until_) {
    for (int i = 0; i < looks_between_polls && !inbox_.has_items(); ++i) std::atomic_signal_fence(std::memory_order_seq_cst);
    has_moved = io_.poll_one() != 0;
  }
  if (!inbox_.unwatch()) return has_moved;
  take_posted();
  return true;
}

void shard::take_posted() {
  inbox_.take(batch_);
  for (auto& item : batch_) {
    if (auto* d = std::get_if<delivery>(&item)) {
      got_letters_ = true;
      actors_.enqueue(d->to, std::move(d->what));
    } else {
      std::get<job>(item)();
    }
  }
  batch_.clear();
}

void shard::settle() {
  std::size_t resumes_left = resumes_per_turn_max;
  std::size_t rounds = 0;
  do {
    resumes_left -= actors_.run(resumes_left);
    end_of_turn();
  } while (!quiet() && resumes_left > 0 && ++rounds < rounds_per_turn_max);
}

void shard::end_of_turn() {
  for (auto& hook : hooks_) hook();
  ending_.swap(turn_end_);
  for (auto& work : ending_) work->turn_ended();
  ending_.clear();
}

}  // namespace troupe
