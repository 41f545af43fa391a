#include <troupe/node/transport/own_address.hpp>

#include <algorithm>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace troupe {
namespace {

namespace asio = boost::asio;

/// Empty when the name means nothing.
std::vector<asio::ip::address> resolved(const std::string& host) {
  asio::io_context io;
  boost::system::error_code failed;
  std::vector<asio::ip::address> all;
  for (const auto& entry : asio::ip::tcp::resolver{io}.resolve(host, "", failed)) all.push_back(entry.endpoint().address());
  return all;
}

}  // namespace

bool is_own_address(const address& written, const address& listens_at) {
  if (written.port != listens_at.port) return false;
  if (written.host == listens_at.host) return true;
  const auto own = resolved(listens_at.host);
  const auto meant = resolved(written.host);
  const auto is_own = [&](const asio::ip::address& a) { return std::find(own.begin(), own.end(), a) != own.end(); };
  return std::any_of(meant.begin(), meant.end(), is_own) &&
         std::all_of(meant.begin(), meant.end(), [&](const asio::ip::address& a) { return is_own(a) || a.is_loopback(); });
}

}  // namespace troupe
