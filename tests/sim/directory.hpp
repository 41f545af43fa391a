/// \file
/// Which endpoint is which incarnation: what the real thing knows from the handshake of each connection.
#pragma once

#include <map>
#include <optional>

#include <troupe/messages/types/ids.hpp>

#include "tests/sim/participant.hpp"

namespace troupe::sim {

class directory {
 public:
  void enter(const incarnation& who, endpoint where) {
    endpoints_[who] = where;
    incarnations_[where] = who;
  }
  /// The views number the members; a number stays known after its member has gone, for what it sent before.
  void number(const incarnation& who, member_no no) { numbers_[who] = no; }
  [[nodiscard]] member_no number_of(endpoint where) const {
    const auto who = find(where);
    const auto at = who ? numbers_.find(*who) : numbers_.end();
    return at == numbers_.end() ? nobody : at->second;
  }
  [[nodiscard]] std::optional<endpoint> find(const incarnation& who) const {
    const auto at = endpoints_.find(who);
    return at == endpoints_.end() ? std::nullopt : std::optional{at->second};
  }
  /// Nothing for clients.
  [[nodiscard]] std::optional<incarnation> find(endpoint where) const {
    const auto at = incarnations_.find(where);
    return at == incarnations_.end() ? std::nullopt : std::optional{at->second};
  }

 private:
  std::map<incarnation, endpoint> endpoints_;
  std::map<endpoint, incarnation> incarnations_;
  std::map<incarnation, member_no> numbers_;
};

}  // namespace troupe::sim
