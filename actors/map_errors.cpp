#include <troupe/actors/cluster_listener.hpp>
#include <troupe/actors/map_api.hpp>

#include <utility>

namespace troupe {

namespace {

std::string text_of(failure why, std::string_view detail) {
  std::string text{to_string(why)};
  return detail.empty() ? text : text + ": " + std::string{detail};
}

std::string context_of(const caf::error& e) { return e.context().match_elements<std::string>() ? e.context().get_as<std::string>(0) : std::string{}; }

bool is_ours(const caf::error& e) { return compat::is_of<not_applied_error>(e) || compat::is_of<indeterminate_error>(e); }

}  // namespace

void register_types(caf::actor_system_config& config) {
  compat::add_message_types<caf::id_block::troupe>(config);
  compat::add_message_types<caf::id_block::troupe_cluster>(config);
}

caf::error make_map_error(outcome result, failure why, std::string_view detail) {
  const auto code = static_cast<std::uint8_t>(static_cast<std::uint8_t>(why) + 1);
  if (result == outcome::indeterminate) return compat::make_error(indeterminate_error{code}, text_of(why, detail));
  return compat::make_error(not_applied_error{code}, text_of(why, detail));
}

caf::error make_type_error(outcome result, std::string text) {
  return compat::make_error(type_error{static_cast<std::uint8_t>(static_cast<std::uint8_t>(result) + 1)}, std::move(text));
}

bool is_type_error(const caf::error& e) { return compat::is_of<type_error>(e); }

outcome outcome_of(const caf::error& e) {
  if (is_type_error(e)) return static_cast<outcome>(e.code() - 1);
  return compat::is_of<not_applied_error>(e) ? outcome::not_applied : outcome::indeterminate;
}

std::optional<failure> failure_of(const caf::error& e) {
  if (!is_ours(e)) return std::nullopt;
  return static_cast<failure>(e.code() - 1);
}

std::string describe(const caf::error& e) {
  if (is_type_error(e)) return std::string{outcome_of(e) == outcome::ok ? "done, but " : "not applied: "} + context_of(e);
  const auto why = failure_of(e);
  if (!why && compat::is_gone(e)) return "indeterminate: the map's actor has ended, as its member or client was stopped";
  if (!why && e == caf::sec::request_timeout) return "indeterminate: the request's own time passed";
  if (!why) return "outside of the map: code " + std::to_string(e.code()) + " of category " + compat::category_name(e);
  const auto text = context_of(e);
  return std::string{to_string(outcome_of(e))} + ": " + (text.empty() ? std::string{to_string(*why)} : text);
}

}  // namespace troupe
