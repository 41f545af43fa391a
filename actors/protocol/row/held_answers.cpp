#include <troupe/actors/protocol/row/held_answers.hpp>

namespace troupe::protocol {

held_place& held_answers::new_place() {
  auto& place = places_.take_back_slot();
  place.has_writer = false;
  return place;
}

void held_answers::add_write(origin_id writer, reply answer) {
  auto& place = new_place();
  place.has_writer = true;
  place.writer = writer;
  place.answer = std::move(answer);
}

void held_answers::add_unowned() { static_cast<void>(new_place()); }

void held_answers::add_read(seq_number position, held_read read) {
  TROUPE_INVARIANT(7, position > committed_ && position.value() - committed_.value() <= places_.size());
  places_[position.value() - committed_.value() - 1].reads.push_back(std::move(read));
  ++reads_;
}

void held_answers::pop() {
  auto& place = places_.front();
  reads_ -= place.reads.size();
  place.reads.clear();  // Keeps its capacity for the place's next use.
  place.answer = {};
  places_.pop_front();
  committed_ = committed_.next();
}

void held_answers::forget(origin_id origin) {
  for (std::size_t i = 0; i < places_.size(); ++i) {
    auto& place = places_[i];
    if (place.has_writer && place.writer == origin) {
      place.has_writer = false;
      place.answer = {};
    }
    reads_ -= std::erase_if(place.reads, [origin](const held_read& r) { return r.to == origin; });
  }
}

}  // namespace troupe::protocol
