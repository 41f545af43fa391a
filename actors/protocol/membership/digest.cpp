#include <troupe/actors/protocol/membership/digest.hpp>

#include <string_view>

namespace troupe::protocol {

namespace {

/// Takes in values one by one. Every list is preceded by its length and every text by its size, so that no two structures of one
/// type read alike.
class digest_of_fields {
 public:
  explicit digest_of_fields(std::uint64_t start) : state_(start) {}

  void take(std::uint64_t x) {
    state_ = (state_ ^ mixed(x)) * 0x9e3779b97f4a7c15ULL;
    state_ ^= state_ >> 29;
  }
  void take(bool x) { take(std::uint64_t{x}); }
  void take(std::string_view text) {
    take(std::uint64_t{text.size()});
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      word = word << 8 | static_cast<unsigned char>(text[i]);
      if (i % 8 == 7 || i + 1 == text.size()) {
        take(word);
        word = 0;
      }
    }
  }
  void take(const uuid& u) { take(std::string_view{reinterpret_cast<const char*>(u.bytes.data()), u.bytes.size()}); }
  template <class Tag, class Rep>
  void take(const strong_number<Tag, Rep>& n) {
    take(std::uint64_t{n.value()});
  }
  void take(const durability& d) { take(std::uint64_t{d.backups} << 8 | d.async_backups); }
  void take(const row_group& g) { take(std::uint64_t{g.number.value()} << 16 | std::uint64_t{g.began.backups} << 8 | g.began.async_backups); }
  void take(duration d) { take(static_cast<std::uint64_t>(d.count())); }
  void take(const member_set& set) { take_all(set); }
  void take(const member& m) {
    take(m.number);
    take(static_cast<const uuid&>(m.id));
    take(std::string_view{m.address.host});
    take(std::uint64_t{m.address.port});
    take(std::string_view{m.host});
    take(std::string_view{m.zone});
    take(static_cast<std::uint64_t>(m.kind));
    take(m.leaving);
  }
  void take(const row_update& r) {
    take(r.id.group());
    take(r.id.partition);
    take(r.now.epoch);
    take(r.now.config);
    take(r.now.primary);
    for (const auto* set : {&r.now.in_sync, &r.now.learners, &r.now.async_backups, &r.now.unsealed}) take(*set);
    take(r.now.successor);
    take(static_cast<std::uint64_t>(r.now.status));
    take(r.now.empty_since);
  }
  void take(const lifetime_defaults& life) {
    take(static_cast<std::uint64_t>(life.ttl.count()));
    take(static_cast<std::uint64_t>(life.max_idle.count()));
  }
  void take(const eviction_rule& rule) {
    take(static_cast<std::uint64_t>(rule.policy));
    take(static_cast<std::uint64_t>(rule.measure));
    take(rule.size);
  }
  void take(const map_info& m) {
    take(m.id);
    take(std::string_view{m.name});
    take(m.group());
    take(m.read_backup_data);
    take(m.life);
    take(m.eviction);
    if (m.moves_from) take(*m.moves_from);
    take(m.entry_statistics);
  }
  void take(const map_definition& d) {
    take(std::string_view{d.pattern});
    take(d.kind);
    take(d.read_backup_data);
    take(d.life);
    take(d.eviction);
    take(d.entry_statistics);
  }
  void take(const durability_rules& r) {
    take(r.kind);
    take(static_cast<std::uint64_t>(r.on_loss));
    take(std::uint64_t{r.min_in_sync});
  }
  void take(const cluster_settings& s) {
    take(std::uint64_t{s.partition_count});
    take(static_cast<std::uint64_t>(s.split_brain));
    take_all(s.maps);
    for (auto n : {s.limits.key_bytes_max, s.limits.value_bytes_max, s.limits.frame_bytes_max, s.limits.maps_max}) take(std::uint64_t{n});
    for (auto d : {s.times.heartbeat, s.times.lease, s.times.suspect_after, s.times.bootstrap_wait, s.times.leave_deadline}) take(d);
    take_all(s.durabilities);
    take(static_cast<std::uint64_t>(s.reads));
  }
  template <class Range>
  void take_all(const Range& range) {
    take(std::uint64_t{range.size()});
    for (const auto& x : range) take(x);
  }

  [[nodiscard]] std::uint64_t result() const { return mixed(state_); }

 private:
  static std::uint64_t mixed(std::uint64_t x) {  // The finalizer of splitmix64.
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
  }

  std::uint64_t state_;
};

}  // namespace

std::uint64_t digest_after(std::uint64_t base, const view_change& change) {
  digest_of_fields fields{base};
  fields.take_all(change.joins);
  fields.take_all(change.removals);
  fields.take_all(change.leaving);
  fields.take_all(change.rows);
  fields.take_all(change.maps_created);
  fields.take_all(change.maps_destroyed);
  fields.take(change.forced);
  if (change.alone != nobody) fields.take(change.alone);
  if (change.counts) {
    fields.take(change.counts->map);
    fields.take(change.counts->to);
  }
  return fields.result();
}

std::uint64_t founding_digest(const cluster_id& cluster, const member& founder, const cluster_settings& settings) {
  digest_of_fields fields{0};
  fields.take(static_cast<const uuid&>(cluster));
  fields.take(founder);
  fields.take(settings);
  return fields.result();
}

}  // namespace troupe::protocol
