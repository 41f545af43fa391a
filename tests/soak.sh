#!/usr/bin/env bash
# Runs a cluster of real processes under faults, and judges every history.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build=${TROUPE_BUILD_DIR:-build/release}
soak=$build/tests/cluster/troupe-soak

usage() {
  cat <<END
usage: bash tests/soak.sh --minutes N [TROUPE-SOAK OPTIONS]

Builds what is needed, then injects faults into a cluster of real members for N minutes (a fraction is fine) while clients read and
write. Ends with a table; status 1 if an answer was wrong or the cluster did not heal.

  --minutes N      how long
  --list-faults    print what can be injected on this machine, and what not and why
  --help           print this, and the options of troupe-soak

Links between members can be cut as root, or where everybody may have user namespaces, with 'ip' (Debian: iproute2).
A run that fails leaves its report and the logs of its members in $build/soak.
TROUPE_BUILD_DIR: where to build (default: build/release)
END
}

fail() { echo "soak.sh: $*" >&2; exit 2; }

minutes='' options=() wants=run
while [ $# -gt 0 ]; do
  case $1 in
    --minutes) [ $# -ge 2 ] || fail "--minutes needs a number"; minutes=$2; shift ;;
    -h | --help) wants=help ;;
    --list-faults) wants=list ;;
    *) options+=("$1") ;;
  esac
  shift
done
if [ $wants = help ]; then
  usage
  if [ -x "$soak" ]; then echo && "$soak" --help; fi
  exit
fi

bash cmake/install-dependencies.sh
bash cmake/build.sh "$build"
if [ $wants = list ]; then exec "$soak" --list-faults "${options[@]}"; fi

[[ $minutes =~ ^[0-9]+([.][0-9]+)?$ ]] || fail "--minutes N says how long; see --help"
seconds=$(awk -v m="$minutes" 'BEGIN { printf "%d", m * 60 + 0.5 }')
[ "$seconds" -gt 0 ] || fail "--minutes: '$minutes' is too short"

kept=$build/soak/$(date +%Y-%m-%d-%H%M%S)
mkdir -p "$kept"
status=0
"$soak" --seconds "$seconds" --logs "$kept/logs" "${options[@]}" | tee "$kept/report" || status=$?
if [ $status -eq 0 ]; then rm -r "$kept"; else echo "kept: $kept" >&2; fi
exit $status
