/// \file
/// Bytes of keys and values as they are written and read, piece by piece. What is read may be anything: no input makes a reader do more
/// than refuse it.
///
/// Numbers are big-endian. A count, and the length of what does not know its own end, is a number of 32 bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace troupe {

/// How deeply values may contain values. Only types that contain themselves get there: whoever reads bytes of unknown origin must not run
/// out of stack.
inline constexpr unsigned encoding_depth_max = 100;

/// What is written may have no encoding: something of 4 GiB and more, or nested too deeply. That makes the whole of it useless, and is
/// asked about at the end.
class byte_writer {
 public:
  void append(std::string_view bytes) { bytes_.append(bytes); }
  void append(std::uint8_t byte) { bytes_.push_back(static_cast<char>(byte)); }
  void count(std::size_t n) {
    if (n > std::numeric_limits<std::uint32_t>::max()) return fail();
    for (int shift = 24; shift >= 0; shift -= 8) append(static_cast<std::uint8_t>(n >> shift));
  }
  /// A value in a form that knows its own end; see encoding.hpp.
  template <class T>
  void write(const T& value);

  void fail() { failed_ = true; }
  [[nodiscard]] bool failed() const { return failed_; }
  /// An empty writer, as deep in values as this one.
  [[nodiscard]] byte_writer apart() const {
    byte_writer w;
    w.depth_ = depth_;
    return w;
  }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] std::string_view written() const { return bytes_; }

 private:
  friend class nesting;
  std::string bytes_;
  unsigned depth_ = 0;
  bool failed_ = false;
};

class byte_reader {
 public:
  explicit byte_reader(std::string_view bytes) : left_{bytes} {}

  [[nodiscard]] std::string_view left() const { return left_; }
  [[nodiscard]] bool at_end() const { return left_.empty(); }
  /// The next so many bytes; nothing when there are fewer.
  [[nodiscard]] std::optional<std::string_view> take(std::size_t n) {
    if (n > left_.size()) return std::nullopt;
    const auto taken = left_.substr(0, n);
    left_.remove_prefix(n);
    return taken;
  }
  [[nodiscard]] std::optional<std::uint8_t> byte() {
    const auto b = take(1);
    if (!b) return std::nullopt;
    return static_cast<std::uint8_t>(b->front());
  }
  [[nodiscard]] std::optional<std::uint32_t> count() {
    const auto four = take(4);
    if (!four) return std::nullopt;
    std::uint32_t n = 0;
    for (const char c : *four) n = n << 8 | static_cast<std::uint8_t>(c);
    return n;
  }
  /// How many elements follow. Each takes a byte or more, so that no count asks for more memory than the bytes that there are.
  [[nodiscard]] std::optional<std::uint32_t> element_count() {
    const auto n = count();
    if (!n || *n > left_.size()) return std::nullopt;
    return n;
  }
  /// A value that byte_writer::write has written; nothing when these bytes are none.
  template <class T>
  [[nodiscard]] std::optional<T> read();

 private:
  friend class nesting;
  std::string_view left_;
  unsigned depth_ = 0;
};

/// One level of values in values, for as long as it lives.
class nesting {
 public:
  template <class Stream>
  explicit nesting(Stream& in) : depth_{in.depth_} {
    ++depth_;
  }
  ~nesting() { --depth_; }
  nesting(const nesting&) = delete;
  nesting& operator=(const nesting&) = delete;
  [[nodiscard]] bool is_too_deep() const { return depth_ > encoding_depth_max; }

 private:
  unsigned& depth_;
};

}  // namespace troupe
