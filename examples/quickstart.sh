#!/usr/bin/env bash
# The main job, end to end: three members on this machine take in real data, lose one of them to kill -9 in the middle of it, and lose nothing.
#   bash examples/quickstart.sh
# TROUPE_BUILD_DIR: where to build (default build/release). QUICKSTART_KILL_AFTER: seconds into the load (default 4).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '\n== %s\n' "$*"; }

say 'install what is missing, build a release'
bash cmake/install-dependencies.sh
build=${TROUPE_BUILD_DIR:-build/release}
bash cmake/build.sh "$build"
node=$build/node/troupe-node
cli=$build/node/troupe

work=$(mktemp -d)
declare -A pid_of=()   # of members: address → process id
load='' command=''     # process ids of the loader and of the command that is waited for
clean_up() {
  trap - EXIT INT TERM
  for pid in "${pid_of[@]}" $load $command; do { kill -9 "$pid" && wait "$pid"; } 2>/dev/null || true; done
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
  tail -n 20 "$work"/*.log >&2 || true
  echo "quickstart: $*" >&2
  exit 1
}

# Runs a command so that an interrupted script ends at once, and the command with it.
run() {
  "$@" &
  command=$!
  local status=0
  wait "$command" || status=$?
  command=''
  return "$status"
}

# start NAME JOIN: a member, waited for until it is ready; sets `address`.
start() {
  local name=$1
  shift
  "$node" --name quickstart --port "$base_port" "$@" >"$work/$name.out" 2>"$work/$name.log" &
  local pid=$!
  disown "$pid"   # The shell need not report how it ends.
  pid_of[$name]=$pid
  for _ in $(seq 200); do  # Polls for 20 s at most.
    if grep -q '^ready ' "$work/$name.out"; then
      address=$(sed -n 's/^ready .*address=\([^ ]*\).*/\1/p' "$work/$name.out")
      pid_of[$address]=$pid
      unset "pid_of[$name]"
      echo "   $(cat "$work/$name.out")"
      return
    fi
    kill -0 "$pid" 2>/dev/null || fail "the member $name ended: see its log above"
    sleep 0.1
  done
  fail "the member $name was not ready within 20 s"
}

base_port=$((20000 + RANDOM % 12000))
input=$work/unicode.tsv
sed 's/;/\t/' /usr/share/unicode/UnicodeData.txt >"$input"   # code point → the rest of its line
entries=$(wc -l <"$input")

say 'three members'
start first --bootstrap
seed=$address
start second --join "$seed"
start third --join "$seed"
all=$(IFS=,; echo "${!pid_of[*]}")
cluster=("$cli" --name quickstart --connect "$all")
run "${cluster[@]}" put warm-up key value >/dev/null
run "${cluster[@]}" wait-safe --timeout 30
run "${cluster[@]}" members
run "${cluster[@]}" partitions

progress=$work/load.progress
[ ! -t 2 ] || progress=/dev/stderr   # A bar on a terminal.
say "load $entries entries (Unicode's code points), at a rate that takes about 10 s"
"${cluster[@]}" load unicode "$input" --rate $((entries / 10)) >"$work/load.result" 2>"$progress" &
load=$!
run sleep "${QUICKSTART_KILL_AFTER:-4}"
victim=$("${cluster[@]}" --json partitions | jq -r '.members | max_by(.primaries) | .address')
before=$("${cluster[@]}" size unicode)
say "kill -9 the member with the most primaries: $victim (process ${pid_of[$victim]})"
kill -9 "${pid_of[$victim]}"
unset "pid_of[$victim]"
kill -0 "$load" 2>/dev/null && [ "$before" -lt "$entries" ] || {
  echo 'quickstart: the load was over before the kill: set QUICKSTART_KILL_AFTER to fewer seconds' >&2
  exit 1
}
echo "   killed with more than $before of $entries entries in"
wait "$load" || { cat "$work/load.progress" >&2 || true; fail "the load failed: $(cat "$work/load.result")"; }
load=''
result=$(tail -n 1 "$work/load.result")
echo "   $result"
acknowledged=${result%% *}

say 'wait until every entry has all its copies again, verify every entry'
run "${cluster[@]}" wait-safe --timeout 60
run "${cluster[@]}" verify unicode "$input" >"$work/verify.result" || { cat "$work/verify.result"; fail 'entries are missing'; }
verified=$(tail -n 1 "$work/verify.result")
echo "   $verified"
run "${cluster[@]}" members
run "${cluster[@]}" partitions
run "${cluster[@]}" stats

say 'a new member joins and takes its share'
start fourth --join "$all"
run "${cluster[@]}" wait-safe --timeout 60
run "${cluster[@]}" members
run "${cluster[@]}" partitions
run "${cluster[@]}" stats

say 'done'
verified_count=${verified%% *}
lost=$((acknowledged - verified_count))
echo "quickstart: $acknowledged acknowledged, $verified_count verified, $lost lost"
[ "$lost" -eq 0 ] && [ "$acknowledged" -eq "$entries" ]
