#include <troupe/actors/entry_listener.hpp>

namespace troupe {

std::string_view to_string(entry_event_kind k) {
  switch (k) {
    case entry_event_kind::added: return "added";
    case entry_event_kind::updated: return "updated";
    case entry_event_kind::removed: return "removed";
    case entry_event_kind::expired: return "expired";
    case entry_event_kind::evicted: return "evicted";
    case entry_event_kind::cleared: return "cleared";
    case entry_event_kind::gap: return "gap";
    case entry_event_kind::unreadable: return "unreadable";
    case entry_event_kind::ended: return "ended";
  }
  return "unknown";
}

namespace detail {

entry_event_kind kind_of(row_event_kind k) {
  switch (k) {
    case row_event_kind::added: return entry_event_kind::added;
    case row_event_kind::updated: return entry_event_kind::updated;
    case row_event_kind::removed: return entry_event_kind::removed;
    case row_event_kind::expired: return entry_event_kind::expired;
    case row_event_kind::evicted: return entry_event_kind::evicted;
    case row_event_kind::cleared: return entry_event_kind::cleared;
    case row_event_kind::gap: return entry_event_kind::gap;
  }
  return entry_event_kind::unreadable;
}

std::string text_of(const row_event& e) {
  switch (e.why) {
    case gap_reason::none: return {};
    case gap_reason::too_late: return "the listener was too slow for the partition's log";
    case gap_reason::history_lost: return "the partition lost data";
    case gap_reason::another_cluster: return "the cluster that was listened to is gone: this is another one";
  }
  return {};
}

}  // namespace detail

}  // namespace troupe
