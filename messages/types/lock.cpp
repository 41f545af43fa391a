#include <troupe/messages/types/lock.hpp>

namespace troupe {

namespace {

constexpr std::size_t number_bytes = 8;

void append(std::string& to, std::uint64_t number) {
  for (std::size_t i = number_bytes; i-- > 0;) to.push_back(static_cast<char>(number >> 8 * i & 0xff));
}

std::uint64_t number_at(std::string_view text) {
  std::uint64_t number = 0;
  for (const char c : text.substr(0, number_bytes)) number = number << 8 | static_cast<unsigned char>(c);
  return number;
}

}  // namespace

blob fence_text(const lock_fence& fence) {
  std::string text;
  append(text, fence.epoch.value());
  append(text, fence.seq.value());
  return blob{text};
}

lock_fence fence_of(const blob& text, epoch_number epoch, seq_number seq) {
  if (text.size() != 2 * number_bytes) return {epoch, seq};
  return {epoch_number{number_at(text.view())}, seq_number{number_at(text.view().substr(number_bytes))}};
}

blob hold_text(write_number number) {
  std::string text;
  append(text, number.value());
  return blob{text};
}

std::optional<write_number> hold_of(const blob& text) {
  return text.size() == number_bytes ? std::optional{write_number{number_at(text.view())}} : std::nullopt;
}

std::string to_string(const lock_fence& fence) { return std::to_string(fence.epoch.value()) + '.' + std::to_string(fence.seq.value()); }

}  // namespace troupe
