#!/usr/bin/env bash
# Two processes: one publishes a map, the other uses it, and each finds what the other has put.
#   remote_map_test.sh PATH_OF_REMOTE_MAP
set -euo pipefail
program=$1
work=$(mktemp -d)
pids=()
clean_up() {
  for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap clean_up EXIT
fail() {
  cat "$work/host" "$work/visitor" 2>/dev/null || true
  echo "$*"
  exit 1
}

mkfifo "$work/input"
"$program" <"$work/input" >"$work/host" 2>&1 &
pids+=($!)
exec 3>"$work/input"   # The host runs until this is closed.
port=''
for _ in $(seq 600); do  # Polls for 60 s at most.
  port=$(sed -n 's/^published at port //p' "$work/host")
  [ -z "$port" ] || break
  kill -0 "${pids[0]}" 2>/dev/null || fail 'the host ended'
  sleep 0.1
done
[ -n "$port" ] || fail 'nothing was published within 60 s'

"$program" --port="$port" 3>&- </dev/null >"$work/visitor" 2>&1 &
pids+=($!)
wait "${pids[1]}" || fail 'the visitor failed'
exec 3>&-
wait "${pids[0]}" || fail 'the host failed'
cat "$work/host" "$work/visitor"
for line in 'the visitor found 5 pears' 'the map has 1 entry'; do grep -qxF "$line" "$work/visitor" || fail "the visitor has not said: $line"; done
grep -qxF 'the host counts 7 pears' "$work/host" || fail 'the host has not found 7 pears'
