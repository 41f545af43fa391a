/// \file
/// The sessions of a row as its primary must see them: the committed ones, and over them the writes that have not committed yet.
#pragma once

#include <deque>
#include <memory>
#include <memory_resource>
#include <unordered_map>

#include <troupe/actors/protocol/row/sessions.hpp>

namespace troupe::protocol {

class newest_sessions {
 public:
  /// `committed` must outlive this.
  explicit newest_sessions(const row_sessions& committed) : committed_(committed) {}

  enum class standing : std::uint8_t {
    fresh,    ///< it has certainly not been done
    pending,  ///< its record is at `at`, not committed
    done,     ///< and this is what became of it
    unknown,  ///< nobody here can tell any more
  };
  struct finding {
    standing what = standing::fresh;
    seq_number at;
    const write_result* result = nullptr;  ///< valid until the next change
  };
  /// `since`: a position that had committed before the client first sent this write.
  [[nodiscard]] finding find(const write_stamp& which, seq_number since) const;

  /// `r` is the newest record of the log.
  void add(const record& r);
  /// `r`, the oldest pending record, has committed and is in the committed sessions now.
  void settle(const record& r);

 private:
  struct pending_write {
    write_number number;
    seq_number at;
  };
  struct pending_session {
    explicit pending_session(std::pmr::memory_resource* pool) : writes(pool) {}
    std::pmr::deque<pending_write> writes;
    write_number highest;
  };
  [[nodiscard]] seq_number pending_at(const write_stamp& which) const;

  const row_sessions& committed_;
  // Pooled: clients come and go with every few writes.
  std::unique_ptr<std::pmr::memory_resource> pool_ = std::make_unique<std::pmr::unsynchronized_pool_resource>();
  std::pmr::unordered_map<client_id, pending_session> pending_{pool_.get()};
};

}  // namespace troupe::protocol
