// <troupe>: what Hazelcast has no words for.
#include <troupe/node/config/xml/grammar.hpp>

namespace troupe::config {

namespace {

constexpr long long duration_millis_max = std::chrono::duration_cast<milliseconds>(duration_max).count();

reader limit(std::uint32_t size_limits::*which, long long largest) {
  return whole(1, largest, [which](draft& d, long long n) { d.config.settings.limits.*which = static_cast<std::uint32_t>(n); });
}

reader millis(duration timing::*which) {
  return whole(1, duration_millis_max, [which](draft& d, long long n) { d.config.settings.times.*which = milliseconds{n}; });
}

void read_memory_limit(const setting& s, draft& d) {
  if (const auto limit = parse_memory_limit(s.text())) {
    d.config.memory = *limit;
  } else {
    s.error("memory-limit must be bytes such as 512m or 2g, a share such as 60%, or off (is " + in_quotes(s.text()) + ')');
  }
}

void read_split_brain(const setting& s, draft& d) {
  read_choice(s, d.config.settings.split_brain,
              {{"majority", quorum_policy::majority}, {"strict", quorum_policy::strict}, {"availability", quorum_policy::availability}},
              "split-brain must be majority or strict");
}

void read_read_mode(const setting& s, draft& d) {
  read_choice(s, d.config.settings.reads, {{"lease", read_mode::lease}, {"confirm", read_mode::confirm}}, "read-mode must be lease or confirm");
}

durability_rules& current(draft& d) { return d.config.settings.durabilities.back(); }

/// Attributes come before children: what these don't say stays as is the default for these counts.
reader count_of(std::uint8_t durability::*which) {
  return whole(0, backup_count_max, [which](draft& d, long long n) {
    auto kind = current(d).kind;
    kind.*which = static_cast<std::uint8_t>(n);
    current(d) = default_rules(kind);
  });
}

void read_on_loss(const setting& s, draft& d) {
  read_choice(s, current(d).on_loss, {{"hold", loss_policy::hold}, {"best-effort", loss_policy::best_effort}, {"empty", loss_policy::empty}},
              "on-loss must be hold, best-effort or empty");
}

element_rule durability_grammar() {
  return section("durability",
                 {
                     value("on-loss", read_on_loss),
                     value("min-in-sync", whole(1, backup_count_max + 1,
                                                [](draft& d, long long n) { current(d).min_in_sync = static_cast<std::uint8_t>(n); })),
                 })
      .with("backup-count", count_of(&durability::backups))
      .with("async-backup-count", count_of(&durability::async_backups))
      .beginning([](const setting&, draft& d) { d.config.settings.durabilities.push_back(default_rules({})); })
      .repeated();
}

void read_timing_scale(const setting& s, draft& d) {
  if (const auto v = s.fraction()) d.config.timing_scale = *v;
}

}  // namespace

element_rule troupe_grammar() {
  return section("troupe",
                 {
                     section("limits",
                             {
                                 value("key-bytes-max", limit(&size_limits::key_bytes_max, frame_bytes_limit)),
                                 value("value-bytes-max", limit(&size_limits::value_bytes_max, frame_bytes_limit)),
                                 value("frame-bytes-max", limit(&size_limits::frame_bytes_max, frame_bytes_limit)),
                                 value("maps-max", limit(&size_limits::maps_max, 1'000'000)),
                             }),
                     section("timing",
                             {
                                 value("heartbeat-millis", millis(&timing::heartbeat)),
                                 value("lease-millis", millis(&timing::lease)),
                                 value("suspect-after-millis", millis(&timing::suspect_after)),
                                 value("bootstrap-wait-millis", millis(&timing::bootstrap_wait)),
                                 value("leave-deadline-seconds",
                                       whole(0, duration_millis_max / 1000,
                                             [](draft& d, long long n) { d.config.settings.times.leave_deadline = seconds{n}; })),
                             }),
                     value("timing-scale", read_timing_scale),
                     value("split-brain", read_split_brain),
                     value("read-mode", read_read_mode),
                     durability_grammar(),
                     value("shards", whole(0, shards_max, [](draft& d, long long n) { d.config.shards = static_cast<std::uint32_t>(n); })),
                     value("memory-limit", read_memory_limit),
                     value("zone", text([](draft& d, std::string zone) { d.config.zone = std::move(zone); })),
                     value("host-label", text([](draft& d, std::string label) { d.config.host_label = std::move(label); })),
                     value("log-level", level([](draft& d, log_level l) { d.config.log_level = l; })),
                     value("bootstrap", flag([](draft& d, bool on) { d.config.bootstrap = on; })),
                     value("witness", flag([](draft& d, bool on) { d.config.witness = on; })),
                     value("insecure", flag([](draft& d, bool on) { d.config.insecure = on; })),
                 });
}

}  // namespace troupe::config
