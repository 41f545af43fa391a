// troupe-sim: whole clusters on virtual time, a seed at a time.
#include <exception>
#include <iostream>
#include <variant>

#include "tests/sim/batch.hpp"

int main(int argc, char** argv) try {
  const auto parsed = troupe::sim::parse_sim_command_line(argc, argv);
  if (const auto* stop = std::get_if<troupe::exit_now>(&parsed)) {
    (stop->status == troupe::exit_done ? std::cout : std::cerr) << stop->text;
    return stop->status;
  }
  const auto& command = std::get<troupe::sim::sim_command>(parsed);
  for (const auto& note : command.notes) std::cerr << "troupe-sim: " << note << '\n';
  if (command.print) std::cout << std::unitbuf;  // Whatever ends the process, what led to it has been said.
  if (command.hunts_mutants) return troupe::sim::hunt_batch(command, std::cout);
  return command.replay ? troupe::sim::replay_batch(command, std::cout) : troupe::sim::run_batch(command, std::cout);
} catch (const std::exception& e) {
  std::cerr << "troupe-sim: " << e.what() << '\n';
  return troupe::exit_usage;
}
