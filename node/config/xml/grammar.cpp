#include <troupe/node/config/xml/grammar.hpp>

namespace troupe::config {

element_rule section(std::string name, std::vector<element_rule> children) {
  element_rule rule;
  rule.name = std::move(name);
  rule.children = std::move(children);
  return rule;
}

element_rule value(std::string name, reader r) {
  element_rule rule;
  rule.name = std::move(name);
  rule.read = std::move(r);
  return rule;
}

element_rule without_effect(std::string name, std::string why) {
  element_rule rule;
  rule.name = std::move(name);
  rule.many = true;
  rule.ignore = [why = std::move(why)](const setting& s, draft&) {
    if (s.attribute("enabled") != "false") s.warning('<' + s.name() + "> has no effect: " + why);
  };
  return rule;
}

void add_without_effect(std::vector<element_rule>& to, std::initializer_list<std::string_view> names, std::string_view why) {
  for (const auto name : names) to.push_back(without_effect(std::string{name}, std::string{why}));
}

reader whole(long long smallest, long long largest, std::function<void(draft&, long long)> set) {
  return [=](const setting& s, draft& d) {
    if (const auto v = s.whole(smallest, largest)) set(d, *v);
  };
}

reader flag(std::function<void(draft&, bool)> set) {
  return [set = std::move(set)](const setting& s, draft& d) {
    if (const auto v = s.flag()) set(d, *v);
  };
}

reader text(std::function<void(draft&, std::string)> set) {
  return [set = std::move(set)](const setting& s, draft& d) { set(d, s.text()); };
}

reader only(std::initializer_list<std::string_view> harmless, std::string why) {
  std::vector<std::string> fine(harmless.begin(), harmless.end());
  return [fine = std::move(fine), why = std::move(why)](const setting& s, draft&) {
    for (const auto& f : fine) {
      if (s.is_one_of({f})) return;
    }
    s.warning(s.name() + ' ' + in_quotes(s.text()) + " has no effect: " + why);
  };
}

}  // namespace troupe::config
