// <map name="…">: which maps a definition governs, how many copies their entries have, and how long they live.
#include <troupe/node/config/xml/grammar.hpp>

namespace troupe::config {

namespace {

map_definition& current(draft& d) { return d.config.settings.maps.back(); }

constexpr long long seconds_max = 2147483647;  // Hazelcast's Integer.MAX_VALUE: as good as for ever.

/// Seconds after which entries go: 0 and the maximum mean never.
reader lifespan(milliseconds lifetime_defaults::* into) {
  return whole(0, seconds_max, [into](draft& d, long long n) { current(d).life.*into = n == seconds_max ? milliseconds{} : milliseconds{seconds{n}}; });
}

constexpr long long size_max = 2147483647;  // Hazelcast's Integer.MAX_VALUE: any size.
constexpr std::uint64_t bytes_of_megabyte = 1024 * 1024;

void read_eviction_policy(const setting& s, draft& d) {
  read_choice(s, current(d).eviction.policy,
              {{"NONE", eviction_policy::none}, {"LRU", eviction_policy::lru}, {"LFU", eviction_policy::lfu}, {"RANDOM", eviction_policy::random}},
              "eviction-policy must be NONE, LRU, LFU or RANDOM");
}

void read_size_measure(const setting& s, draft& d) {
  if (s.is_one_of({"USED_HEAP_PERCENTAGE", "FREE_HEAP_SIZE", "FREE_HEAP_PERCENTAGE", "USED_NATIVE_MEMORY_SIZE", "USED_NATIVE_MEMORY_PERCENTAGE",
                   "FREE_NATIVE_MEMORY_SIZE", "FREE_NATIVE_MEMORY_PERCENTAGE"})) {
    d.knows_no_size_measure = true;
    if (!s.attribute("eviction-policy").empty() && s.attribute("eviction-policy") != "NONE")
      s.warning("<eviction> has no effect with max-size-policy " + in_quotes(s.text()) + ": it can be PER_NODE, PER_PARTITION or USED_HEAP_SIZE (see also memory-limit)");
    return;
  }
  read_choice(s, current(d).eviction.measure,
              {{"PER_NODE", size_measure::entries_per_node}, {"PER_PARTITION", size_measure::entries_per_partition}, {"USED_HEAP_SIZE", size_measure::bytes_per_node}},
              "max-size-policy must be PER_NODE, PER_PARTITION or USED_HEAP_SIZE");
}

/// Hazelcast counts bytes in megabytes; 0 and the maximum mean any size.
void finish_eviction(const setting& s, draft& d) {
  auto& rule = current(d).eviction;
  const auto size = s.attribute("size");
  if (rule.is_on() && (size.empty() || size == "0") && !d.knows_no_size_measure) s.warning("<eviction> has no effect: it says no size");
  if (rule.size > 0 && s.attribute("eviction-policy").empty())
    s.warning("<eviction> has no effect: it says no eviction-policy (LRU, LFU or RANDOM)");
  if (rule.size == 0 || d.knows_no_size_measure) rule.policy = eviction_policy::none;
  if (rule.measure == size_measure::bytes_per_node) rule.size *= bytes_of_megabyte;
  if (!rule.is_on()) rule = {};
}

element_rule eviction() {
  return section("eviction", {})
      .beginning([](const setting&, draft& d) { d.knows_no_size_measure = false; })
      .with("eviction-policy", read_eviction_policy)
      .with("max-size-policy", read_size_measure)
      .with("size", whole(0, size_max, [](draft& d, long long n) { current(d).eviction.size = n == size_max ? 0 : static_cast<std::uint64_t>(n); }))
      .with("comparator-class-name", only({""}, "which entries go is said by eviction-policy"))
      .ending(finish_eviction);
}

}  // namespace

element_rule map_grammar() {
  const std::string stays = "Hazelcast 3 wrote it so; write <eviction eviction-policy=\"LRU\" max-size-policy=\"PER_NODE\" size=\"10000\"/>";
  std::vector<element_rule> children{
      value("backup-count",
            whole(0, backup_count_max, [](draft& d, long long n) { current(d).kind.backups = static_cast<std::uint8_t>(n); })),
      value("async-backup-count",
            whole(0, backup_count_max, [](draft& d, long long n) { current(d).kind.async_backups = static_cast<std::uint8_t>(n); })),
      value("read-backup-data", flag([](draft& d, bool on) { current(d).read_backup_data = on; })),
      value("time-to-live-seconds", lifespan(&lifetime_defaults::ttl)),
      value("max-idle-seconds", lifespan(&lifetime_defaults::max_idle)),
      eviction(),
      value("eviction-policy", only({"NONE"}, stays)),
      value("max-size", only({"0", "2147483647"}, stays)).with("policy", only({"PER_NODE"}, stays)),
      value("eviction-percentage", only({"25"}, stays)),
      value("min-eviction-check-millis", only({"100"}, stays)),
      value("in-memory-format", only({"BINARY"}, "keys and values are kept as bytes")),
      value("statistics-enabled", only({"true"}, "statistics are always on")),
      value("per-entry-stats-enabled", flag([](draft& d, bool on) { current(d).entry_statistics = on; })),
      value("metadata-policy", only({"OFF", "CREATE_ON_UPDATE"}, "values are bytes without a structure")),
      value("cache-deserialized-values", only({"NEVER", "INDEX-ONLY"}, "values are bytes and never deserialized")),
      value("optimize-queries", only({"false"}, "there are no queries")),
      without_effect("merge-policy", "the parts of a split cluster are not merged: only one of them goes on"),
      without_effect("map-store", "entries live in memory only"),
      without_effect("near-cache", "there are no near caches; see read-backup-data for reads at hand"),
  };
  add_without_effect(children, {"hot-restart", "data-persistence", "tiered-store"}, "entries live in memory only");
  add_without_effect(children, {"indexes", "attributes", "query-caches", "index"}, "there are no queries");
  add_without_effect(children, {"entry-listeners"}, "entry listeners are added in C++ (add_entry_listener)");
  add_without_effect(children, {"partition-lost-listeners"},
                     "listeners to lost partitions are added in C++ (add_cluster_listener); 'troupe lost' and the log tell of them, too");
  add_without_effect(children, {"event-journal"}, "there are no event journals");
  add_without_effect(children, {"wan-replication-ref", "merkle-tree"}, "clusters are not replicated to others");
  add_without_effect(children, {"split-brain-protection-ref", "quorum-ref"}, "a minority of a split cluster never serves");
  add_without_effect(children, {"partition-strategy", "partition-attributes"}, "the whole key decides on its partition");
  add_without_effect(children, {"user-code-namespace"}, "members run no user code");

  return section("map", std::move(children))
      .with("name", text([](draft& d, std::string name) { current(d).pattern = std::move(name); }))
      .repeated();
}

}  // namespace troupe::config
