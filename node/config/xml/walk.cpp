#include <troupe/node/config/xml/walk.hpp>

#include <algorithm>
#include <map>
#include <optional>

#include <pugixml.hpp>

#include <troupe/node/config/nearest_name.hpp>
#include <troupe/node/config/text.hpp>
#include <troupe/node/config/xml/source_text.hpp>

namespace troupe::config {

namespace {

/// A prefix only says which namespace a name belongs to.
std::string local_name(std::string_view name) {
  const auto colon = name.find(':');
  return std::string{colon == std::string_view::npos ? name : name.substr(colon + 1)};
}

bool is_about_namespaces(std::string_view attribute) {
  return attribute == "xmlns" || attribute.starts_with("xmlns:") || attribute.starts_with("xsi:");
}

bool is_text(const pugi::xml_node& node) { return node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata; }

std::string text_of(const pugi::xml_node& node) {
  std::string all;
  for (const auto& child : node.children()) {
    if (is_text(child)) all += child.value();
  }
  return std::string{trimmed(all)};
}

template <class Rule>
const Rule* find_rule(const std::vector<Rule>& rules, std::string_view name) {
  const auto at = std::find_if(rules.begin(), rules.end(), [&](const Rule& r) { return r.name == name; });
  return at == rules.end() ? nullptr : &*at;
}

template <class Rule>
std::vector<std::string> names_of(const std::vector<Rule>& rules) {
  std::vector<std::string> names;
  for (const auto& r : rules) names.push_back(r.name);
  return names;
}

/// The element that an element of this name belongs into, wherever in the grammar that is.
const element_rule* proper_parent(const element_rule& within, std::string_view name) {
  if (find_rule(within.children, name) != nullptr) return &within;
  for (const auto& child : within.children) {
    if (const auto* found = proper_parent(child, name)) return found;
  }
  return nullptr;
}

class walker {
 public:
  walker(const source_text& source, const element_rule& grammar, draft& into, findings& found)
      : source_(source), grammar_(grammar), into_(into), found_(found) {}

  void visit_all(const pugi::xml_node& root) { visit(root, grammar_, ""); }

 private:
  void visit(const pugi::xml_node& node, const element_rule& rule, const std::string& path) {
    const auto line = line_of(node);
    into_.from.note(path, {{}, line});
    const auto attributes = attributes_of(node, rule);
    const setting self{rule.name, text_of(node), line, attributes, found_};
    if (rule.ignore) return rule.ignore(self, into_);
    if (rule.begin) rule.begin(self, into_);
    read_attributes(rule, self, attributes, path);
    visit_children(node, rule, path);
    read_text(rule, self);
    if (rule.end) rule.end(self, into_);
  }

  int line_of(const pugi::xml_node& node) const { return source_.line_of(node.offset_debug()); }

  attribute_texts attributes_of(const pugi::xml_node& node, const element_rule& rule) {
    attribute_texts texts;
    for (const auto& attribute : node.attributes()) {
      if (is_about_namespaces(attribute.name())) continue;
      if (!texts.emplace(local_name(attribute.name()), std::string{trimmed(attribute.value())}).second)
        found_.error(line_of(node), "attribute " + std::string{attribute.name()} + " of <" + rule.name + "> is given twice");
    }
    return texts;
  }

  void read_attributes(const element_rule& rule, const setting& self, const attribute_texts& texts, const std::string& path) {
    for (const auto& [name, text] : texts) {
      const auto* known = find_rule(rule.attributes, name);
      if (known == nullptr) {
        self.error("unknown attribute " + in_quotes(name) + " of <" + rule.name + '>' +
                   did_you_mean(name, names_of(rule.attributes), "'", "'"));
        continue;
      }
      into_.from.note(path + "/@" + name, {{}, self.line()});
      read(known->read, setting{name, text, self.line(), texts, found_});
    }
  }

  void read_text(const element_rule& rule, const setting& self) {
    if (rule.read) {
      read(rule.read, self);
    } else if (!self.text().empty()) {
      self.error("unexpected text " + in_quotes(self.text()) + " in <" + rule.name + '>');
    }
  }

  /// Hazelcast would replace a variable by a value; taken literally it would mean something else.
  void read(const reader& how, const setting& s) {
    if (s.text().find("${") != std::string::npos) {
      s.error("variables are not replaced: write the value of " + s.name() + " itself (is " + in_quotes(s.text()) + ')');
    } else {
      how(s, into_);
    }
  }

  void visit_children(const pugi::xml_node& node, const element_rule& rule, const std::string& path) {
    std::map<std::string, std::pair<int, int>> seen;  // How often, and the first line.
    for (const auto& child : node.children()) {
      if (child.type() != pugi::node_element) continue;
      const auto name = local_name(child.name());
      const auto* known = find_rule(rule.children, name);
      if (known == nullptr) {
        found_.error(line_of(child), "unknown element <" + name + "> in <" + rule.name + '>' + advice(name, rule));
        continue;
      }
      auto& [times, first_line] = seen.try_emplace(name, 0, line_of(child)).first->second;
      ++times;
      if (times > 1 && !known->many) {
        found_.error(line_of(child),
                     '<' + name + "> is given twice in <" + rule.name + "> (the other is in line " + std::to_string(first_line) + ')');
        continue;
      }
      const auto below = path.empty() ? name : path + '/' + name;
      visit(child, *known, known->many ? below + '[' + std::to_string(times) + ']' : below);
    }
  }

  [[nodiscard]] std::string advice(const std::string& name, const element_rule& rule) const {
    if (auto near = did_you_mean(name, names_of(rule.children)); !near.empty()) return near;
    const auto* parent = proper_parent(grammar_, name);
    return parent == nullptr ? std::string{} : "; it belongs into <" + parent->name + '>';
  }

  const source_text& source_;
  const element_rule& grammar_;
  draft& into_;
  findings& found_;
};

/// Whose file it is that begins so, for who took it for another.
std::string_view owner_of(std::string_view root) {
  if (root == "hazelcast") return ", as in a member's file";
  return root == "hazelcast-client" ? ", as in a client's file" : "";
}

/// The root element, when there is one and nothing else.
std::optional<pugi::xml_node> only_root(const pugi::xml_document& document, const std::string& expected, const source_text& source, findings& found) {
  std::optional<pugi::xml_node> root;
  for (const auto& node : document.children()) {
    if (node.type() != pugi::node_element) continue;
    if (root) {
      found.error(source.line_of(node.offset_debug()), "a second root element <" + local_name(node.name()) + ">");
      return std::nullopt;
    }
    root = node;
  }
  if (!root) return root;
  if (const auto name = local_name(root->name()); name != expected) {
    found.error(source.line_of(root->offset_debug()), "the root element must be <" + expected + "> (is <" + name + '>' + std::string{owner_of(name)} + ')');
    return std::nullopt;
  }
  return root;
}

/// Its entities would not be expanded (so nothing grows), and be taken for text.
void refuse_doctype(const pugi::xml_document& document, const source_text& source, findings& found) {
  for (const auto& node : document.children()) {
    if (node.type() == pugi::node_doctype) found.error(source.line_of(node.offset_debug()), "a DOCTYPE is not supported: write out what its entities stand for");
  }
}

void check_zones(const draft& d, findings& found) {
  if (d.wants_zones && d.config.zone.empty())
    found.warning(d.wants_zones_line, "group-type 'ZONE_AWARE' has no effect: this member's zone is unknown; see <zone> under <troupe>");
}

}  // namespace

void read_document(std::string_view text, const element_rule& grammar, draft& into, findings& found) {
  const source_text source{text};
  if (const auto at = source.not_utf8_at()) return found.error(source.line_of(*at), "the file is not UTF-8 text");
  pugi::xml_document document;
  const auto outcome = document.load_buffer(text.data(), text.size(), pugi::parse_default | pugi::parse_doctype, pugi::encoding_utf8);
  if (!outcome) return found.error(source.line_of(outcome.offset), std::string{"malformed XML: "} + outcome.description());
  refuse_doctype(document, source, found);
  if (const auto root = only_root(document, grammar.name, source, found)) walker{source, grammar, into, found}.visit_all(*root);
  check_zones(into, found);
}

}  // namespace troupe::config
