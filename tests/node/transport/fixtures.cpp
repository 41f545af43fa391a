#include "fixtures.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <troupe/messages/types/client_message.hpp>

namespace troupe::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

incarnation member_named(std::uint8_t n) {
  incarnation id;
  id.bytes.fill(n);
  return id;
}

listen_settings listening_member::any_port() {
  listen_settings s;
  s.at.port = 0;
  return s;
}

listening_member::listening_member(listen_settings settings, incarnation self, frame_handler on_frame)
    : self_(self), on_frame_(std::move(on_frame)) {
  auto opened = listener::open(control_, std::move(settings), *this);
  if (auto* failed = std::get_if<listen_error>(&opened)) throw std::system_error{failed->code, failed->text};
  listener_ = std::move(std::get<std::unique_ptr<listener>>(opened));
  control_.start();
  data_.start();
}

listening_member::~listening_member() {
  control_.stop();
  data_.stop();
}

void listening_member::accepted(std::unique_ptr<accepted_link> link) {
  auto& home = home_of(link->peer());
  auto& l = *link;
  (&home == &control_ ? control_links_ : data_links_).push_back(std::move(link));
  accepted_peers.add({l.peer(), home.name()});
  l.start({[this, &l, &home](any_frame frame) {
             frames.add({frame, home.runs_here()});
             if (on_frame_) on_frame_(l, frame);
           },
           [this, &l, &home](const link_end& why) {
             if (&home == &data_) ended_.push_back(&l);
             ends.add(why);
           }});
}

void listening_member::drop_ended() {
  std::erase_if(data_links_, [&](const auto& l) { return std::find(ended_.begin(), ended_.end(), l.get()) != ended_.end(); });
  ended_.clear();
}

void listening_member::send_to_all(std::vector<any_frame> what) {
  on(data_, [&] {
    for (auto& link : data_links_)
      for (const auto& frame : what) link->send(frame);
  });
}

hello dialling_peer::client_hello() {
  hello h;
  h.cluster = "troupe-test";
  h.role = connection_role::client;
  h.who = member_named(9);
  return h;
}

dialling_peer::dialling_peer(link_target target, hello self, dial_settings settings) {
  dialled_link_callbacks callbacks{[this](const incarnation& peer, const address&) { ups.add(peer); },
                                   [this](const link_end& why) { downs.add(why); },
                                   [this](any_frame frame) { frames.add(std::move(frame)); }};
  shard_.start();
  on(shard_, [&] { link_ = std::make_unique<dialled_link>(shard_, std::move(target), std::move(self), settings, std::move(callbacks)); });
}

dialling_peer::~dialling_peer() { shard_.stop(); }

void dialling_peer::send(std::vector<any_frame> what) {
  on(shard_, [&] {
    for (auto& frame : what) link_->send(std::move(frame));
  });
}

void dialling_peer::hang_up() {
  on(shard_, [&] { link_.reset(); });
}

stream_figures dialling_peer::figures() {
  return on(shard_, [&] { return link_->figures(); });
}

raw_peer::raw_peer(const address& to) {
  socket_.connect(tcp::endpoint{asio::ip::make_address(to.host), to.port});
  const timeval t{patience.count(), 0};
  ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
}

void raw_peer::write(std::span<const std::byte> bytes) {
  error_code cut_off;  // The other end may close before it has taken everything.
  asio::write(socket_, asio::buffer(bytes.data(), bytes.size()), cut_off);
}

bool raw_peer::read_exactly(std::span<std::byte> into) {
  while (!into.empty()) {
    const auto got = ::recv(socket_.native_handle(), into.data(), into.size(), 0);
    if (got <= 0) return false;
    into = into.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

std::optional<std::vector<codec::word>> raw_peer::read_payload(std::size_t bytes_max) {
  std::array<std::byte, codec::frame_header_bytes> raw_header{};
  if (!read_exactly(raw_header)) return {};
  const auto header = codec::parse_header(raw_header, bytes_max);
  if (!header) return {};
  std::vector<codec::word> payload(header->payload_words);
  if (!read_exactly(std::as_writable_bytes(std::span{payload}))) return {};
  return payload;
}

std::optional<welcome> raw_peer::read_welcome() {
  const auto payload = read_payload(codec::handshake_bytes_max);
  if (!payload) return {};
  auto answer = codec::decode_welcome(*payload);
  if (!answer) return {};
  return std::move(*answer);
}

bool raw_peer::skip_frame() { return read_payload(stream_limits{}.payload_bytes_max).has_value(); }

bool raw_peer::is_cut_off() {
  std::array<std::byte, 4096> ignored{};
  for (;;) {
    const auto got = ::recv(socket_.native_handle(), ignored.data(), ignored.size(), 0);
    if (got == 0) return true;
    if (got < 0) return errno != EAGAIN && errno != EWOULDBLOCK;
  }
}

silent_host::silent_host() {
  acceptor_.open(tcp::v4());
  acceptor_.bind({asio::ip::address_v4::loopback(), 0});
  acceptor_.listen();
}

address silent_host::at() const { return {"127.0.0.1", acceptor_.local_endpoint().port()}; }

any_frame numbered(std::uint64_t n, std::size_t bytes) {
  reply r;
  r.request = request_number{n};
  r.found = bytes > 0;
  r.value = blob{std::string(bytes, 'x')};
  return any_client_message{client_message::replies{{r}}};
}

std::uint64_t number_of(const any_frame& frame) {
  const auto& message = std::get<any_client_message>(frame);
  return std::get<client_message::replies>(message).list.at(0).request.value();
}

}  // namespace troupe::test
