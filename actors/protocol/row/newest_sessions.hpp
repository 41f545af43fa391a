/// \file
/// The sessions of a row as its primary must see them: the committed ones, and over them the writes that have not committed yet.
#pragma once

#include <functional>

#include <troupe/actors/protocol/row/flat_map.hpp>
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
  struct write_name {
    client_id client;
    write_number number;
    friend bool operator==(const write_name&, const write_name&) = default;
  };
  struct write_name_hash {
    using is_avalanching = void;
    std::size_t operator()(const write_name& n) const noexcept { return absorb(std::hash<client_id>{}(n.client), n.number.value()); }
  };

  const row_sessions& committed_;
  flat_map<write_name, seq_number, write_name_hash, std::equal_to<write_name>> pending_;  // Where its record is.
};

}  // namespace troupe::protocol
