// troupe: the command line of a cluster.
#include <exception>
#include <iostream>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <troupe/node/cli/arguments.hpp>
#include <troupe/node/cli/commands.hpp>
#include <troupe/node/programs/connected_map_client.hpp>
#include <troupe/node/programs/ctrl_c.hpp>

namespace {

std::size_t terminal_columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

int run(const troupe::cli::request& request) {
  // SIGPIPE stays as it is: a reader that has seen enough ends us quietly. Connections don't raise it.
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("troupe", std::make_shared<spdlog::sinks::stderr_color_sink_mt>()));
  spdlog::set_level(spdlog::level::off);
  std::ios::sync_with_stdio(false);
  caf::actor_system_config config;
  caf::actor_system system{config};
  troupe::client_config client_config;
  client_config.cluster_name = request.cluster_name;
  client_config.connect = request.connect;
  client_config.log_level = troupe::log_level::off;  // What a person needs to know, the commands say.
  troupe::client wire{system, client_config};
  troupe::cli::connected_map_client client{wire};
  troupe::cli::ctrl_c interrupt;
  troupe::cli::interruptible_input standard_input;
  std::istream in{&standard_input};
  const troupe::cli::console io{in, std::cout, std::cerr, interrupt, isatty(STDOUT_FILENO) == 1, isatty(STDERR_FILENO) == 1,
                                 terminal_columns()};
  return troupe::cli::run(request, client, io);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    auto parsed = troupe::cli::parse_arguments(argc, argv);
    if (const auto* now = std::get_if<troupe::exit_now>(&parsed)) {
      auto& to = now->status == troupe::exit_done ? std::cout : std::cerr;
      return (to << now->text).flush() ? now->status : troupe::exit_no;
    }
    return run(std::get<troupe::cli::request>(parsed));
  } catch (const std::exception& e) {
    std::cerr << "troupe: " << e.what() << '\n';
    return troupe::exit_usage;
  }
}
