#!/usr/bin/env bash
# That a processor takes effect once, and that a lock never has two owners, while members are killed: real processes, and simulated clusters.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build=${TROUPE_BUILD_DIR:-build/release}

usage() {
  cat <<END_OF_USAGE
usage: bash tests/once.sh [--kills N] [--seeds N]

Kills members while processors count and locks are taken, and says how often that was; status 1 if anything was counted twice or not at all, or
a lock had two owners. Wants a build (bash cmake/build.sh $build).

  --kills N   of real processes, for processors and for locks each (50)
  --seeds N   simulated clusters, with no faults but members that crash, and come back; a third has processors, a quarter locks (1000)
  --help      print this, and end

TROUPE_BUILD_DIR: where it was built (build/release)
END_OF_USAGE
}

fail() { echo "once.sh: $*" >&2; exit 2; }

kills=50 seeds=1000
while [ $# -gt 0 ]; do
  case $1 in
    --kills | --seeds)
      [[ ${2:-} =~ ^[1-9][0-9]{0,8}$ ]] || fail "$1 needs a number"
      declare "${1#--}=$2"
      shift ;;
    -h | --help) usage; exit ;;
    *) fail "unknown argument '$1'; see --help" ;;
  esac
  shift
done
for program in cluster/cluster_test sim/troupe-sim; do [ -x "$build/tests/$program" ] || fail "$build/tests/$program is not built"; done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

TROUPE_TEST_KILLS=$kills "$build/tests/cluster/cluster_test" --warn NoTests '[once]' >"$work/processes" || { cat "$work/processes"; status=1; }
echo "processes"
sed -n 's/^ *\([0-9]* kills, .*\)/  \1/p' "$work/processes"
[ "$(grep -c ' kills, ' "$work/processes")" -eq 2 ] || { echo "  not all was done"; status=1; }

crashes=crash,silent_death,transfer_crash,view_crash,handover_crash
"$build/tests/sim/troupe-sim" --seeds "1:$seeds" --faults "restart,$crashes" --jobs "$(nproc)" --record "$work/runs" >"$work/simulation" || { cat "$work/simulation"; status=1; }
echo "simulation"
awk -v names="$crashes" '
  BEGIN { crashes = split(names, crash, ",") }
  /^seed=/ {
    split("", of)
    for (i = 1; i <= NF; ++i) if (split($i, pair, "=") == 2) of[pair[1]] = pair[2]
    kills = 0
    for (i = 1; i <= crashes; ++i) kills += of[crash[i]]
    if (of["processed"] > 0) { ++seeds_p; kills_p += kills; processed += of["processed"] }
    if (of["locks_granted"] > 0) { ++seeds_l; kills_l += kills; granted += of["locks_granted"] }
  }
  END {
    printf "  %d kills in %d seeds with processors, %d runs on one key answered, each of them checked\n", kills_p, seeds_p, processed
    printf "  %d kills in %d seeds with locks, %d times locked\n", kills_l, seeds_l, granted
    exit !(processed > 0 && granted > 0)
  }' "$work/runs" || { echo "  not all was done"; status=1; }
echo "  $(tail -n 1 "$work/simulation")"
exit $status
