/// \file
/// Where a scan goes on: the text that an application carries from one page to the next.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <troupe/messages/types/blob.hpp>
#include <troupe/messages/types/ids.hpp>

namespace troupe::protocol {

struct scan_cursor {
  partition_id partition;
  std::optional<blob> after;  ///< the last key seen of this partition; nothing: from its start

  friend bool operator==(const scan_cursor&, const scan_cursor&) = default;
};

/// Printable ASCII: the partition, and in hexadecimal the key.
[[nodiscard]] std::string to_string(const scan_cursor& c);
/// Nothing when the text is not one of to_string(), or names a partition that does not exist. The empty text is the start.
[[nodiscard]] std::optional<scan_cursor> parse_cursor(std::string_view text, std::uint32_t partition_count);

}  // namespace troupe::protocol
