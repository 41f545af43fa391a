#include "scripted_member.hpp"

#include <utility>

namespace troupe::test {

scripted_member::scripted_member(std::uint8_t n, std::uint16_t port) : id_{member_named(n)} {
  auto settings = listening_member::any_port();
  settings.at.port = port;
  settings.port_count = 1;
  const auto handler = [this](accepted_link& link, const any_frame& frame) {
    if (const auto* message = std::get_if<any_client_message>(&frame)) on_frame(link, *message);
  };
  member_ = std::make_unique<listening_member>(settings, id_, handler);
}

void scripted_member::shows(view_ptr v) {
  const std::lock_guard lock{mutex_};
  view_ = std::move(v);
}

void scripted_member::on_command(command_script script) {
  const std::lock_guard lock{mutex_};
  command_ = std::move(script);
}

void scripted_member::on_operation(operation_script script) {
  const std::lock_guard lock{mutex_};
  operation_ = std::move(script);
}

void scripted_member::on_frame(accepted_link& link, const any_client_message& message) {
  const std::lock_guard lock{mutex_};
  if (std::holds_alternative<client_message::follow_view>(message)) {
    link.send(any_frame{any_client_message{client_message::view_update{view_}}});
  } else if (const auto* c = std::get_if<client_message::command>(&message)) {
    commands.add(*c);
    const auto answer = command_ ? command_(*c) : std::nullopt;
    if (answer) link.send(any_frame{any_client_message{*answer}});
  } else if (const auto* batch = std::get_if<client_message::operations>(&message)) {
    client_message::replies answers;
    for (const auto& o : batch->list) {
      operations.add(o);
      if (auto answer = operation_ ? operation_(o) : std::nullopt) answers.list.push_back(std::move(*answer));
    }
    if (!answers.list.empty()) link.send(any_frame{any_client_message{std::move(answers)}});
  }
}

view_ptr view_of(const std::vector<const scripted_member*>& members, std::uint8_t cluster, std::uint64_t number) {
  auto v = std::make_shared<view>();
  v->cluster.bytes.fill(cluster);
  v->name.number = view_number{number};
  v->settings.partition_count = 1;
  for (const auto* m : members) {
    member one;
    one.number = v->next_member;
    one.id = m->id();
    one.address = m->at();
    v->next_member = v->next_member.next();
    v->members.push_back(one);
  }
  v->maps.push_back({v->next_map, "plays", {0, 0}, false});
  v->next_map = v->next_map.next();
  row only;
  only.epoch = epoch_number{1};
  only.config = config_number{1};
  only.primary = v->members.front().number;
  only.in_sync.insert(only.primary);
  v->tables.push_back({{0, 0}, {only}});
  return v;
}

connected_client::connected_client(std::vector<address> connect, std::string cluster) {
  client_config config;
  config.cluster_name = std::move(cluster);
  config.connect = std::move(connect);
  wire_.emplace(system_.get(), std::move(config));
}

client_message::command a_command(decltype(client_message::command::what) what) { return {{}, std::move(what)}; }

client_message::command_result done_with(const client_message::command& what) { return {what.request, {}, {}}; }

}  // namespace troupe::test
