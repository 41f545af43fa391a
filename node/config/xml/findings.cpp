#include <troupe/node/config/xml/findings.hpp>

#include <algorithm>

#include <troupe/node/config/text.hpp>

namespace troupe::config {

origin origins::find(std::string path) const {
  while (true) {
    if (const auto at = by_path_.find(path); at != by_path_.end()) return at->second;
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return {};
    path.resize(slash);
  }
}

void findings::add(const config_problem& problem, const origins& from) {
  auto text = problem.text;
  if (const auto other = from.find(problem.other); !problem.other.empty() && other.line > 0)
    text += " (the other is in line " + std::to_string(other.line) + ')';
  add(from.find(problem.where), std::move(text), problem.severity);
}

std::string findings::place(const origin& from) const {
  if (!from.flag.empty()) return from.flag + ": ";
  if (file_name_.empty()) return {};
  return from.line > 0 ? file_name_ + ':' + std::to_string(from.line) + ": " : file_name_ + ": ";
}

void findings::deliver(std::vector<std::string>& errors, std::vector<std::string>& warnings) const {
  auto sorted = all_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const finding& a, const finding& b) { return a.from.line < b.from.line; });
  for (const auto& f : sorted) (f.severity == severity::error ? errors : warnings).push_back(on_one_line(place(f.from) + f.text));
}

}  // namespace troupe::config
