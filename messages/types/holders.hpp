/// \file
/// Who holds a write: a few members, in place, since each answer to a write carries them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <troupe/messages/types/ids.hpp>

namespace troupe {

class holders {
 public:
  /// One more than a row with the most backups has. While rows move there may be more that hold a write: these are the first of them.
  static constexpr std::size_t size_max = 8;

  holders() = default;
  /// Of members in ascending order.
  template <class Range>
  explicit holders(const Range& members) {
    for (const member_no m : members) {
      if (size_ == size_max) break;
      members_[size_++] = m;
    }
  }

  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] auto begin() const { return members_.begin(); }
  [[nodiscard]] auto end() const { return members_.begin() + size_; }
  [[nodiscard]] bool contains(member_no m) const { return std::binary_search(begin(), end(), m); }

  friend bool operator==(const holders&, const holders&) = default;  // What is not used is `nobody`.

 private:
  std::array<member_no, size_max> members_{};
  std::uint8_t size_ = 0;
};

}  // namespace troupe
