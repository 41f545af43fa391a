#include "tests/sim/simulation.hpp"

#include <algorithm>
#include <exception>

#include "tests/sim/fault_injection.hpp"
#include "tests/sim/pair_split.hpp"

namespace troupe::sim {

namespace {

/// Somewhat more often than a member must tick at least, which is four times a heartbeat interval.
duration tick_interval_of(const timing& t) { return std::min(duration{milliseconds{20}}, t.heartbeat / 5); }
constexpr duration audit_interval = milliseconds{250};
/// Longer than any lifetime that is drawn, and what is allowed on top.
constexpr duration rest_of_lives = seconds{8};

keyspace_options keys_of(const scenario& s) {
  keyspace_options o;
  o.maps = s.maps;
  o.partition_count = s.settings.partition_count;
  o.clears_spare = s.locks;
  return o;
}

}  // namespace

simulation::simulation(const scenario& what, trace& log)
    : scenario_(what),
      log_(log),
      world_(std::make_unique<world>(what.seed, what.weather, tick_interval_of(what.settings.times), log)),
      keys_(std::make_unique<keyspace>(keys_of(what))),
      auditor_(std::make_unique<auditor>(*world_, *keys_, what)),
      cluster_(std::make_unique<cluster>(*world_, *auditor_, auditor_->events(), auditor_->locks(), *keys_, what)),
      faults_(std::make_unique<fault_injection>(*cluster_, *auditor_, what)) {
  for (auto* limit : {&limits_.form_max, &limits_.heal_max, &limits_.patience, &limits_.calls_max}) *limit = std::max(*limit, what.scaled(*limit));
  limits_.form_max += what.settings.times.bootstrap_wait;
  auditor_->watch(*cluster_);
  auditor_->on_ended = [this](member_process& m, protocol::ending how) {
    cluster_->ended(m);
    faults_->process_ended(m, how);
  };
  auditor_->on_decided = [this](const view& v, member_process& first) { faults_->view_decided(v, first); };
}

simulation::~simulation() = default;

void simulation::pass(duration how_long) { world_->run_until(world_->now() + how_long); }

void simulation::settle(duration at_most, const std::string& condition) {
  const auto deadline = world_->now() + at_most;
  for (;;) {
    const auto why = auditor_->unsettled();
    if (!why) return;
    if (world_->now() >= deadline) throw violation{"invariant 18 (liveness): " + condition + ": " + *why};
    pass(milliseconds{50});
  }
}

void simulation::form() {
  for (std::uint32_t h = 0; h < scenario_.members; ++h) cluster_->start_member(host_no{h});
  settle(limits_.form_max, "the cluster has not formed");
  create_maps();
  for (std::size_t c = 0; c < scenario_.clients; ++c) cluster_->start_client();
}

void simulation::create_maps() {
  const auto missing = [&] {
    for (const auto& m : scenario_.maps) {
      if (auditor_->newest()->find_map(m.pattern) == nullptr) return &m;
    }
    return static_cast<const map_definition*>(nullptr);
  };
  const auto deadline = world_->now() + limits_.form_max;
  while (const auto* m = missing()) {
    if (world_->now() >= deadline) throw violation{"invariant 18 (liveness): map " + m->pattern + " is not created"};
    cluster_->living().front()->want({membership_message::wish::create_map{m->pattern}});
    pass(milliseconds{200});
  }
  settle(limits_.form_max, "the maps have not got all their copies");
}

void simulation::check_turn() {
  auditor_->audit_rows();
  world_->plan_in(audit_interval, [this] { check_turn(); });
}

/// Whatever a map has now: it is asked for other backup counts.
void simulation::change_counts(dice rng) {
  const auto times = rng.between(1, 4);
  for (std::size_t i = 0; i < times; ++i) {
    const auto& map = scenario_.maps[rng.index(scenario_.maps.size())];
    const durability to{static_cast<std::uint8_t>(rng.chance(0.1) ? 0 : rng.between(1, 3)), static_cast<std::uint8_t>(rng.chance(0.6) ? 0 : rng.between(1, 2))};
    world_->plan_in(rng.between(duration{0}, scenario_.length), [this, name = map.pattern, to] {
      for (auto* m : cluster_->living()) {
        const auto* known = m->installed() ? m->installed()->find_map(name) : nullptr;
        if (known != nullptr) return m->want({membership_message::wish::set_counts{{known->id, to}}});
      }
    });
  }
}

void simulation::go_wrong() {
  check_turn();
  if (scenario_.changes_counts) change_counts(dice::of(scenario_.seed, "when counts change"));
  faults_->start();
  pass(scenario_.length);
}

/// Has every living member too few others in its view for the next one, so that nobody goes on?
bool simulation::is_halted() const {
  const auto living = cluster_->living();
  return std::none_of(living.begin(), living.end(), [&](const member_process* m) {
    const auto& v = m->installed();
    if (!v) return false;
    member_set together;
    for (const auto* other : living) {
      if (other->installed() && other->installed()->name == v->name) together.insert(other->number());
    }
    return may_decide(*v, together);
  });
}

/// What an operator would do: give rows up of which no copy is left; go on without voters that are gone for good, when they were so many
/// that the others halted (a crash of one of two while the other was paused, for one).
void simulation::help_as_an_operator(bool patience_is_over) {
  const auto& v = *auditor_->newest();
  std::vector<member_process*> members;
  for (auto* m : cluster_->living()) {
    if (v.find(m->id()) != nullptr && m->installed()) members.push_back(m);
  }
  if (members.empty()) return;
  if (!is_halted()) halted_since_.reset();
  else if (!halted_since_) halted_since_ = world_->now();
  if (patience_is_over && halted_since_ && world_->now() - *halted_since_ > seconds{2}) {
    auditor_->forced();
    const auto by_view = [](const auto* a, const auto* b) { return a->installed()->name.number < b->installed()->name.number; };
    return (*std::max_element(members.begin(), members.end(), by_view))->force_view();
  }
  for (const auto& table : v.tables) {
    for (const auto& r : table.rows) {
      if (r.status == row_status::lost) return members.front()->want({membership_message::wish::reset_lost{}});
    }
  }
}

void simulation::heal() {
  faults_->stop();
  // With fewer members than `min-in-sync` nothing is written, however well they are.
  for (auto n = cluster_->living().size(); n < scenario_.copies_to_write(); ++n) cluster_->start_member(cluster_->fresh_host());
  cluster_->redirect_stranded_clients();
  const auto began = world_->now();
  // Applications go on for a while: a cluster must heal under load.
  pass(seconds{3});
  const auto deadline = began + limits_.heal_max;
  while (const auto why = auditor_->unsettled()) {
    if (auditor_->is_over()) break;
    if (world_->now() >= deadline) throw violation{"invariant 18 (liveness): the cluster does not heal: " + *why};
    const auto patience_is_over = world_->now() > began + limits_.patience;
    help_as_an_operator(patience_is_over);
    pass(milliseconds{250});
  }
  healed_after_ = world_->now() - began;
  cluster_->stop_applications();
  const auto idle_by = world_->now() + limits_.calls_max;
  while (!cluster_->applications_idle()) {
    if (world_->now() >= idle_by) throw violation{"invariant 18 (liveness): a call never ends"};
    pass(milliseconds{100});
  }
}

/// The last member has left, with all that it held. Those who came too late to be let in may belong to a new cluster, once one of them may found
/// one: nobody keeps on knocking at the doors of the old one.
void simulation::found_again() {
  if (scenario_.planned) throw violation{"planned joins and leaves: the cluster is over"};
  auditor_->check_histories();
  auditor_->retire();
  cluster_->start_founder();
  const auto deadline = world_->now() + limits_.heal_max;
  const auto is_one = [&] {
    const auto living = cluster_->living();
    const auto& v = living.front()->installed();
    return v && v->members.size() == living.size() && v->cluster != auditor_->newest()->cluster &&
           std::all_of(living.begin(), living.end(), [&](const member_process* m) { return m->installed() && m->installed()->name == v->name; });
  };
  while (!is_one()) {
    if (world_->now() >= deadline) throw violation{"invariant 18 (liveness): where a cluster has ended none is founded again"};
    pass(milliseconds{250});
  }
}

/// Whoever only joins and leaves fails no operation but its own, and loses nothing. (Where rows remember next to nothing of their clients, a
/// write that was under way to a leaver is the exception.)
void simulation::check_plan() const {
  const auto ops = cluster_->operations();
  const auto failed = ops.not_applied + ops.indeterminate - ops.ended_with_process - ops.forgotten - ops.cancelled;
  if (failed > 0) throw violation{"planned joins and leaves: " + std::to_string(failed) + " operations failed"};
  if (auditor_->seen().rows_lost > 0) throw violation{"planned joins and leaves: rows were lost"};
  if (auditor_->seen().forced > 0) throw violation{"planned joins and leaves: an operator was needed"};
}

void simulation::judge() {
  cluster_->read_everything();
  const auto idle_by = world_->now() + limits_.calls_max;
  while (!cluster_->applications_idle()) {
    if (world_->now() >= idle_by) throw violation{"invariant 18 (liveness): a last read never ends"};
    pass(milliseconds{100});
  }
  const auto quiet_since = world_->now();
  pass(scenario_.limited_lives ? rest_of_lives : seconds{2});
  auditor_->audit_rows();
  settle(limits_.heal_max, "the cluster does not stay settled");
  const auto quiet_by = world_->now() + limits_.heal_max;
  for (auto why = auditor_->unquiet(); why; why = auditor_->unquiet()) {  // The image of an async backup may come in many small pieces.
    if (world_->now() >= quiet_by) throw violation{"invariant 18 (liveness): the cluster does not come to rest: " + *why};
    pass(milliseconds{250});
  }
  for (auto why = auditor_->unheard(); why; why = auditor_->unheard()) {
    if (world_->now() >= quiet_by) throw violation{"invariant 18 (liveness): " + *why};
    pass(milliseconds{250});
  }
  const auto free_by = quiet_since + 2 * scenario_.replica.lock_patience + limits_.heal_max / 10;
  for (auto why = auditor_->still_locked(); why; why = auditor_->still_locked()) {
    if (world_->now() >= free_by) throw violation{"ADR 12 (locks): " + *why};
    pass(milliseconds{250});
  }
  if (scenario_.removes_unasked() && scenario_.locks) pass(seconds{1});  // What was locked may be over.
  if (scenario_.removes_unasked()) auditor_->check_lives_at_rest(world_->now() - quiet_since);
  auditor_->check_histories();
  if (scenario_.planned) check_plan();
}

run_figures simulation::figures() const {
  run_figures f;
  f.seed = scenario_.seed;
  f.step = world_->steps();
  f.hash = log_.hash();
  f.virtual_time = world_->now().time_since_epoch();
  f.healed_after = healed_after_;
  f.faults = faults_->fired();
  f.operations = cluster_->operations();
  f.checked = auditor_->seen();
  f.records_checked = auditor_->rows().records_checked();
  return f;
}

run_result simulation::run() {
  run_result r;
  try {
    form();
    go_wrong();
    heal();
    if (auditor_->is_over()) found_again();
    else judge();
    r.passed = true;
  } catch (const std::exception& e) {
    r.why = e.what();
    log_.line(world_->now(), [&] { return "VIOLATION " + r.why; });
  }
  r.figures = figures();
  for (const auto& line : log_.tail()) r.last_events += line + '\n';
  return r;
}

namespace {

run_result run(const scenario& what, trace& log) { return what.splits_pair() ? pair_split{what, log}.run() : simulation{what, log}.run(); }

}  // namespace

run_result run_seed(std::uint64_t seed, const run_options& wanted) {
  const planted bug{wanted.planted_bug};
  const auto what = draw_scenario(seed, wanted);
  trace numbers;
  auto result = run(what, numbers);
  if (result.passed) return result;
  trace texts{trace::detail::tail};
  return run(what, texts);
}

run_result run_seed_traced(std::uint64_t seed, const run_options& wanted, std::ostream& out, trace::detail wanted_detail) {
  const planted bug{wanted.planted_bug};
  const auto what = draw_scenario(seed, wanted);
  out << describe(what) << '\n';
  trace texts{wanted_detail, &out};
  auto result = run(what, texts);
  result.last_events.clear();  // They are out already.
  return result;
}

}  // namespace troupe::sim
