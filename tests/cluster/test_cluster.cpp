#include "tests/cluster/test_cluster.hpp"

#include <algorithm>
#include <stdexcept>

#include <troupe/actors/protocol/planner/planner.hpp>
#include <troupe/messages/types/partitioning.hpp>

namespace troupe::cluster {

namespace {

/// `is_well` is asked about what each row lacks.
template <class Predicate>
bool all_rows(const view& v, Predicate is_well) {
  return std::all_of(v.tables.begin(), v.tables.end(), [&](const row_table& table) {
    for (std::uint32_t p = 0; p < table.rows.size(); ++p) {
      if (table.rows[p].status == row_status::lost || !is_well(protocol::shortfall_of(v, table.id_of(p)))) return false;
    }
    return true;
  });
}

bool has_copies(const protocol::row_shortfall& lacks) { return lacks.backups_missing + lacks.async_backups_missing == 0; }
bool rests(const protocol::row_shortfall& lacks) { return has_copies(lacks) && !lacks.catching_up; }

}  // namespace

std::string configuration(const std::string& file_name) { return std::string{CLUSTER_TEST_FILES} + '/' + file_name; }

test_cluster::test_cluster(std::size_t size, const std::string& file_name, const private_network* network, std::string program)
    : config_{configuration(file_name)}, network_{network}, program_{std::move(program)} {
  for (std::size_t i = 0; i < size; ++i) add();
}

std::unique_ptr<running_member> test_cluster::start(std::size_t position, const std::vector<std::string>& flags) const {
  const auto port = static_cast<std::uint16_t>(first_port_ + position);
  std::vector<std::string> arguments{"--name", name_, "--config", config_, "--port-strict"};
  std::string others;
  for (const auto& m : members_) {
    if (m && m->address().port != port) others += (others.empty() ? "" : ",") + to_string(m->address());
  }
  if (others.empty()) {
    arguments.emplace_back("--bootstrap");
  } else {
    arguments.insert(arguments.end(), {"--join", others});
  }
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  const auto end = position + 1;
  auto member = network_ == nullptr ? std::make_unique<running_member>(port, arguments, program_)
                                    : std::make_unique<running_member>(address{private_network::host(end), port}, arguments, network_->at(end));
  member->wait_ready();
  return member;
}

running_member& test_cluster::add(const std::vector<std::string>& flags) {
  members_.push_back(start(members_.size(), flags));
  if (!client_) client_ = std::make_unique<connection>(name_, addresses());
  return *members_.back();
}

running_member& test_cluster::restart(std::size_t position) {
  members_[position] = start(position, {});
  return *members_[position];
}

std::vector<address> test_cluster::addresses() const {
  std::vector<address> all;
  for (const auto& m : members_) all.push_back(m->address());
  return all;
}

member_no test_cluster::number(std::size_t position) const {
  const auto* m = client_->view()->find(incarnation{members_[position]->ready().member});
  if (m == nullptr) throw std::runtime_error("the view does not have the member at " + to_string(members_[position]->address()));
  return m->number;
}

bool test_cluster::has_in_view(std::size_t position) const {
  return client_->view()->find(incarnation{members_[position]->ready().member}) != nullptr;
}

bool test_cluster::wait_safe(std::size_t members) const {
  return eventually([&] {
    const auto v = client_->view();
    return v->members.size() == members && !protocol::has_work(*v) && all_rows(*v, rests);
  });
}

bool test_cluster::has_all_copies(std::size_t members) const {
  const auto v = client_->view();
  return v->members.size() == members && all_rows(*v, has_copies);
}

row_id row_of(const view& v, const std::string& map, std::string_view key) {
  return {v.find_map(map)->kind, partition_of(key, v.settings.partition_count)};
}

std::vector<std::string> keys_in_rows(const view& v, const std::string& map, const std::string& prefix, std::size_t count,
                                      const std::function<bool(const row&)>& wanted) {
  std::vector<std::string> keys;
  constexpr std::size_t tried_max = 1'000'000;
  for (std::size_t i = 0; i < tried_max && keys.size() < count; ++i) {
    auto key = prefix + std::to_string(i);
    if (wanted(*v.find(row_of(v, map, key)))) keys.push_back(std::move(key));
  }
  if (keys.size() < count) throw std::runtime_error("too few keys are in such rows of map " + map);
  return keys;
}

}  // namespace troupe::cluster
