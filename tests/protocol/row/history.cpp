#include <stdexcept>

#include "row_world.hpp"

namespace troupe::protocol::scene {

namespace {

/// What the record says of the key: nothing, or its value (nothing inside: not there any more).
std::optional<std::optional<std::string>> word_on(const std::string& key, const record& r) {
  if (const auto* p = std::get_if<put_entry>(&r.body); p != nullptr && p->key.view() == key) return std::string{p->value.view()};
  if (const auto* e = std::get_if<erase_entry>(&r.body); e != nullptr && e->key.view() == key) return std::optional<std::string>{};
  if (std::holds_alternative<clear_map>(r.body)) return std::optional<std::string>{};
  return std::nullopt;
}

}  // namespace

void history::committed(const std::vector<record>& tail, seq_number up_to) {
  for (const auto& r : tail) {
    if (r.seq > up_to) return;
    const auto position = r.seq.value();
    if (position <= length()) {
      if (!(at(position) == r)) throw std::logic_error("invariant 5: position " + std::to_string(position) + " changed");
    } else if (position == length() + 1) {
      records_.push_back(r);
    }
  }
}

void history::sums(seq_number at, std::uint64_t checksum) {
  const auto [known, is_new] = sums_.try_emplace(at.value(), checksum);
  if (!is_new && known->second != checksum) throw std::logic_error("invariant 14: checksums differ at " + std::to_string(at.value()));
}

std::optional<std::string> history::value_at(const std::string& key, std::uint64_t position) const {
  for (auto p = position; p > 0; --p) {
    if (const auto word = word_on(key, at(p))) return *word;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> history::seen_since(const std::string& key, const std::optional<std::string>& value, std::uint64_t floor) const {
  for (auto p = length(); p > 0; --p) {
    const auto word = word_on(key, at(p));
    if (!word) continue;
    if (*word == value) return p;
    if (p <= floor) return std::nullopt;
  }
  return value ? std::nullopt : std::optional<std::uint64_t>{0};
}

}  // namespace troupe::protocol::scene
