/// \file
/// Members and peers for transport tests: real shards, real sockets on loopback, and ways to wait for what happens on other threads.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <caf/all.hpp>

#include <troupe/actors/caf_compat.hpp>
#include <troupe/messages/codec/codec.hpp>
#include <troupe/node/transport/dialled_link.hpp>
#include <troupe/node/transport/listener.hpp>
#include <troupe/node/transport/shard.hpp>

namespace troupe::test {

/// How long a test waits for what must happen. Only failures take this long.
inline constexpr std::chrono::seconds patience{20};

/// What happened on other threads, in order.
template <class T>
class observed {
 public:
  void add(T what) {
    const std::lock_guard lock{mutex_};
    all_.push_back(std::move(what));
    changed_.notify_all();
  }
  /// Waits until `holds(everything so far)`; false: it never did.
  template <class Predicate>
  [[nodiscard]] bool until(Predicate holds) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, patience, [&] { return holds(all_); });
  }
  [[nodiscard]] bool reaches(std::size_t count) {
    return until([&](const auto& all) { return all.size() >= count; });
  }
  [[nodiscard]] std::vector<T> all() const {
    const std::lock_guard lock{mutex_};
    return all_;
  }
  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock{mutex_};
    return all_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<T> all_;
};

/// An actor system with one worker: enough for what does not run on shards.
class small_system {
 public:
  small_system() : system_(compat::set_option(config_, "scheduler.max-threads", 1)) {}
  [[nodiscard]] caf::actor_system& get() { return system_; }

 private:
  caf::actor_system_config config_;
  caf::actor_system system_;
};

/// Runs `work` on the shard, and waits for it.
template <class F>
auto on(shard& s, F work) {
  std::promise<decltype(work())> done;
  auto result = done.get_future();
  s.post([&] {
    if constexpr (std::is_void_v<decltype(work())>) {
      work();
      done.set_value();
    } else {
      done.set_value(work());
    }
  });
  return result.get();
}

[[nodiscard]] incarnation member_named(std::uint8_t n);

/// A member that listens: a control shard, a data shard, and whatever was accepted.
class listening_member final : public listener_policy {
 public:
  struct came {
    hello peer;
    std::string shard;
  };
  struct frame_came {
    any_frame frame;
    bool on_its_shard;
  };
  /// Called on the link's shard for each frame, after it was noted down.
  using frame_handler = std::function<void(accepted_link&, const any_frame&)>;

  [[nodiscard]] static listen_settings any_port();
  explicit listening_member(listen_settings settings = any_port(), incarnation self = member_named(1), frame_handler on_frame = {});
  ~listening_member() override;

  [[nodiscard]] const address& at() const { return listener_->bound(); }
  [[nodiscard]] shard& control_shard() { return control_; }
  [[nodiscard]] shard& data_shard() { return data_; }
  /// Why every peer is refused from now on; to be set before peers come.
  void refuse_all(std::string why) { refusal_ = std::move(why); }
  /// Sends on every accepted connection of the data shard.
  void send_to_all(std::vector<any_frame> frames);
  /// Forgets the connections of the data shard that have ended, as a member does at once. On that shard.
  void drop_ended();

  observed<came> accepted_peers;
  observed<frame_came> frames;
  observed<link_end> ends;

 private:
  [[nodiscard]] const incarnation& self() const override { return self_; }
  [[nodiscard]] const std::string& cluster() const override { return cluster_; }
  [[nodiscard]] std::string refusal(const hello&) override { return refusal_; }
  [[nodiscard]] shard& home_of(const hello& peer) override { return peer.role == connection_role::member_control ? control_ : data_; }
  void accepted(std::unique_ptr<accepted_link>) override;

  small_system system_;
  const incarnation self_;
  const std::string cluster_ = "troupe-test";
  std::string refusal_;
  frame_handler on_frame_;
  shard control_{system_.get(), "control"};
  shard data_{system_.get(), "data"};
  std::vector<std::unique_ptr<accepted_link>> control_links_;  // each used on its shard only
  std::vector<std::unique_ptr<accepted_link>> data_links_;
  std::vector<accepted_link*> ended_;  // of data_links_; used on the data shard
  std::unique_ptr<listener> listener_;
};

/// A peer that dials with the real thing, on a shard of its own.
class dialling_peer {
 public:
  explicit dialling_peer(link_target target, hello self = client_hello(), dial_settings settings = {});
  ~dialling_peer();

  [[nodiscard]] static hello client_hello();

  /// All in one turn.
  void send(std::vector<any_frame> frames);
  void hang_up();
  [[nodiscard]] shard& home() { return shard_; }
  [[nodiscard]] stream_figures figures();

  observed<incarnation> ups;
  observed<link_end> downs;
  observed<any_frame> frames;

 private:
  small_system system_;
  shard shard_{system_.get(), "dialler"};
  std::unique_ptr<dialled_link> link_;  // used on the shard only
};

/// A peer that writes whatever it likes.
class raw_peer {
 public:
  explicit raw_peer(const address& to);

  void write(std::span<const std::byte> bytes);
  void write(const codec::frame_buffer& frame) { write(frame.bytes()); }
  /// The next frame of the link conversation.
  [[nodiscard]] std::optional<welcome> read_welcome();
  /// False: there is no next frame, of any conversation.
  [[nodiscard]] bool skip_frame();
  /// Reads to the end. False: the connection still stood after the test's patience.
  [[nodiscard]] bool is_cut_off();
  void finish_writing() { socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send); }

 private:
  [[nodiscard]] bool read_exactly(std::span<std::byte> into);
  [[nodiscard]] std::optional<std::vector<codec::word>> read_payload(std::size_t bytes_max);

  boost::asio::io_context io_;
  boost::asio::ip::tcp::socket socket_{io_};
};

/// A host at whose port something other than a proper member answers, or nobody speaks at all.
class silent_host {
 public:
  silent_host();
  [[nodiscard]] address at() const;
  /// Waits for the next connection.
  [[nodiscard]] boost::asio::ip::tcp::socket accept() { return acceptor_.accept(); }

 private:
  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_{io_};
};

/// A message of the client conversation that carries a number and so many bytes.
[[nodiscard]] any_frame numbered(std::uint64_t n, std::size_t bytes = 0);
[[nodiscard]] std::uint64_t number_of(const any_frame&);

}  // namespace troupe::test
