#!/usr/bin/env bash
# The long tests: seeds that nobody has run yet, and the sanitizers. What gives proof beyond tests/run.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

release=${TROUPE_BUILD_DIR:-build/release}
kept=build/full
jobs=$(nproc)
seeds_at_a_time=200
sanitized_seeds=200

all_stages=(simulation asan tsan models)
default_stages=(simulation asan tsan)
declare -A about=(
  [simulation]='simulated clusters of a release build, with seeds that the commit chooses'
  [asan]="unit, actor and simulator tests and $sanitized_seeds seeds with AddressSanitizer and UndefinedBehaviorSanitizer"
  [tsan]='transport, client and lease tests with ThreadSanitizer (not what happens inside of CAF)'
  [models]='the models, in larger bounds too; takes up to 3.1 GiB of memory; only when it is asked for'
)
declare -A minutes_max=([asan]=28 [tsan]=15 [models]=40)

# In these tests nothing is new for a sanitizer, or they need more time than there is; by hand: CONTRIBUTING.md.
not_for_asan='^(sim[.]|fuzz[.]|model[.]|project[.]|examples[.]|cluster_)'
# What has threads of its own, and can be judged though Debian's CAF is not instrumented. Not member_test: with that CAF its calls with the
# largest values are not done in time; with an instrumented one it passes.
for_tsan='^(transport_test|client_test|actors[.]lease_cell)$'

usage() {
  cat <<END
usage: bash tests/full.sh [--stage NAME]... [--minutes N] [--from SEED]

Runs what takes longer than tests/run.sh, stage by stage, and ends with a table; status 1 if a stage failed.

  --stage NAME   only this one; can be given several times (${default_stages[*]})
  --minutes N    how long the simulation goes on at most; a fraction is fine (10)
  --from SEED    the first seed, instead of the one that the commit chooses: to repeat what was run elsewhere
  --list         print the stages, and end
  --help         print this, and end

Examples:
  All; about three quarters of an hour on two cores if nothing is built yet:
    bash tests/full.sh
  An hour of simulation, from another seed on than the commit's:
    bash tests/full.sh --stage simulation --minutes 60 --from 1000000
  After a change of the transport:
    bash tests/full.sh --stage tsan

Planted bugs, the models in small bounds and the kept inputs of the fuzzer are tests of tests/run.sh: they are not repeated here.
What fails is printed with the command that repeats it. Logs and reports of sanitizers stay in $kept until the next run.
TROUPE_BUILD_DIR: the release build ($release); the sanitizers' are build/asan and build/tsan.
END
}

list() { for name in "${all_stages[@]}"; do printf '%-12s %s\n' "$name" "${about[$name]}"; done; }

fail() { echo "full.sh: $*" >&2; exit 2; }

stages=() minutes=10 from=''
while [ $# -gt 0 ]; do
  case $1 in
    --stage)
      [ $# -ge 2 ] || fail "--stage needs a name"
      printf '%s\n' "${all_stages[@]}" | grep -qxF -e "$2" || fail "unknown stage '$2'; there are ${all_stages[*]}"
      stages+=("$2")
      shift ;;
    --minutes) [ $# -ge 2 ] || fail "--minutes needs a number"; minutes=$2; shift ;;
    --from) [ $# -ge 2 ] || fail "--from needs a seed"; from=$2; shift ;;
    --list) list; exit ;;
    -h | --help) usage; exit ;;
    *) fail "unknown argument '$1'; see --help" ;;
  esac
  shift
done
[ ${#stages[@]} -gt 0 ] || stages=("${default_stages[@]}")
[[ $minutes =~ ^[0-9]+([.][0-9]+)?$ ]] || fail "--minutes: '$minutes' is no number of minutes"
simulation_seconds=$(awk -v m="$minutes" 'BEGIN { printf "%d", m * 60 + 0.5 }')
[ "$simulation_seconds" -gt 0 ] || fail "--minutes: '$minutes' is too short"
[[ $from =~ ^[0-9]{0,18}$ ]] || fail "--from: a seed is a number of at most 18 digits (is '$from')"

# Every commit has seeds of its own, and the same ones wherever it is tested. An export without git chooses by what its files contain.
seed_of_commit() {
  local name
  name=$(git rev-parse HEAD 2>/dev/null) || name=$(find actors messages node tests -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum)
  echo $((16#${name:0:8}))
}
first_seed=${from:-$(seed_of_commit)}

log=''           # of this stage
stage_end=0      # in $SECONDS: when this stage must be over
pid=''           # of what is running
said=''          # what the table says of this stage
advice=()        # what is printed behind the table

trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true' EXIT  # Ctrl-C ends whatever is running, too.

clock() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }

# What is going on: on a terminal in one line that is rewritten, elsewhere in a line a minute.
watch_progress() {  # COMMAND, as long as it has said nothing
  local latest next=$((SECONDS + 60))
  while kill -0 "$pid" 2>/dev/null; do
    sleep 1
    latest=$(tail -n 1 "$log" | tr -cd '[:print:]' | cut -c 1-100)
    latest=${latest:-$1}
    if [ -t 2 ]; then
      printf '\r%s %s: %s\033[K' "$stage" "$(clock $((SECONDS - stage_begin)))" "${latest:0:60}" >&2
    elif [ $SECONDS -ge $next ]; then
      next=$((SECONDS + 60))
      echo "$stage $(clock $((SECONDS - stage_begin))): $latest" >&2
    fi
  done
  [ ! -t 2 ] || printf '\r\033[K' >&2
}

# attempt COMMAND...: runs it with its output in the stage's log, and ends it when the stage's time is over.
attempt() {
  local left=$((stage_end - SECONDS)) status=0
  [ $left -gt 0 ] || left=1
  timeout --kill-after=20 $left "$@" >>"$log" 2>&1 &
  pid=$!
  watch_progress "$*"
  wait "$pid" || status=$?
  pid=''
  [ $SECONDS -lt $stage_end ] || said="not done in time"
  return $status
}

# allow SECONDS: from now on.
allow() { stage_end=$((SECONDS + $1)); }

# A seed is a run: whoever repeats it sees what went wrong. Of very many the first are enough.
advise_seeds() {  # PROGRAM
  local line count
  count=$(grep -c '^FAILED seed=' "$log") || return 0
  advice+=("$stage: $count seeds failed; again, with every frame:")
  while read -r line; do
    advice+=("  ${line:0:150}" "    $1 --seed $(grep -oP '^FAILED seed=\K[0-9]+' <<<"$line") --frames")
  done < <(grep -m 10 '^FAILED seed=' "$log")
}

stage_simulation() {
  local simulator=$release/tests/sim/troupe-sim record=$kept/simulation.runs count=0 chunk_began status failed=0
  allow 2400
  attempt bash cmake/build.sh "$release" || { said=${said:-"the build failed: see $log"}; return 1; }
  rm -f "$record"
  allow $((simulation_seconds + 150))  # The simulator ends a run that hangs after two minutes, and says so.
  local over=$((SECONDS + simulation_seconds)) took=0
  while [ $((SECONDS + took)) -le $over ]; do
    chunk_began=$SECONDS
    count=$((count + seeds_at_a_time))
    status=0
    attempt "$simulator" --seeds "$first_seed:$count" --jobs "$jobs" --record "$record" || status=$?
    [ $status -le 1 ] || { said=${said:-"the simulator ended with status $status"}; advise_seeds "$simulator"; return 1; }
    failed=$status
    took=$((SECONDS - chunk_began))
  done
  said="$count seeds from $first_seed on: $(tail -n 1 "$log")"
  [ "$failed" -eq 0 ] || { advise_seeds "$simulator"; return 1; }
}

# The stages of sanitizers have the names of their presets, and those the names of their builds.
configure() {
  local launcher=()
  if command -v ccache >/dev/null; then
    launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
    export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
  fi
  attempt cmake --preset "$stage" "${launcher[@]}" || { said=${said:-"could not be configured: see $log"}; return 1; }
}

build() {  # TARGET...
  attempt env NINJA_STATUS='[%f/%t] ' cmake --build "build/$stage" --target "$@" || { said=${said:-"the build failed: see $log"}; return 1; }
}

# The tests that CTest's options select. A test that is a program has the name of its target.
tests_of() { ctest --test-dir "build/$stage" -N "$@" | sed -nE 's/^ *Test +#[0-9]+: //p'; }

# A report of whichever process, also of one whose end nobody minded, is a file here.
use_reports() {
  reports=$PWD/$kept/$stage-reports
  rm -rf "$reports"
  mkdir -p "$reports"
  local common="log_path=$reports/of exitcode=66"
  export ASAN_OPTIONS=$common
  export UBSAN_OPTIONS="$common suppressions=$PWD/tests/ubsan.supp print_stacktrace=1 halt_on_error=1"
  export TSAN_OPTIONS="$common suppressions=$PWD/tests/tsan.supp print_suppressions=0 halt_on_error=1"
  # The sanitizers reserve large ranges of addresses, which a kernel that randomizes more than they expect may have taken already.
  steady=()
  ! setarch -R true 2>/dev/null || steady=(setarch -R)
}

check_reports() {
  local files
  mapfile -t files < <(find "$reports" -type f -size +0)
  [ ${#files[@]} -gt 0 ] || return 0
  said+="; ${#files[@]} reports"
  advice+=("$stage: the first of ${#files[@]} reports in $reports:" "$(head -n 40 "${files[0]}")")
  return 1
}

# run_tests CTEST_OPTIONS...
run_tests() {
  local status=0 broken
  attempt "${steady[@]}" ctest --test-dir "build/$stage" --output-on-failure --no-tests=error "$@" || status=$?
  if [ $status -eq 0 ]; then
    said="$(tests_of "$@" | wc -l) test programs passed"
    return
  fi
  broken=$(sed -nE 's/^[[:space:]]+[0-9]+ - ([^ ]+) \(.*\).*/\1/p' "$log" | sort -u | paste -sd ' ')
  said=${said:-"tests failed: ${broken:-see $log}"}
  [ -z "$broken" ] || advice+=("$stage: again: ctest --preset $stage -R '^(${broken// /|})\$'")
  return 1
}

stage_asan() {
  local targets failed=0 simulator=build/asan/tests/sim/troupe-sim tests
  configure || return 1
  mapfile -t targets < <(tests_of -E "$not_for_asan")
  build troupe-sim "${targets[@]}" || return 1
  use_reports
  run_tests -E "$not_for_asan" || failed=1
  tests=$said said=''
  if attempt "${steady[@]}" "$simulator" --seeds "$first_seed:$sanitized_seeds" --jobs "$jobs"; then
    said="$tests, $sanitized_seeds seeds from $first_seed on"
  else
    said="$tests; seeds: ${said:-$(tail -n 1 "$log")}"
    advise_seeds "$simulator"
    failed=1
  fi
  check_reports && return $failed
}

stage_tsan() {
  local targets failed=0
  configure || return 1
  mapfile -t targets < <(tests_of -R "$for_tsan")
  build "${targets[@]}" || return 1
  use_reports
  run_tests -R "$for_tsan" || failed=1
  check_reports && return $failed
}

stage_models() {
  if attempt bash tests/model/check.sh --long --work build; then
    said=$(tail -n 1 "$log")
  else
    said=${said:-$(tail -n 1 "$log")}
    return 1
  fi
}

mkdir -p $kept
rows=() failed_stages=()
for stage in "${stages[@]}"; do
  log=$kept/$stage.log stage_begin=$SECONDS said=''
  : >"$log"
  echo "$stage: ${about[$stage]}" >&2
  allow $((${minutes_max[$stage]:-0} * 60))
  result=passed
  "stage_$stage" || { result=FAILED && failed_stages+=("$stage"); }
  rows+=("$(printf '%-11s %7s  %-7s %s' "$stage" "$(clock $((SECONDS - stage_begin)))" $result "$said")")
done

printf '%s\n' "$(printf '%-11s %7s  %-7s' stage time result)" "${rows[@]}" "$(printf '%-11s %7s' 'all' "$(clock $SECONDS)")"
[ ${#advice[@]} -eq 0 ] || printf '%s\n' "${advice[@]}"
[ ${#failed_stages[@]} -eq 0 ] || { echo "failed: ${failed_stages[*]}; logs in $kept"; exit 1; }
