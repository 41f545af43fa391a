#include <troupe/actors/protocol/membership/acceptor.hpp>

#include <utility>

#include <troupe/actors/protocol/mutation.hpp>

namespace troupe::protocol {

bool acceptor::promise(const ballot& b) {
  if (b < promised_ && !TROUPE_MUTATED(smaller_ballot_accepted)) return false;
  if (b != promised_) held_.reset();
  promised_ = b;
  return true;
}

acceptor::verdict acceptor::consider(const vote& proposal, bool may_accept) {
  if (accepted_ && accepted_->ballot == proposal.ballot) return verdict::accepted;  // Asked again; one ballot has one value.
  if (!promise(proposal.ballot)) return verdict::outbid;
  held_ = proposal;
  if (!may_accept) return verdict::held;
  accept_held();
  return verdict::accepted;
}

void acceptor::accept_held() { accepted_ = std::exchange(held_, std::nullopt); }

}  // namespace troupe::protocol
