/// \file
/// A network of this process's own, in which links between its children can be cut, each direction by itself and without a word: packets
/// vanish, no connection is reset. Every end has a network namespace with one cable to a router, itself a namespace, that drops what is cut.
///
/// The namespaces have no names and no processes: open files of this process are all that keeps them. However it ends, the kernel clears up.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "tests/cluster/child_process.hpp"

namespace troupe::cluster {

/// Puts the calling thread back, at the end, into the network namespace in which it was.
class namespace_visit {
 public:
  namespace_visit();
  explicit namespace_visit(const descriptor& where);
  ~namespace_visit();
  namespace_visit(const namespace_visit&) = delete;
  namespace_visit& operator=(const namespace_visit&) = delete;

 private:
  descriptor was_;
};

class private_network {
 public:
  using end_no = std::size_t;
  /// Where the thread that made the network is, and those that it starts from then on. The other ends are 1, 2, ...
  static constexpr end_no own = 0;

  /// Moves the calling thread to its own end. Needs `ip` (iproute2) and either root or user namespaces for everybody; of the latter, a
  /// process with one thread. Throws std::runtime_error, with the reason, when this can't be had.
  explicit private_network(std::size_t others);
  /// The calling thread is where it was before. Requires: it is the thread that made the network.
  ~private_network() = default;
  private_network(const private_network&) = delete;
  private_network& operator=(const private_network&) = delete;

  /// The address of this end, from wherever one asks.
  [[nodiscard]] static std::string host(end_no end);
  /// Its network namespace.
  [[nodiscard]] const descriptor& at(end_no end) const { return ends_[end]; }

  struct link {
    end_no from, to;
  };
  /// From now on nothing comes through these. Requires: none of them is cut.
  void cut(const std::vector<link>& links);
  /// Nothing is cut any more.
  void mend();

 private:
  void add_end();
  void tell_router(const std::string& commands) const;

  namespace_visit visit_;
  descriptor router_;
  std::vector<descriptor> ends_;
  std::vector<link> cut_;
};

}  // namespace troupe::cluster
