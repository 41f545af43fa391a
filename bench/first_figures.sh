#!/usr/bin/env bash
# First figures: three Troupe members and Redis with one replica on this machine, the same keys and values, run after run in turn. Prints the
# tables of docs/performance.md.
#   bash bench/first_figures.sh [RUNS]      (default 3; medians are printed)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
runs=${1:-3}

bash cmake/install-dependencies.sh
for p in redis-server libhiredis-dev; do
  dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || apt-get install -y -qq --no-install-recommends "$p" >/dev/null
done
build=${TROUPE_BUILD_DIR:-build/release}
bash cmake/build.sh "$build"

work=$(mktemp -d)
pids=()
clean_up() {
  for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap clean_up EXIT

cat >"$work/maps.xml" <<'XML'
<hazelcast>
  <map name="none"><backup-count>0</backup-count></map>
  <map name="one"><backup-count>1</backup-count></map>
  <map name="two"><backup-count>2</backup-count></map>
  <map name="async"><backup-count>0</backup-count><async-backup-count>1</async-backup-count></map>
</hazelcast>
XML
base=$((20000 + RANDOM % 12000))
seed=127.0.0.1:$base
all=$seed,127.0.0.1:$((base + 1)),127.0.0.1:$((base + 2))
for i in 0 1 2; do
  "$build/node/troupe-node" --config "$work/maps.xml" --name bench --log-level warn --port $((base + i)) --port-strict --join "$all" \
    >"$work/node$i" 2>"$work/node$i.log" &
  pids+=($!)
done
redis=$((base + 10))
redis-server --dir "$work" --port $redis --save '' --appendonly no --daemonize no >"$work/redis" 2>&1 &
pids+=($!)
redis-server --dir "$work" --port $((redis + 1)) --replicaof 127.0.0.1 $redis --save '' --appendonly no >"$work/replica" 2>&1 &
pids+=($!)
for i in 0 1 2; do
  for _ in $(seq 100); do grep -q '^ready' "$work/node$i" && break; sleep 0.1; done
done
for _ in $(seq 100); do redis-cli -p $redis info replication | grep -q 'state=online' && break; sleep 0.1; done

cli=("$build/node/troupe" --name bench --connect "$all")
for map in none one two async; do "${cli[@]}" put $map warm up >/dev/null; done
"${cli[@]}" wait-safe --timeout 60 2>/dev/null

# median of the columns of several lines
median() { sort -n -k1,1 | awk '{line[NR] = $0} END {print line[int((NR + 1) / 2)]}'; }
troupe() { "$build/bench/troupe-measure" bench "$all" "$@" 3; }
redis() { "$build/bench/redis-measure" "$redis" "$@" 3; }

declare -a names=() commands=()
row() { names+=("$1"); shift; commands+=("$*"); }
row 'Troupe put, 1 sync backup, 1 in flight' troupe one put 1
row 'Redis SET + WAIT 1, 1 in flight' redis set-wait 1 1
row 'Troupe put, 1 sync backup, 800 in flight' troupe one put 800
row 'Redis SET + WAIT 1, 50 × 16 in flight' redis set-wait 50 16
row 'Troupe get, 1 in flight' troupe one get 1
row 'Redis GET, 1 in flight' redis get 1 1
row 'Troupe get, 800 in flight' troupe one get 800
row 'Redis GET, 50 × 16 in flight' redis get 50 16
row 'Troupe put, no backup, 1 in flight' troupe none put 1
row 'Troupe put, 2 sync backups, 1 in flight' troupe two put 1
row 'Troupe put, 1 async backup, 1 in flight' troupe async put 1

for ((r = 0; r < runs; ++r)); do
  for i in "${!names[@]}"; do
    ${commands[$i]} >>"$work/figures.$i"
    [ -t 2 ] && printf '\r%d of %d' $((r * ${#names[@]} + i + 1)) $((runs * ${#names[@]})) >&2
  done
done
printf '\n| workload | operations/s | p50 µs | p99 µs |\n|---|---:|---:|---:|\n'
for i in "${!names[@]}"; do
  read -r ops p50 p99 failed < <(median <"$work/figures.$i")
  [ "$failed" -eq 0 ] || { echo "${names[$i]}: $failed failed" >&2; exit 1; }
  printf '| %s | %s | %s | %s |\n' "${names[$i]}" "$ops" "$p50" "$p99"
done
