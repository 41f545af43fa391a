#include "tests/sim/checkers/linearizability.hpp"

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "tests/sim/fold.hpp"

namespace troupe::sim {

namespace {

/// Of the lock of a key: whoever holds it, and how often; 0: nobody.
struct lock_state {
  static constexpr value_no holds_bits = 8;

  value_no owner = 0, holds = 0;
  [[nodiscard]] static lock_state of(value_no v) { return {v >> holds_bits, v & ((value_no{1} << holds_bits) - 1)}; }
  [[nodiscard]] value_no value() const { return holds == 0 ? 0 : owner << holds_bits | holds; }
};

std::optional<value_no> effect_on_lock(const key_operation& op, value_no before) {
  const bool known = op.returned != never;
  const auto lock = lock_state::of(before);
  const bool is_its = lock.holds > 0 && lock.owner == op.argument;
  const auto when = [](bool holds, value_no after) { return holds ? std::optional{after} : std::nullopt; };
  const auto replied = [&](bool found) { return !known || op.found == found; };
  switch (op.kind) {
    case operation_kind::lock: {
      const bool is_granted = lock.holds == 0 || is_its;
      return when(replied(is_granted), is_granted ? lock_state{op.argument, lock.holds + 1}.value() : before);
    }
    case operation_kind::unlock:
    case operation_kind::withdraw_lock: return when(replied(is_its), is_its ? lock_state{lock.owner, lock.holds - 1}.value() : before);
    case operation_kind::force_unlock: return when(replied(before != 0), 0);
    default: return when(replied(before != 0), before);  // is_locked
  }
}

/// What the key holds after `op` took effect on `before`; nothing when its known reply contradicts that.
std::optional<value_no> effect(const key_operation& op, value_no before) {
  const bool known = op.returned != never;
  const bool there = before != absent;
  const auto replied = [&](bool found, value_no seen) { return !known || (op.found == found && (!found || op.seen == seen)); };
  const auto when = [](bool holds, value_no after) { return holds ? std::optional{after} : std::nullopt; };
  switch (op.kind) {
    case operation_kind::get: return when(replied(there, before), before);
    case operation_kind::contains: return when(!known || op.found == there, before);
    case operation_kind::put: return when(replied(there, before), op.argument);
    case operation_kind::set: return op.argument;
    case operation_kind::put_if_absent: return when(replied(there, before), there ? before : op.argument);
    case operation_kind::replace: return when(replied(there, before), there ? op.argument : absent);
    case operation_kind::replace_if_equal: {
      const bool equal = there && before == op.expected;
      return when(!known || op.found == equal, equal ? op.argument : before);
    }
    case operation_kind::remove: return when(replied(there, before), absent);
    case operation_kind::remove_if_equal: {
      const bool equal = there && before == op.expected;
      return when(!known || op.found == equal, equal ? absent : before);
    }
    case operation_kind::erase: return absent;
    case operation_kind::set_ttl: return when(!known || op.found == there, before);
    case operation_kind::execute:
    case operation_kind::execute_if_present: {
      if (!there && op.kind == operation_kind::execute_if_present) return when(!known || !op.found, before);
      const auto token = fold(before, op.argument);
      if (effect_of(token) == fold_effect::fail) return when(!known, before);  // Definitely not applied, as its caller would have been told.
      return when(!known || op.seen == token, after_fold(before, token));
    }
    case operation_kind::count:
    case operation_kind::clear:
    case operation_kind::scan:
    case operation_kind::listen:
    case operation_kind::keep_locks: break;
    case operation_kind::lock:
    case operation_kind::unlock:
    case operation_kind::force_unlock:
    case operation_kind::withdraw_lock:
    case operation_kind::is_locked: return effect_on_lock(op, before);
  }
  return std::nullopt;  // Not an operation on one key: no order explains it.
}

/// One explanation of everything that has returned: what the key holds, and which open operations took effect.
struct explanation {
  value_no value = absent;
  std::uint64_t placed = 0;  ///< a bit for each slot of an open operation
  friend bool operator==(const explanation&, const explanation&) = default;
};
struct hash_of_explanation {
  std::size_t operator()(const explanation& e) const noexcept {
    auto h = e.value * 0x9e3779b97f4a7c15ULL ^ e.placed;
    h ^= h >> 29;
    return static_cast<std::size_t>(h * 0xbf58476d1ce4e5b9ULL);
  }
};
using explanations = std::unordered_set<explanation, hash_of_explanation>;

constexpr std::size_t slots_max = 64;

class search {
 public:
  search(const std::vector<key_operation>& history, const search_limits& limits) : history_(history), limits_(limits) {
    known_.insert(explanation{});
  }

  verdict run() {
    for (const auto& [place, index, is_return] : in_order()) {
      if (is_return) {
        if (const auto found = close(index); found.what != verdict::kind::linearizable) return found;
      } else if (!open(index)) {
        return {verdict::kind::undecided, index};
      }
    }
    return {};
  }

 private:
  struct step {
    real_time_order place;
    std::size_t index;
    bool is_return;
  };

  std::vector<step> in_order() const {
    std::vector<step> steps;
    for (std::size_t i = 0; i < history_.size(); ++i) {
      steps.push_back({history_[i].called, i, false});
      if (history_[i].returned != never) steps.push_back({history_[i].returned, i, true});
    }
    std::sort(steps.begin(), steps.end(), [](const step& a, const step& b) { return a.place < b.place; });
    return steps;
  }

  bool open(std::size_t index) {
    const auto& op = history_[index];
    if (op.returned == never && is_read(op.kind)) return true;  // Without effect and without a reply it explains nothing.
    const auto free = std::find(slots_.begin(), slots_.end(), nobody_there);
    if (free != slots_.end()) {
      *free = index;
      return true;
    }
    if (slots_.size() == slots_max) return false;
    slots_.push_back(index);
    return true;
  }

  /// Keeps the explanations in which the operation took effect before its return, and places others before it where that helps.
  verdict close(std::size_t index) {
    const auto slot = static_cast<std::size_t>(std::find(slots_.begin(), slots_.end(), index) - slots_.begin());
    const auto bit = std::uint64_t{1} << slot;
    explanations considered, kept;
    std::vector<explanation> todo(known_.begin(), known_.end());
    considered = std::move(known_);
    while (!todo.empty()) {
      if (considered.size() > limits_.states_max) return {verdict::kind::undecided, index};
      const auto from = todo.back();
      todo.pop_back();
      if (from.placed & bit) {
        kept.insert({from.value, from.placed & ~bit});
        continue;
      }
      expand(from, [&](const explanation& next) {
        if (considered.insert(next).second) todo.push_back(next);
      });
    }
    slots_[slot] = nobody_there;
    known_ = std::move(kept);
    return known_.empty() ? verdict{verdict::kind::violated, index} : verdict{};
  }

  template <class Visit>
  void expand(const explanation& from, Visit visit) const {
    for (std::size_t s = 0; s < slots_.size(); ++s) {
      const auto bit = std::uint64_t{1} << s;
      if (slots_[s] == nobody_there || (from.placed & bit)) continue;
      const auto& op = history_[slots_[s]];
      if (const auto after = effect(op, from.value)) visit({*after, from.placed | bit});
      if (op.may_pass) visit({from.value, from.placed | bit});
    }
  }

  static constexpr std::size_t nobody_there = std::numeric_limits<std::size_t>::max();

  const std::vector<key_operation>& history_;
  search_limits limits_;
  std::vector<std::size_t> slots_;    ///< which operation is open in which slot
  explanations known_;
};

std::string_view name_of(operation_kind k) {
  switch (k) {
    case operation_kind::get: return "get";
    case operation_kind::contains: return "contains";
    case operation_kind::put: return "put";
    case operation_kind::set: return "set";
    case operation_kind::put_if_absent: return "put_if_absent";
    case operation_kind::replace: return "replace";
    case operation_kind::replace_if_equal: return "replace_if_equal";
    case operation_kind::remove: return "remove";
    case operation_kind::remove_if_equal: return "remove_if_equal";
    case operation_kind::erase: return "erase";
    case operation_kind::count: return "count";
    case operation_kind::clear: return "clear";
    case operation_kind::scan: return "scan";
    case operation_kind::set_ttl: return "set_ttl";
    case operation_kind::execute: return "execute";
    case operation_kind::execute_if_present: return "execute_if_present";
    case operation_kind::listen: return "listen";
    case operation_kind::lock: return "lock";
    case operation_kind::unlock: return "unlock";
    case operation_kind::force_unlock: return "force_unlock";
    case operation_kind::withdraw_lock: return "withdraw_lock";
    case operation_kind::is_locked: return "is_locked";
    case operation_kind::keep_locks: return "keep_locks";
  }
  return "unknown";
}

}  // namespace

verdict check_key(const std::vector<key_operation>& history, const search_limits& limits) { return search{history, limits}.run(); }

std::string describe(const std::vector<key_operation>& history, const verdict& found) {
  std::vector<std::size_t> order(history.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return history[a].called < history[b].called; });
  std::string text;
  for (const auto i : order) {
    const auto& op = history[i];
    text += found.what == verdict::kind::violated && i == found.culprit ? "=> " : "   ";
    text += "[" + std::to_string(op.called) + ", " + (op.returned == never ? "?" : std::to_string(op.returned)) + "] ";
    text += name_of(op.kind);
    if (takes_value(op.kind) || runs_processor(op.kind) || is_about_locks(op.kind)) text += " " + std::to_string(op.argument);
    if (takes_expected(op.kind)) text += " expecting " + std::to_string(op.expected);
    if (op.returned != never) text += op.found ? " -> " + std::to_string(op.seen) : " -> nothing";
    text += "\n";
  }
  return text;
}

}  // namespace troupe::sim
