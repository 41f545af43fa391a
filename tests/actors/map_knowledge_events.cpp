// What listeners hear, beside what happened by the model.
#include <algorithm>

#include "tests/actors/map_knowledge.hpp"

namespace troupe::test::model {

namespace {

std::string told(const std::vector<event>& list) {
  std::string text;
  for (const auto& e : list) text += (text.empty() ? "" : ", ") + to_string(e);
  return text.empty() ? "nothing" : text;
}

std::vector<event> as_wanted(const std::string& key, const std::vector<event>& all, const wish_to_hear& wanted) {
  std::vector<event> some;
  for (const auto& e : all) {
    if (auto t = wanted.told(key, e)) some.push_back(*std::move(t));
  }
  return some;
}

/// Events of one key are as foretold. Clears that found nothing of this key are not in what was foretold.
bool is_heard(const std::vector<event>& foretold, const std::vector<event>& heard) {
  auto next = foretold.begin();
  for (const auto& h : heard) {
    if (next != foretold.end() && *next == h)
      ++next;
    else if (h.what != entry_event_kind::cleared)
      return false;
  }
  return next == foretold.end();
}

}  // namespace

/// What may be over by now is over, or its end is still to be heard.
/// Whose time has come may be removed a little later. So the removal may be what a listener hears first, of an entry that nobody finds any more.
void map_knowledge::begin_to_listen(milliseconds now) {
  is_listening_ = true;
  for (auto& [key, list] : keys_) {
    possibilities left;
    for (const auto& p : list) {
      for (auto& u : unfold(key, p, {now, now})) {
        const auto ended = !u.state.told.empty() && u.state.told.back().what == entry_event_kind::expired;
        if (ended) {
          auto late = u;
          late.state.told = {u.state.told.back()};
          add_new(left, std::move(late));
        }
        u.state.told.clear();
        add_new(left, std::move(u));
      }
    }
    list = std::move(left);
  }
}

/// The listeners heard the same; each as much of it as it wanted.
difference map_knowledge::compare_events(const std::string& key, const std::vector<hearing>& all, milliseconds now) {
  possibilities left;
  std::vector<std::vector<event>> possible;
  for (const auto& p : at(key)) {
    for (auto& u : unfold(key, p, {now, now})) {
      possible.push_back(u.state.told);
      const auto fits = [&](const hearing& h) { return !h.knows_all || is_heard(as_wanted(key, u.state.told, h.wanted), h.heard); };
      if (!std::all_of(all.begin(), all.end(), fits)) continue;
      u.state.told.clear();
      add_new(left, std::move(u));
    }
  }
  if (left.empty()) {
    std::string text = "of key " + key;
    for (const auto& h : all) text += "\n  a listener " + to_string(h.wanted) + (h.knows_all ? " heard:\n    " : ", with gaps, heard:\n    ") + told(h.heard);
    text += "\n  by the model:";
    for (const auto& f : possible) text += "\n    " + told(f);
    return text;
  }
  replace(key, std::move(left), {now, now});
  return std::nullopt;
}

}  // namespace troupe::test::model
