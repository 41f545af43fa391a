/// \file
/// How much may be under way to each member at once: also a peer that reads must not be given more than its link can hold.
#pragma once

#include <cstddef>
#include <unordered_map>
#include <utility>

#include <troupe/messages/types/ids.hpp>
#include <troupe/messages/types/view.hpp>

namespace troupe::protocol {

/// Counts bytes by member. Requires: it outlives the shares that it gives.
class send_window {
 public:
  /// What one operation takes of the window to one member, until it is given back; at the latest at the end of the share's life.
  class share {
   public:
    share() = default;
    share(share&& other) noexcept : used_{std::exchange(other.used_, nullptr)}, bytes_{other.bytes_} {}
    share& operator=(share&& other) noexcept {
      give_back();
      used_ = std::exchange(other.used_, nullptr);
      bytes_ = other.bytes_;
      return *this;
    }
    ~share() { give_back(); }
    void give_back() {
      if (auto* used = std::exchange(used_, nullptr)) *used -= bytes_;
    }

   private:
    friend class send_window;
    share(std::size_t& used, std::size_t bytes) : used_{&used}, bytes_{bytes} { used += bytes; }

    std::size_t* used_ = nullptr;
    std::size_t bytes_ = 0;
  };

  explicit send_window(std::size_t bytes_max) : bytes_max_{bytes_max} {}

  /// What is larger than the whole window goes alone.
  [[nodiscard]] bool has_room(member_no to, std::size_t bytes) const {
    const auto at = used_.find(to);
    return at == used_.end() || at->second == 0 || at->second + bytes <= bytes_max_;
  }
  [[nodiscard]] share take(member_no to, std::size_t bytes) { return {used_[to], bytes}; }
  /// Forgets members to which nothing is under way.
  void keep_only(const view& v) {
    std::erase_if(used_, [&](const auto& u) { return u.second == 0 && !v.has(u.first); });
  }

 private:
  std::size_t bytes_max_;
  std::unordered_map<member_no, std::size_t> used_;  // Shares point into it: a node stays where it is.
};

}  // namespace troupe::protocol
