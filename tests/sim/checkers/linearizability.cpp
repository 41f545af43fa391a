#include "tests/sim/checkers/linearizability.hpp"

#include <algorithm>
#include <bit>
#include <optional>
#include <unordered_map>
#include <vector>

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
    case operation_kind::get:
    case operation_kind::get_entry_view: return when(replied(there, before), before);
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

/// Known to leave the key as it was, wherever it took effect.
bool is_without_effect(const key_operation& op) {
  if (op.returned == never) return false;
  switch (op.kind) {
    case operation_kind::get:
    case operation_kind::get_entry_view:
    case operation_kind::contains:
    case operation_kind::set_ttl:
    case operation_kind::is_locked: return true;
    case operation_kind::put_if_absent: return op.found;
    case operation_kind::replace:
    case operation_kind::replace_if_equal:
    case operation_kind::remove:
    case operation_kind::remove_if_equal:
    case operation_kind::lock:
    case operation_kind::unlock:
    case operation_kind::withdraw_lock:
    case operation_kind::force_unlock: return !op.found;
    default: return false;
  }
}

using slot_set = std::uint64_t;  ///< a bit for each slot of an open operation

/// One explanation of everything that has returned: what the key holds, and which open operations took effect.
struct explanation {
  value_no value = absent;
  slot_set placed = 0;
};

/// A set of explanations without those that another one makes superfluous: of two that differ only in operations that never return, the one in
/// which more of them are still free to take effect can do all that the other can.
class explanations {
 public:
  /// `optional`: the slots of operations that never return.
  explicit explanations(slot_set optional) : optional_(optional) {}

  /// Says whether it was new, and not superfluous.
  bool insert(const explanation& e) {
    auto& spent = spent_[{e.value, e.placed & ~optional_}];
    const auto mine = e.placed & optional_;
    if (std::ranges::any_of(spent, [&](slot_set other) { return (other & mine) == other; })) return false;
    size_ -= std::erase_if(spent, [&](slot_set other) { return (other & mine) == mine; });
    spent.push_back(mine);
    ++size_;
    return true;
  }

  [[nodiscard]] std::size_t size() const { return size_; }

  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& [what, spent] : spent_) {
      for (const auto each : spent) visit(explanation{what.value, what.placed | each});
    }
  }

  /// Whether it is in it still: what came later may have made it superfluous.
  [[nodiscard]] bool contains(const explanation& e) const {
    const auto found = spent_.find({e.value, e.placed & ~optional_});
    return found != spent_.end() && std::ranges::find(found->second, e.placed & optional_) != found->second.end();
  }

 private:
  struct what_holds {
    value_no value;
    slot_set placed;  ///< of operations that return
    friend bool operator==(const what_holds&, const what_holds&) = default;
  };
  struct hash {
    std::size_t operator()(const what_holds& w) const noexcept {
      auto h = w.value * 0x9e3779b97f4a7c15ULL ^ w.placed;
      h ^= h >> 29;
      return static_cast<std::size_t>(h * 0xbf58476d1ce4e5b9ULL);
    }
  };

  slot_set optional_;
  std::size_t size_ = 0;
  std::unordered_map<what_holds, std::vector<slot_set>, hash> spent_;
};

constexpr std::size_t slots_max = 64;

class search {
 public:
  search(const std::vector<key_operation>& history, const search_limits& limits) : history_(history), limits_(limits) {
    known_.push_back(explanation{});
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
    auto free = static_cast<std::size_t>(std::ranges::find(slots_, nobody_there) - slots_.begin());
    if (free == slots_max) return false;
    if (free == slots_.size()) slots_.push_back(nobody_there);
    slots_[free] = index;
    if (op.returned == never) optional_ |= bit_of(free);
    if (is_without_effect(op)) without_effect_ |= bit_of(free);
    return true;
  }

  /// Keeps the explanations in which the operation took effect before its return, and places others before it where that helps.
  verdict close(std::size_t index) {
    const auto slot = static_cast<std::size_t>(std::ranges::find(slots_, index) - slots_.begin());
    const auto bit = bit_of(slot);
    explanations considered{optional_}, kept{optional_};
    std::vector<explanation> todo;
    const auto consider = [&](const explanation& e) {
      const auto settled = with_all_without_effect(e);
      if (considered.insert(settled)) todo.push_back(settled);
    };
    for (const auto& e : known_) consider(e);
    while (!todo.empty()) {
      if (considered.size() > limits_.states_max) return {verdict::kind::undecided, index};
      const auto from = todo.back();
      todo.pop_back();
      if (!considered.contains(from)) continue;
      if (from.placed & bit) {
        kept.insert({from.value, from.placed & ~bit});
      } else {
        expand(from, consider);
      }
    }
    slots_[slot] = nobody_there;
    without_effect_ &= ~bit;
    known_.clear();
    kept.for_each([this](const explanation& e) { known_.push_back(e); });
    return known_.empty() ? verdict{verdict::kind::violated, index} : verdict{};
  }

  /// What changes nothing may take effect as soon as its reply is true: later it would be no better.
  explanation with_all_without_effect(explanation e) const {
    for (auto left = without_effect_ & ~e.placed; left != 0; left &= left - 1) {
      const auto slot = static_cast<std::size_t>(std::countr_zero(left));
      if (effect(history_[slots_[slot]], e.value)) e.placed |= bit_of(slot);
    }
    return e;
  }

  template <class Visit>
  void expand(const explanation& from, Visit visit) const {
    for (std::size_t s = 0; s < slots_.size(); ++s) {
      if (slots_[s] == nobody_there || ((from.placed | without_effect_) & bit_of(s)) != 0) continue;
      const auto& op = history_[slots_[s]];
      if (const auto after = effect(op, from.value)) visit({*after, from.placed | bit_of(s)});
      if (op.may_pass) visit({from.value, from.placed | bit_of(s)});
    }
  }

  static constexpr slot_set bit_of(std::size_t slot) { return slot_set{1} << slot; }

  static constexpr std::size_t nobody_there = std::numeric_limits<std::size_t>::max();

  const std::vector<key_operation>& history_;
  search_limits limits_;
  std::vector<std::size_t> slots_;  ///< which operation is open in which slot
  slot_set optional_ = 0;           ///< of those that never return
  slot_set without_effect_ = 0;
  std::vector<explanation> known_;
};

std::string_view name_of(operation_kind k) {
  switch (k) {
    case operation_kind::get: return "get";
    case operation_kind::get_entry_view: return "get_entry_view";
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
