/// \file
/// What happens when an exception leaves a handler of an actor of ours: a bug, so the process ends, loudly. CAF on its own would end the
/// actor and tell nobody: calls would wait for ever in a process that looks alive.
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
    return "not a std::exception";
  }
}

template <class Self>
void abort_on_exceptions(Self* self) {
  self->set_exception_handler([name = self->name()](std::exception_ptr& thrown) -> caf::error {
    std::fprintf(stderr, "bug actor=%s exception=\"%s\"\n", name, describe(thrown).c_str());
    std::abort();
  });
}

}  // namespace troupe
