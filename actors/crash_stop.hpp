/// \file
/// What becomes of a member when one of the actors that its promises rest on fails: it ends, at once.
///
/// CAF would end the actor alone. The member would go on to be heard, and so keep its place in every row, while one of its rows, or its
/// membership, does nothing any more. The others survive a member that stops (DESIGN section 4); they can't survive one that half lives.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include <troupe/actors/caf_compat.hpp>

namespace troupe {

/// For people.
[[nodiscard]] inline std::string describe(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "something that is no std::exception";
  }
}

[[noreturn]] inline void stop_by_exception(const char* actor, const std::exception_ptr& why) {
  std::fprintf(stderr, "actor_failed actor=%s error=\"%s\"\n", actor, describe(why).c_str());
  std::abort();
}

/// From now on an exception that leaves a handler of this actor ends the process, with a line on standard error.
template <class Self>
void stop_on_exception(Self* self, const char* actor) {
  self->set_exception_handler([actor](std::exception_ptr& why) -> caf::error { stop_by_exception(actor, why); });
}

}  // namespace troupe
