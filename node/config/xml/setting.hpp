/// \file
/// A value as it stands in the file: the text of an element or attribute, with readers that report what they can't read.
#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <troupe/node/config/xml/findings.hpp>

namespace troupe::config {

using attribute_texts = std::map<std::string, std::string>;

class setting {
 public:
  setting(std::string name, std::string text, int line, const attribute_texts& attributes, findings& found)
      : name_(std::move(name)), text_(std::move(text)), line_(line), attributes_(attributes), found_(found) {}
  /// A part of `whole`, under a name of its own.
  setting(std::string name, const setting& whole) : setting(std::move(name), whole.text_, whole.line_, whole.attributes_, whole.found_) {}

  [[nodiscard]] const std::string& name() const { return name_; }
  /// Without the white space around it.
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] int line() const { return line_; }
  /// Of the element that this is, or belongs to; empty when it is not there.
  [[nodiscard]] std::string attribute(const std::string& attribute_name) const;
  [[nodiscard]] bool is_one_of(std::initializer_list<std::string_view> texts) const;  ///< whatever the case

  /// Nothing, and an error, when the text is no whole number from `smallest` to `largest`.
  [[nodiscard]] std::optional<long long> whole(long long smallest, long long largest) const;
  /// true, yes, on; false, no, off; whatever the case. Else nothing, and an error.
  [[nodiscard]] std::optional<bool> flag() const;
  /// A number with a fraction. Else nothing, and an error.
  [[nodiscard]] std::optional<double> fraction() const;

  void error(std::string text) const { found_.error(line_, std::move(text)); }
  void warning(std::string text) const { found_.warning(line_, std::move(text)); }
  void warning_in(int other_line, std::string text) const { found_.warning(other_line, std::move(text)); }

 private:
  std::string name_;
  std::string text_;
  int line_;
  const attribute_texts& attributes_;
  findings& found_;
};

/// The text in single quotes, shortened to what fits a message.
[[nodiscard]] std::string in_quotes(std::string_view text);

/// Sets `to` to what the text stands for, whatever its case, or says which words are allowed.
template <class Value>
void read_choice(const setting& s, Value& to, std::initializer_list<std::pair<std::string_view, Value>> words, std::string_view problem) {
  for (const auto& [word, value] : words) {
    if (!s.is_one_of({word})) continue;
    to = value;
    return;
  }
  s.error(std::string{problem} + " (is " + in_quotes(s.text()) + ')');
}

}  // namespace troupe::config
