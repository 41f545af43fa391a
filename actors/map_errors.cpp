#include <troupe/actors/map_api.hpp>

#include <utility>

namespace troupe {

namespace {

// The outcome is the category of the error, the failure its code (codes start with 1: 0 means no error to CAF).
constexpr auto not_applied_category = caf::atom("trpNotDone");
constexpr auto indeterminate_category = caf::atom("trpUnknown");
// Here the code is the outcome, also from 1 on.
constexpr auto type_category = caf::atom("trpType");

std::string text_of(failure why, std::string_view detail) {
  std::string text{to_string(why)};
  return detail.empty() ? text : text + ": " + std::string{detail};
}

std::string context_of(const caf::error& e) { return e.context().match_elements<std::string>() ? e.context().get_as<std::string>(0) : std::string{}; }

bool is_ours(const caf::error& e) { return e.category() == not_applied_category || e.category() == indeterminate_category; }

}  // namespace

void register_types(caf::actor_system_config& config) { config.add_message_types<caf::id_block::troupe>(); }

caf::error make_map_error(outcome result, failure why, std::string_view detail) {
  const auto category = result == outcome::indeterminate ? indeterminate_category : not_applied_category;
  return caf::error{static_cast<std::uint8_t>(static_cast<std::uint8_t>(why) + 1), category, caf::make_message(text_of(why, detail))};
}

caf::error make_type_error(outcome result, std::string text) {
  return caf::error{static_cast<std::uint8_t>(static_cast<std::uint8_t>(result) + 1), type_category, caf::make_message(std::move(text))};
}

bool is_type_error(const caf::error& e) { return e.category() == type_category; }

outcome outcome_of(const caf::error& e) {
  if (is_type_error(e)) return static_cast<outcome>(e.code() - 1);
  return e.category() == not_applied_category ? outcome::not_applied : outcome::indeterminate;
}

std::optional<failure> failure_of(const caf::error& e) {
  if (!is_ours(e)) return std::nullopt;
  return static_cast<failure>(e.code() - 1);
}

std::string describe(const caf::error& e) {
  if (is_type_error(e)) return std::string{to_string(outcome_of(e))} + ": " + context_of(e);
  const auto why = failure_of(e);
  const bool is_gone = e == caf::sec::request_receiver_down || e == caf::exit_reason::user_shutdown;
  if (!why && is_gone) return "indeterminate: the map's actor has ended, as its member or client was stopped";
  if (!why && e == caf::sec::request_timeout) return "indeterminate: the request's own time passed";
  if (!why) return "outside of the map: code " + std::to_string(e.code()) + " of category " + caf::to_string(e.category());
  const auto text = context_of(e);
  return std::string{to_string(outcome_of(e))} + ": " + (text.empty() ? std::string{to_string(*why)} : text);
}

}  // namespace troupe
