/// \file
/// What `main` of each load generator does around its load.
#pragma once

#include <exception>
#include <functional>
#include <iostream>
#include <string>

#include <troupe/node/config/argument_parser.hpp>

#include "workload.hpp"

namespace troupe::bench {

/// Parses, then runs; failures are said on standard error. The exit status.
inline int run_program(CLI::App& app, int argc, const char* const* argv, const std::function<void()>& run) {
  if (const auto stop = parse_arguments(app, argc, argv)) {
    (stop->status == 0 ? std::cout : std::cerr) << stop->text;
    return stop->status;
  }
  try {
    run();
    return 0;
  } catch (const std::exception& e) {
    std::cerr << app.get_name() << ": " << e.what() << '\n';
    return 1;
  }
}

}  // namespace troupe::bench
