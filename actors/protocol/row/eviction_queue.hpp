/// \file
/// Which entry of one map goes next: the primary's own, made anew by each.
///
/// The entries stand in a line, and whoever has been asked for since it last stood in front goes back to the end (Corbató's clock). That costs
/// the key once more and a byte for each entry, nothing for a read but finding its byte, and comes close to what exact books would say. The
/// bytes stand in a table without collision handling: an entry can pass for one that was asked for when another was, never the reverse.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

#include <troupe/messages/types/blob.hpp>
#include <troupe/messages/types/eviction.hpp>

namespace troupe::protocol {

class eviction_queue {
 public:
  /// What becomes of an entry that stands in front.
  enum class standing {
    gone,    ///< it is not there any more: it leaves the line
    may_go,
    spared,  ///< it must stay now
  };

  explicit eviction_queue(eviction_policy policy) : policy_(policy) {}

  /// A new entry; it goes to the end. A key may stand in line more than once, if it was removed and is back.
  void add(const blob& key);
  void note_access(std::string_view key);
  /// Takes the next one out of the line, after a bounded number of looks; nothing where none may go. `judge(key)` says how it stands.
  template <class Judge>
  [[nodiscard]] std::optional<blob> take(Judge judge) {
    std::size_t best = looks_max;  // The coldest of those that were sent back, counted from the end of the line when it was.
    std::uint8_t best_heat = 0;
    std::size_t sent_back = 0;
    for (auto left = line_.size(), looks = std::size_t{0}; left > 0 && looks < looks_max; --left) {
      auto key = take_front(left);
      const auto stands = judge(key);
      if (stands == standing::gone) continue;
      ++looks;
      const auto heat = stands == standing::may_go ? cool(key.view()) : std::uint8_t{0};
      if (stands == standing::may_go && heat == 0) return key;
      line_.push_back(std::move(key));
      if (stands == standing::may_go && (best == looks_max || heat < best_heat)) best = sent_back, best_heat = heat;
      ++sent_back;
    }
    if (best == looks_max) return std::nullopt;
    return take_at(line_.size() - sent_back + best);
  }

  [[nodiscard]] std::size_t size() const { return line_.size(); }
  void clear();

 private:
  /// Of entries that stay, before one goes that should have stayed.
  static constexpr std::size_t looks_max = 32;

  /// Random: one of the first `unseen`, behind which are those that were sent back.
  [[nodiscard]] blob take_front(std::size_t unseen);
  [[nodiscard]] blob take_at(std::size_t place);
  /// How often it was asked for, as far as the policy cares; some of that is forgotten now.
  [[nodiscard]] std::uint8_t cool(std::string_view key);
  [[nodiscard]] std::uint8_t& heat_of(std::string_view key);

  eviction_policy policy_;
  std::deque<blob> line_;
  std::vector<std::uint8_t> heat_;  ///< by the digest of the key; as many as a power of two
  std::uint64_t drawn_ = 0;         ///< random: how many
};

}  // namespace troupe::protocol
