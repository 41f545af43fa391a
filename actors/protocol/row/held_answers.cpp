#include <troupe/actors/protocol/row/held_answers.hpp>

namespace troupe::protocol {

held_place& held_answers::new_place() {
  auto& place = places_.take_back_slot();
  place.has_writer = false;
  return place;
}

void held_answers::add_write(origin_id writer, reply answer, std::uint8_t copies_min, std::optional<instant> since) {
  auto& place = new_place();
  place.has_writer = true;
  place.writer = writer;
  place.answer = std::move(answer);
  place.copies_min = copies_min;
  place.since = since;
}

void held_answers::add_unowned() { static_cast<void>(new_place()); }

held_place& held_answers::place_of(seq_number position) {
  TROUPE_INVARIANT(7, position > committed_ && position.value() - committed_.value() <= places_.size());
  return places_[position.value() - committed_.value() - 1];
}

void held_answers::add_read(seq_number position, held_read read) {
  place_of(position).reads.push_back(std::move(read));
  ++waiting_;
}

void held_answers::add_repeat(seq_number position, const held_repeat& repeat) {
  place_of(position).repeats.push_back(repeat);
  ++waiting_;
}

void held_answers::pop() {
  auto& place = places_.front();
  waiting_ -= place.reads.size() + place.repeats.size();
  place.reads.clear();  // They keep their capacity for the place's next use.
  place.repeats.clear();
  place.answer = {};
  places_.pop_front();
  committed_ = committed_.next();
}

void held_answers::forget(origin_id origin) {
  const auto is_its = [origin](const auto& held) { return held.to == origin; };
  for (std::size_t i = 0; i < places_.size(); ++i) {
    auto& place = places_[i];
    if (place.has_writer && place.writer == origin) {
      place.has_writer = false;
      place.answer = {};
    }
    waiting_ -= std::erase_if(place.reads, is_its) + std::erase_if(place.repeats, is_its);
  }
}

}  // namespace troupe::protocol
