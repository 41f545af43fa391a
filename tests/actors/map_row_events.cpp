#include "tests/actors/map_row_events.hpp"

namespace troupe::test::model {

difference row_events::replay(const std::vector<texts::event>& heard, const row_bound& bound, bool was_locked) {
  const auto is_steady = bound.least == bound.most && !was_locked;
  std::string began = "; it had";
  for (const auto& k : present_) began += " '" + k + '\'';
  for (const auto& e : heard) began += (&e == &heard.front() ? "; heard: " : ", ") + std::string{to_string(e.what)} + ' ' + e.key.value_or("") + " at " + std::to_string(e.at.value());
  const auto text = [&](const texts::event& e) {
    return std::string{to_string(e.what)} + " " + e.key.value_or("") + " at " + std::to_string(e.at.value()) + ", with " + std::to_string(present_.size()) +
           " entries in its row, whose share is " + std::to_string(bound.least) + " to " + std::to_string(bound.most) + began;
  };
  for (std::size_t i = 0; i < heard.size(); ++i) {
    const auto& e = heard[i];
    switch (e.what) {
      case entry_event_kind::added:
        present_.insert(*e.key);
        if (present_.size() > bound.most && !was_locked) return text(e) + ": too many";
        break;
      case entry_event_kind::updated: present_.insert(*e.key); break;
      case entry_event_kind::removed:
      case entry_event_kind::expired: present_.erase(*e.key); break;
      case entry_event_kind::evicted: {
        ++evicted;
        if (present_.size() < bound.least) return text(e) + ": there was room";
        present_.erase(*e.key);
        const auto* next = i + 1 < heard.size() ? &heard[i + 1] : nullptr;
        const auto made_room = next != nullptr && next->at == e.at.next() && (next->what == entry_event_kind::added || next->what == entry_event_kind::evicted);
        if (is_steady && !made_room) return text(e) + ": for nothing";
        break;
      }
      case entry_event_kind::cleared:
        is_lost_track_ = is_lost_track_ || e.entries != present_.size();
        present_.clear();
        break;
      default: break;
    }
    if (is_lost_track_) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace troupe::test::model
