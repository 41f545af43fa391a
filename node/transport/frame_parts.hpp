/// \file
/// Cuts what waits for a peer into parts that fit a frame.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include <troupe/messages/codec/codec.hpp>

namespace troupe {

/// Calls `emit(std::vector<T>)` with consecutive parts of `batch`, each of which fits a frame of `frame_bytes_max`. An element that is
/// too large for any frame travels alone (the size limits of a cluster see to it that there is none).
template <class T, class Emit>
void in_frame_parts(std::vector<T> batch, std::size_t frame_bytes_max, Emit emit) {
  const auto budget = frame_bytes_max - codec::frame_overhead_bytes;
  std::size_t total = 0;
  for (const auto& x : batch) total += codec::encoded_bytes(x);
  if (total <= budget) {
    if (!batch.empty()) emit(std::move(batch));
    return;
  }
  std::vector<T> part;
  std::size_t bytes = 0;
  for (auto& x : batch) {
    const auto size = codec::encoded_bytes(x);
    if (!part.empty() && bytes + size > budget) {
      emit(std::exchange(part, {}));
      bytes = 0;
    }
    bytes += size;
    part.push_back(std::move(x));
  }
  if (!part.empty()) emit(std::move(part));
}

}  // namespace troupe
