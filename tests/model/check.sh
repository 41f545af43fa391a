#!/usr/bin/env bash
# Checks the models exhaustively with Spin, and that each of their mutants fails. What they contain: README.md next to this file.
set -euo pipefail

usage() {
  cat <<'END'
check.sh [--long] [--work DIR] [--trace NAME] [MODEL ...]

  MODEL         view_change, row; both when none is named
  --long        larger bounds as well: some minutes, up to 3.1 GiB of memory
  --work DIR    where to build, in a directory of its own that is removed at the end (default: $TMPDIR or /tmp)
  --trace NAME  prints what happens, step by step, in the violation that mutant NAME of MODEL leads to; nothing else is run

Exit status: 0 every search was complete and without a violation, and every mutant was caught; 1 otherwise; 2 wrong usage.
END
}

models=() long=no work=${TMPDIR:-/tmp} trace=
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage; exit 0 ;;
    --long) long=yes ;;
    --work | --trace)
      [ $# -ge 2 ] || { echo "check.sh: $1 needs an argument" >&2; exit 2; }
      if [ "$1" = --work ]; then work=$2; else trace=$2; fi
      shift ;;
    view_change | row) models+=("$1") ;;
    *) echo "check.sh: unknown argument '$1'; see --help" >&2; exit 2 ;;
  esac
  shift
done
[ ${#models[@]} -gt 0 ] || models=(view_change row)
for tool in spin gcc; do
  command -v "$tool" >/dev/null || { echo "check.sh: $tool is missing: bash cmake/install-dependencies.sh" >&2; exit 1; }
done

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$work"
build=$(mktemp -d "$work/troupe-model.XXXXXX")
trap 'rm -rf "$build"' EXIT
cp "$here"/*.pml "$build"  # Spin wants the trail of a violation next to the model.
cd "$build"

unexpected=0
mem_mib=1900
[ "$long" = no ] || mem_mib=4000

# build MODEL FLAGS COMPILER_OPTIONS: a verifier from nothing, so that nothing is left of the one before.
build() {
  rm -f pan* ./*.trail
  # shellcheck disable=SC2086
  if ! spin -a $2 "$1.pml" >spin.out 2>&1 || [ ! -f pan.c ]; then cat spin.out >&2; exit 1; fi
  # Safety only: the properties are assertions. Partial-order reduction finds nothing to reduce, all that members do being global.
  # shellcheck disable=SC2086
  gcc -w $3 -DSAFETY -DNOREDUCE -DMEMLIM="$mem_mib" -o pan pan.c
}

# What a line of the verifier's output says.
field() { sed -nE "s/$1/\\1/p" pan.out | head -n 1; }

# run_pan HASH_BITS: sets verdict, states, depth, memory and seconds. Only a search that ended by itself, within its depth and memory,
# is a pass.
run_pan() {
  ./pan -E -m20000 -w"$1" >pan.out 2>&1 || true
  states=$(field '^ *([0-9.e+]+) states, stored.*')
  depth=$(field '.*depth reached ([0-9]+),.*')
  memory=$(field '^ *([0-9]+)\.[0-9]*[[:space:]]total actual memory usage.*')
  seconds=$(field '^pan: elapsed time ([0-9.e+-]+) seconds.*')
  if grep -q 'assertion violated' pan.out; then
    verdict=violation
  elif grep -qiE 'max search depth too small|out of memory|reached -DMEMLIM|not completed|truncated' pan.out; then
    verdict=incomplete
  elif grep -q 'errors: 0' pan.out && [ -n "$seconds" ]; then
    verdict=passed
  else
    verdict=broken
  fi
}

line() { printf '%-12s %-34s %-72s %10s %6s %6s %7s  %s\n' "$@"; }
bounds() { printf '%s' "$1" | sed 's/-D//g'; }

replay() { spin -t -B $1 "$2.pml" 2>&1 | sed '/^spin: trail ends/,$d' | grep -v '^ *timeout$' >&2 || true; }

# report EXPECTED NAME MODEL FLAGS
report() {
  local said=$verdict
  if [ "$verdict" != "$1" ]; then
    said="UNEXPECTED: $verdict"
    unexpected=$((unexpected + 1))
  fi
  line "$3" "$2" "$(bounds "$4")" "${states:-?}" "${depth:-?}" "${memory:-?}" "${seconds:-?}" "$said"
  if [ "$verdict" = broken ]; then cat pan.out >&2; fi
  if [ "$verdict" = violation ] && [ "$1" != violation ]; then replay "$4" "$3"; fi
}

# passes MODEL NAME FLAGS: the rules as they are.
passes() {
  [ -z "$trace" ] || return 0
  build "$1" "$3" -O2
  run_pan 24
  report passed "$2" "$1" "$3"
}

# fails MODEL MUTANT FLAGS [COMPILER_OPTION]: one rule is off, and something must break. The option may turn the order of the search,
# which only decides how soon that is found.
fails() {
  if [ -n "$trace" ]; then
    [ "$trace" != "$2" ] || show_violation "$1" "$3 -D$2"
    return 0
  fi
  build "$1" "$3 -D$2" "-O0 ${4:-}"
  run_pan 20
  report violation "$2" "$1" "$3"
}

# show_violation MODEL FLAGS: a short one, found by shortening what was found before.
show_violation() {
  build "$1" "$2" '-O1 -DREACH'
  ./pan -E -i -m200 -w22 >pan.out 2>&1 || true
  # shellcheck disable=SC2086
  spin -t -B $2 "$1.pml" 2>&1 | sed '/assertion violated/q' | sed -E 's/^ +//'
  traced=yes
}

# fenced_twice MODEL MUTANT FLAGS: one rule is off, and another one still holds what it guards.
fenced_twice() {
  [ -z "$trace" ] || return 0
  build "$1" "$3 -D$2" -O2
  run_pan 24
  report passed "$2" "$1" "$3"
}

check_view_change() {
  local m=view_change paxos leases
  passes $m 'Paxos, three ballots' '-DVIEWS=1 -DBALLOTS=3'
  passes $m 'Paxos, held proposals' '-DVIEWS=1 -DBALLOTS=3 -DMEMBERS=3 -DHOLDS'
  passes $m 'Paxos, even count of voters' '-DVIEWS=1 -DBALLOTS=2 -DFOUNDERS=4'
  passes $m 'Paxos, chain of views' '-DVIEWS=2 -DBALLOTS=2 -DMEMBERS=3'
  passes $m 'leases' '-DLEASES -DVIEWS=3'
  passes $m 'leases, two joiners' '-DLEASES -DVIEWS=3 -DMEMBERS=5'
  passes $m 'leases, members that do not vote' '-DLEASES -DVIEWS=3 -DMEMBERS=5 -DFOUNDERS=4 -DVOTERS_MAX=3'
  passes $m 'leases, consents' '-DLEASES -DVIEWS=2 -DCONSENTS'
  passes $m 'leases, two ballots' '-DLEASES -DVIEWS=2 -DBALLOTS=2 -DMEMBERS=3'
  passes $m 'leases of a primary' '-DLEASES -DVIEWS=2 -DROWS -DHAND_OVERS'
  passes $m 'leases of a primary, chain of views' '-DLEASES -DVIEWS=3 -DROWS -DHAND_OVERS -DMEMBERS=3'
  passes $m 'strict: Paxos, even count of voters' '-DSTRICT -DVIEWS=1 -DBALLOTS=2 -DFOUNDERS=4'
  passes $m 'strict: leases, two founders' '-DSTRICT -DLEASES -DVIEWS=3 -DFOUNDERS=2'
  passes $m 'strict: leases, four founders' '-DSTRICT -DLEASES -DVIEWS=2 -DFOUNDERS=4 -DMEMBERS=5'
  passes $m 'strict: leases of a primary' '-DSTRICT -DLEASES -DVIEWS=3 -DROWS -DHAND_OVERS -DMEMBERS=3 -DFOUNDERS=2'
  if [ "$long" = yes ]; then
    passes $m 'long: leases, five founders' '-DLEASES -DVIEWS=3 -DMEMBERS=5 -DFOUNDERS=5'
    passes $m 'long: Paxos, chain of views' '-DVIEWS=2 -DBALLOTS=2'
    passes $m 'long: leases, holds, consents, ballots' '-DLEASES -DVIEWS=2 -DBALLOTS=2 -DMEMBERS=3 -DHOLDS -DCONSENTS'
    passes $m 'long: leases of a primary, chain' '-DLEASES -DVIEWS=3 -DROWS -DHAND_OVERS'
  fi
  local first=-DT_REVERSE
  paxos='-DVIEWS=1 -DBALLOTS=3'
  fails $m IGNORES_THE_ACCEPTED "$paxos" $first
  fails $m ADOPTS_THE_LOWEST "$paxos" $first
  fails $m ACCEPTS_BELOW_PROMISE "$paxos" $first
  fails $m SKIPS_PHASE_ONE "$paxos" $first
  fails $m ROUND_ZERO_PROPOSES_TWICE "$paxos" $first
  fails $m RESTART_KEEPS_IDENTITY "$paxos" $first
  fails $m HELD_SURVIVES_PROMISE '-DVIEWS=1 -DBALLOTS=3 -DMEMBERS=3 -DHOLDS' $first
  fails $m QUORUM_OF_THE_LIVE '-DVIEWS=1 -DBALLOTS=2 -DFOUNDERS=4' $first
  fails $m QUORUM_OF_THE_NEXT '-DVIEWS=1 -DBALLOTS=2 -DFOUNDERS=4' $first
  fails $m VOTES_AFTER_INSTALLING '-DVIEWS=2 -DBALLOTS=2 -DMEMBERS=3' $first
  leases='-DLEASES -DVIEWS=3'
  fails $m VOTES_BEFORE_INSTALLING "$leases" $first
  fails $m GRANT_STARTS_NO_WAIT "$leases" $first
  fails $m GRANTS_AFTER_ACCEPTING "$leases" $first
  fails $m GRANTS_ON_WITH_NEW_VOTERS "$leases" $first
  fails $m GRANTS_IN_ANY_VIEW "$leases" $first
  fails $m INSTALL_DOES_NOT_COUNT "$leases" $first
  fails $m OWN_REMOVAL_KEEPS_LEASE "$leases" $first
  fails $m LEASE_LACKS_ONE_GRANT "$leases" $first
  fails $m JOINER_DOES_NOT_WAIT '-DLEASES -DVIEWS=3 -DMEMBERS=5' $first
  fails $m ONLY_NEW_VOTERS_WAIT '-DLEASES -DVIEWS=3 -DMEMBERS=5 -DFOUNDERS=5' $first
  fails $m GRANTS_ON_TO_THE_REMOVED '-DLEASES -DVIEWS=3 -DMEMBERS=5 -DFOUNDERS=4 -DVOTERS_MAX=3' $first
  fails $m LEASE_OF_ALL_MEMBERS '-DLEASES -DVIEWS=1 -DMEMBERS=5 -DFOUNDERS=5 -DVOTERS_MAX=3' $first
  fails $m CONSENT_IS_UNTAGGED '-DLEASES -DVIEWS=2 -DCONSENTS' $first
  fails $m CONSENT_KEEPS_LEASE '-DLEASES -DVIEWS=2 -DCONSENTS' $first
  fails $m OLDEST_PRESENT_WEIGHS_MORE '-DSTRICT -DVIEWS=1 -DBALLOTS=2 -DFOUNDERS=4' $first
  fails $m OLDEST_PRESENT_WEIGHS_MORE '-DSTRICT -DLEASES -DVIEWS=3 -DFOUNDERS=2' $first
  fails $m SEALS_NO_FORMER_PRIMARY '-DLEASES -DVIEWS=3 -DROWS -DHAND_OVERS -DMEMBERS=3' $first
  fails $m SEALS_ONLY_THE_LAST_PRIMARY '-DLEASES -DVIEWS=3 -DROWS -DHAND_OVERS -DMEMBERS=3' $first
}

check_row() {
  local m=row short='-DCONFIGS=4 -DPOSITIONS=1' empty='-DCONFIGS=4 -DIN_SYNC_AT_FIRST=1 -DGOES_ON_EMPTY' mutant
  passes $m 'three in sync' '-DCONFIGS=4 -DPOSITIONS=2'
  passes $m 'two in sync, one learner' '-DCONFIGS=4 -DPOSITIONS=2 -DIN_SYNC_AT_FIRST=3'
  passes $m 'no backup: goes on empty' "$empty"
  if [ "$long" = yes ]; then
    passes $m 'long: five configs' '-DCONFIGS=5 -DPOSITIONS=1'
    passes $m 'long: four members' '-DCONFIGS=3 -DPOSITIONS=2 -DMEMBERS=4'
  fi
  for mutant in SEALS_NOBODY SEALS_NO_BACKUP SEALS_NO_FORMER_PRIMARY SEALS_ONLY_THE_LAST_PRIMARY SEAL_GOES_BACK HEEDS_STRAGGLING_SEALS \
    TAKES_RECORDS_BELOW_SEAL DOES_NOT_ROLL_FORWARD REMOVED_KEEPS_LEASE READS_BEFORE_RECOMMIT READS_PENDING COMMITS_WITHOUT_ALL_ACKS \
    PROMOTES_ANYBODY ASKS_BEFORE_AWAITING ASKS_BEFORE_CAUGHT_UP AWAITS_BEFORE_RECOMMIT STOPS_AWAITING_BY_ITSELF ACK_OF_AN_EARLIER_FEED; do
    fails $m $mutant '-DCONFIGS=3 -DPOSITIONS=2'
  done
  for mutant in U_IS_EMPTIED_BY_A_CANDIDATE STAYS_PRIMARY_WHEN_SEALED WISH_OF_AN_EARLIER_CONFIG SEAL_COUNTS_AS_ACK_OF_A_LEARNER SNAPSHOT_KEEPS_COPY; do
    fails $m $mutant "$short"
  done
  fails $m COMMITS_ALONE_WITHOUT_LEASE "$empty"
  fails $m LEARNER_IS_COMPANY "$empty"
  fenced_twice $m SEALED_OUTSIDE_KEEPS_COPY "$short"
  fenced_twice $m TAKES_RECORDS_OF_ANOTHER_HISTORY "$short"
}

[ -n "$trace" ] || line model run bounds states depth MiB seconds verdict
traced=no
for model in "${models[@]}"; do "check_$model"; done
if [ -n "$trace" ]; then
  [ "$traced" = yes ] || { echo "check.sh: no mutant $trace; see README.md" >&2; exit 2; }
  exit 0
fi
if [ "$unexpected" -gt 0 ]; then
  echo "$unexpected run(s) did not end as expected" >&2
  exit 1
fi
echo 'All searches complete and without a violation; every mutant caught.'
