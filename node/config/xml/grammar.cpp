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

reader level(std::function<void(draft&, log_level)> set) {
  return [set = std::move(set)](const setting& s, draft& d) {
    if (const auto l = parse_log_level(s.text())) {
      set(d, *l);
    } else {
      s.error(s.name() + " must be one of trace, debug, info, warn, error, off (is " + in_quotes(s.text()) + ')');
    }
  };
}

reader targets(std::function<void(draft&, const std::vector<join_target>&)> add) {
  return [add = std::move(add)](const setting& s, draft& d) {
    const auto read = parse_join_targets(s.text());
    if (const auto* wrong = std::get_if<join_syntax_error>(&read)) return s.error(s.name() + ' ' + wrong->text);
    const auto& all = std::get<std::vector<join_target>>(read);
    if (all.empty()) s.error(s.name() + " can't be empty");
    add(d, all);
  };
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

element_rule import_grammar() {
  return value("import", [](const setting& s, draft&) { s.error("<import> is not supported: put what it imports into this file"); })
      .with("resource", [](const setting&, draft&) {})
      .repeated();
}

}  // namespace troupe::config
