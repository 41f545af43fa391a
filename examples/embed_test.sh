#!/usr/bin/env bash
# Runs two processes of the embedding example and checks that each finds the other's entry.
#   embed_test.sh PATH_OF_EMBED
set -euo pipefail
embed=$1
work=$(mktemp -d)
pids=()
clean_up() {
  for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap clean_up EXIT

address=127.0.0.1:$((20000 + RANDOM % 12000))
"$embed" alice "$address" bob >"$work/alice" 2>&1 &
pids+=($!)
"$embed" bob "$address" alice >"$work/bob" 2>&1 &
pids+=($!)
status=0
for pid in "${pids[@]}"; do wait "$pid" || status=$?; done
cat "$work/alice" "$work/bob"
[ "$status" -eq 0 ] && grep -q 'alice found: hello from bob' "$work/alice" && grep -q 'bob found: hello from alice' "$work/bob"
