#!/usr/bin/env bash
# Troupe beside what people would take instead, on this machine: see usage. bench/tabulate.py makes the page of what this measures.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

all_systems=(tcp table troupe redis hazelcast ignite)
all_tables=(one many zipfian copies old-values open embedded)

usage() {
  cat <<END
usage: bash bench/compare.sh [OPTIONS]

Installs the peers, starts three members of each system (Redis: a primary and a replica) as processes on loopback, puts the same load on each in turn,
and writes docs/performance.md and docs/performance/: every run as a line of results.tsv, the machine, plots.

  --runs N          repetitions; tables show medians (5)
  --seconds S       measured in each run (3)
  --warm-up S       before that; generators in Java take 3 s more, to be compiled (2)
  --systems LIST    of ${all_systems[*]} (all)
  --only LIST       of the tables ${all_tables[*]} (all)
  --rates LIST      of the open loop, operations a second; 70% is of what Troupe did in the closed loop (5000,20000,70%)
  --results FOLDER  where to write instead, with the page as FOLDER/performance.md (docs/performance)
  --quick           one short run of a few cases, into build/compare: does everything work? About two minutes
  --help            print this, and end

  bash bench/compare.sh --quick
  bash bench/compare.sh --runs 9 --only one,open --systems troupe,redis --results /tmp/figures

All of it takes about an hour and a half. Nothing else should run: on few cores everything shares the processor, the load generator included.
A peer that can't be installed is left out, and said to be.
END
}

fail() { echo "compare.sh: $*" >&2; exit 2; }

runs='' seconds='' warm_up='' results='' rates='' quick=no
systems=$(IFS=,; echo "${all_systems[*]}")
only=$(IFS=,; echo "${all_tables[*]}")
while [ $# -gt 0 ]; do
  case $1 in
    --quick) quick=yes; shift; continue ;;
    -h | --help) usage; exit ;;
    --runs | --seconds | --warm-up | --systems | --only | --rates | --results) [ $# -ge 2 ] || fail "$1: a value is missing; see --help" ;;
    *) fail "unknown argument '$1'; see --help" ;;
  esac
  case $1 in
    --runs) runs=$2 ;;
    --seconds) seconds=$2 ;;
    --warm-up) warm_up=$2 ;;
    --systems) systems=$2 ;;
    --only) only=$2 ;;
    --rates) rates=$2 ;;
    --results) results=$2 ;;
  esac
  shift 2
done
if [ $quick = yes ]; then
  : "${runs:=1}" "${seconds:=1}" "${warm_up:=0.5}" "${rates:=2000}" "${results:=build/compare}"
  keys=10000 keys_10k=2000 java_warm_up=1
else
  : "${runs:=5}" "${seconds:=3}" "${warm_up:=2}" "${rates:=5000,20000,70%}" "${results:=docs/performance}"
  keys=100000 keys_10k=10000 java_warm_up=3  # 10 KiB times 100,000, in several copies of several systems, would not fit everybody's memory.
fi
[[ $runs =~ ^[1-9][0-9]*$ ]] || fail "--runs: a number from 1 on (is '$runs')"
for s in "$seconds" "$warm_up"; do [[ $s =~ ^[0-9]+(\.[0-9]+)?$ ]] || fail "--seconds, --warm-up: a number of seconds (is '$s')"; done
for r in ${rates//,/ }; do [[ $r =~ ^[1-9][0-9]*%?$ ]] || fail "--rates: numbers, or percentages (one is '$r')"; done
has() { [[ ,$1, == *,$2,* ]]; }
# all_known OPTION GIVEN KNOWN…
all_known() {
  local option=$1 given=$2 one
  shift 2
  for one in ${given//,/ }; do [[ " $* " == *" $one "* ]] || fail "$option: unknown '$one'; there are $*"; done
}
all_known --systems "$systems" "${all_systems[@]}"
all_known --only "$only" "${all_tables[@]}"

# ---- what is needed ----

left_out=()
without() {
  left_out+=("$1: $2")
  echo "compare.sh: goes on without $1: $2" >&2
  systems=$(tr , '\n' <<<"$systems" | grep -vx "$1" | paste -sd,) || true
}

install() {
  local p missing=() as_root=()
  for p in "$@"; do dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  [ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
  echo "installing: ${missing[*]}" >&2
  "${as_root[@]}" apt-get update -qq || return 1
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

bash cmake/install-dependencies.sh
is_there() { command -v "$1" >/dev/null; }
is_there python3 || install python3 || fail "python3 is needed for the tables"
build=${TROUPE_BUILD_DIR:-build/release}
targets=(troupe-node troupe troupe-measure floor-measure)
if has "$systems" redis; then
  if install redis-server libhiredis-dev; then targets+=(redis-measure); else without redis "apt-get install redis-server libhiredis-dev failed"; fi
fi
if has "$systems" hazelcast || has "$systems" ignite; then
  if ! { is_there javac || install default-jdk-headless; } || ! { is_there mvn || install maven; }; then
    for s in hazelcast ignite; do if has "$systems" $s; then without $s "apt-get install default-jdk-headless maven failed"; fi; done
  fi
fi
cache=build/cache/peers
mkdir -p "$cache"
# fetch PEER: its jars from Maven Central, and its load generator compiled.
fetch() {
  local to=$cache/$1
  if [ ! -e "$to/fetched" ] || [ bench/peers/pom.xml -nt "$to/fetched" ]; then
    rm -rf "${to:?}"
    echo "fetching $1" >&2
    timeout 600 mvn -q -B -f bench/peers/pom.xml -P "$1" dependency:copy-dependencies -DoutputDirectory="$PWD/$to/jars" >"$to.log" 2>&1 || return 1
    touch "$to/fetched"
  fi
  mkdir -p "$to/classes"
  javac -d "$to/classes" -cp "$to/jars/*" bench/peers/Workload.java "bench/peers/${1^}.java" >>"$to.log" 2>&1
}
for s in hazelcast ignite; do
  if has "$systems" $s && ! fetch $s; then without $s "no jars, or not compiled; see $cache/$s.log"; fi
done
TROUPE_TARGETS=${targets[*]} bash cmake/build.sh "$build"
bin=$build/bench

# ---- processes: everything that this starts, and nothing else, ends with it ----

work=$(mktemp -d)
pids=()
generator=
clean_up() {
  local pid
  if [ -n "$generator" ]; then  # Not -9: `timeout` passes this on.
    kill "$generator" 2>/dev/null || true
    wait "$generator" 2>/dev/null || true
  fi
  for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done; done
  rm -rf "$work"
  [ ! -t 2 ] || printf '\r\033[K' >&2
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

declare -A pids_of=()
# start SYSTEM NAME COMMAND…: with its output in $work/NAME
start() {
  local system=$1 name=$2
  shift 2
  "$@" >"$work/$name" 2>"$work/$name.log" </dev/null &
  pids+=($!)
  pids_of[$system]+=${pids_of[$system]:+,}$!
  disown
}
# until SYSTEM SECONDS COMMAND…: waits for it to hold; or goes on without the system.
until_ready() {
  local system=$1 left=$(($2 * 5))
  shift 2
  until "$@"; do
    if ((left-- == 0)); then
      without "$system" "it did not start: $(cat "$work/$system"*.log | tail -n 3 | tr '\n' ' ')"
      return
    fi
    sleep 0.2
  done
}
have_said_ready() { [ "$(cat "$work/$1"[0-2] | grep -c '^ready')" -eq 3 ]; }

offsets=(0 1 2 10 11 20 21 22 30 31 32 40 41 42 50 51 52)
are_free() {
  local o
  for o in "${offsets[@]}"; do if (: <"/dev/tcp/127.0.0.1/$((base + o))") 2>/dev/null; then return 1; fi; done
}
until base=$((20000 + RANDOM % 12000)) && are_free; do :; done

troupe_members=127.0.0.1:$base,127.0.0.1:$((base + 1)),127.0.0.1:$((base + 2))
redis=$((base + 10))
hazelcast_ports=$((base + 20)),$((base + 21)),$((base + 22))
ignite_ports=$((base + 30)),$((base + 31)),$((base + 32))

start_troupe() {
  cat >"$work/maps.xml" <<'XML'
<hazelcast>
  <map name="none"><backup-count>0</backup-count></map>
  <map name="one"><backup-count>1</backup-count></map>
  <map name="two"><backup-count>2</backup-count></map>
  <map name="async"><backup-count>0</backup-count><async-backup-count>1</async-backup-count></map>
</hazelcast>
XML
  local i map cli=("$build/node/troupe" --name bench --connect "$troupe_members")
  for i in 0 1 2; do
    start troupe troupe$i "$build/node/troupe-node" --config "$work/maps.xml" --name bench --log-level warn --port $((base + i)) --port-strict \
      --join "$troupe_members"
  done
  until_ready troupe 30 have_said_ready troupe
  for map in none one two async; do "${cli[@]}" put $map warm up >/dev/null; done
  "${cli[@]}" wait-safe --timeout 60 2>/dev/null
}

# Its documentation: persistence off for a cache; a larger buffer for the replica, which would be cut off in the middle of large values.
redis_options=(--dir "$work" --bind 127.0.0.1 --save '' --appendonly no --repl-diskless-sync-delay 0 --repl-backlog-size 64mb
  --client-output-buffer-limit 'replica 1gb 1gb 60')
replica_is_online() { redis-cli -p "$redis" info replication 2>/dev/null | grep -q 'state=online'; }
start_redis() {
  start redis redis0 redis-server --port "$redis" "${redis_options[@]}"
  start redis redis1 redis-server --port $((redis + 1)) --replicaof 127.0.0.1 "$redis" "${redis_options[@]}"
  until_ready redis 30 replica_is_online
}

heap=(-Xms512m -Xmx512m)
# What its documentation asks for with Java 17. The last one: with two processors Java's common pool has one thread, and Hazelcast then starts a new
# thread for every answer of an asynchronous call, which costs it nearly all of its throughput.
hazelcast_java=(java "${heap[@]}" --add-modules java.se --add-exports java.base/jdk.internal.ref=ALL-UNNAMED --add-opens java.base/java.lang=ALL-UNNAMED
  --add-opens java.base/sun.nio.ch=ALL-UNNAMED --add-opens java.management/sun.management=ALL-UNNAMED
  --add-opens jdk.management/com.sun.management.internal=ALL-UNNAMED -Dhazelcast.logging.type=none
  -Djava.util.concurrent.ForkJoinPool.common.parallelism=2 -cp "$cache/hazelcast/classes:$cache/hazelcast/jars/*" Hazelcast)
start_hazelcast() {
  local i
  for i in 0 1 2; do start hazelcast hazelcast$i "${hazelcast_java[@]}" member $((base + 20 + i)) $hazelcast_ports; done
  until_ready hazelcast 120 have_said_ready hazelcast
}

ignite_java=(java "${heap[@]}" -Djava.net.preferIPv4Stack=true -DIGNITE_UPDATE_NOTIFIER=false -DIGNITE_QUIET=true -DIGNITE_NO_ASCII=true)
for opened in java.base/{jdk.internal.access,jdk.internal.misc,sun.nio.ch,sun.util.calendar,sun.reflect.generics.reflectiveObjects,java.io,java.nio} \
  java.base/java.{net,util,util.concurrent,util.concurrent.locks,util.concurrent.atomic,lang,lang.invoke,math,time} java.sql/java.sql \
  java.management/com.sun.jmx.mbeanserver jdk.internal.jvmstat/sun.jvmstat.monitor jdk.management/com.sun.management.internal; do
  ignite_java+=("--add-opens=$opened=ALL-UNNAMED")
done
ignite_java+=(-cp "$cache/ignite/classes:$cache/ignite/jars/*" Ignite)
start_ignite() {
  local i
  for i in 0 1 2; do start ignite ignite$i "${ignite_java[@]}" member $((base + 30 + i)) $ignite_ports "$work/ignite-files"; done
  until_ready ignite 120 have_said_ready ignite
}

# ---- cases ----

# A case: TABLE, VARIANT of a system, READS, VALUE BYTES, DISTRIBUTION, CLIENTS, PIPELINE, RATE.
cases=()
# add TABLE VARIANTS READS BYTES DISTRIBUTION CLIENTS PIPELINE RATE, where the table is wanted, and the system is there
add() {
  local variant
  has "$only" "$1" || return 0
  for variant in $2; do
    has "$systems" "${variant%%-*}" || continue
    [[ $variant == redis-wait* && $3 -eq 100 ]] && continue  # Only writes are awaited.
    [[ $variant == redis-wait-each && $7 -eq 1 ]] && continue
    cases+=("$1 $variant ${*:3}")
  done
}

everything='tcp table troupe redis redis-wait redis-wait-each hazelcast ignite'
fill_cases() {
  local reads bytes rate
  if [ $quick = yes ]; then
    add one "tcp troupe redis-wait hazelcast ignite" 0 100 uniform 1 1 0
    add many "$everything" 50 100 uniform 50 16 0
    add zipfian "troupe" 95 100 zipfian 50 16 0
    add many "troupe redis" 0 10240 uniform 50 16 0
  else
    for reads in 0 100; do add one "$everything" $reads 100 uniform 1 1 0; done
    for bytes in 100 1024 10240; do
      for reads in 0 50 95 100; do add many "$everything" $reads $bytes uniform 50 16 0; done
    done
    for reads in 0 50 95 100; do add zipfian "$everything" $reads 100 zipfian 50 16 0; done
    add copies "troupe-none troupe troupe-two troupe-async redis redis-wait" 0 100 uniform 1 1 0
    add copies "troupe-none troupe troupe-two troupe-async redis redis-wait" 0 100 uniform 50 16 0
    add old-values "troupe troupe-put hazelcast hazelcast-put" 0 100 uniform 1 1 0
    add old-values "troupe troupe-put hazelcast hazelcast-put" 0 100 uniform 50 16 0
  fi
  for rate in ${rates//,/ }; do add open "tcp troupe redis redis-wait hazelcast ignite" 50 100 uniform 50 16 "$rate"; done
  add embedded "table troupe-embedded hazelcast-embedded" 100 100 uniform 1 1 0
}

# What Troupe did so far in the closed loop, half of it reads: the latest figure.
peak() { awk -F'\t' '$2 == "many" && $3 == "troupe" && $4 == 50 && $5 == 100 { ops = $10 } END { print ops + 0 }' "$raw"; }

# command VARIANT: into `command`, with the warm-up that it needs
command_of() {
  local java_s
  java_s=$(awk "BEGIN { print $warm_up + $java_warm_up }")
  warm=$warm_up
  case $1 in
    tcp) command=("$bin/floor-measure") ;;
    table) command=("$bin/floor-measure" --table) ;;
    troupe-embedded) command=("$bin/troupe-measure" --embedded) ;;
    troupe*)
      command=("$bin/troupe-measure" --name bench --connect "$troupe_members" --cpu-of "${pids_of[troupe]}" --map)
      case $1 in
        troupe) command+=(one) ;;
        troupe-put) command+=(one --old-values) ;;
        *) command+=("${1#troupe-}") ;;
      esac
      ;;
    redis*)
      command=("$bin/redis-measure" --port "$redis" --cpu-of "${pids_of[redis]}")
      case $1 in
        redis-wait) command+=(--wait pipeline) ;;
        redis-wait-each) command+=(--wait each) ;;
      esac
      ;;
    hazelcast-embedded) command=("${hazelcast_java[@]}" embedded) warm=$java_s ;;
    hazelcast*)
      command=("${hazelcast_java[@]}" client "$hazelcast_ports" --cpu-of "${pids_of[hazelcast]}") warm=$java_s
      [ "$1" = hazelcast ] || command+=(--old-values)
      ;;
    ignite) command=("${ignite_java[@]}" client "$ignite_ports" --cpu-of "${pids_of[ignite]}") warm=$java_s ;;
  esac
}

# generate COMMAND…: in the background, so that an interruption does not wait for it
generate() {
  local status=0
  timeout -k 5 300 "$@" >"$work/figures" 2>"$work/problem" </dev/null &
  generator=$!
  wait $generator || status=$?
  generator=
  return $status
}

# measure RUN CASE…: a line of the results
measure() {
  local run=$1 table=$2 variant=$3 reads=$4 bytes=$5 distribution=$6 clients=$7 pipeline=$8 rate=$9 given=$9 status=0
  local command warm options
  if [[ $rate == *% ]]; then
    rate=$(awk "BEGIN { printf \"%.0f\", $(peak) * ${rate%\%} / 100 }")
    [ "$rate" -gt 0 ] || { echo "compare.sh: no rate $given without Troupe's closed loop (--only many,open)" >&2; return; }
  fi
  command_of "$variant"
  options=(--reads "$reads" --value-bytes "$bytes" --clients "$clients" --pipeline "$pipeline" --warm-up "$warm" --seconds "$seconds")
  if [ "$bytes" -gt 1024 ]; then options+=(--keys "$keys_10k"); else options+=(--keys "$keys"); fi
  [ "$distribution" = uniform ] || options+=(--zipfian)
  [ "$rate" = 0 ] || options+=(--rate "$rate")
  generate "${command[@]}" "${options[@]}" || status=$?
  if [ $status -ne 0 ]; then
    printf '\ncompare.sh: %s failed (%s): %s\n' "$variant" "$status" "$(tail -n 2 "$work/problem")" >&2
    return
  fi
  printf '%s\t' "$run" "$table" "$variant" "$reads" "$bytes" "$distribution" "$((clients * pipeline))" "$given" "$rate" >>"$raw"
  cat "$work/figures" >>"$raw"
}

began=$SECONDS
progress() {
  [ -t 2 ] || return 0
  local done=$1 all=$2 width=30 bar left='?'
  printf -v bar '%*s' $((width * done / all)) ''
  [ "$done" -eq 0 ] || left=$(((SECONDS - began) * (all - done) / done / 60 + 1))
  printf '\r\033[K[%-*s] %d of %d, %s min left: %s' $width "${bar// /#}" "$done" "$all" "$left" "$3" >&2
}

# ---- the machine ----

cpu_ticks() { local pid; for pid in ${pids_of[$1]//,/ }; do sed 's/.*) //' "/proc/$pid/stat"; done | awk '{ n += $12 + $13 } END { print n }'; }
describe_machine() {
  local s before=() load
  load=$(cut -d' ' -f1 /proc/loadavg)
  awk -F': ' '/^model name/ { name = $2; ++n } END { print "processor\t" n " × " name }' /proc/cpuinfo
  awk '/^MemTotal/ { printf "memory\t%.0f GiB\n", $2 / 1048576 }' /proc/meminfo
  printf 'system\t%s, Linux %s\n' "$(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release)" "$(uname -r)"
  printf 'compiler\t%s\n' "$(c++ --version | head -n 1)"
  printf 'Troupe\t%s\n' "$(git describe --always --dirty 2>/dev/null || echo unknown)"
  if has "$systems" redis; then printf 'Redis\t%s\n' "$(redis-server --version | sed 's/.*v=\([^ ]*\).*/\1/')"; fi
  for s in hazelcast ignite; do
    if has "$systems" $s; then printf '%s\t%s\n' "${s^}" "$(find "$cache/$s/jars" -name "$s*.jar" -printf '%f\n' | sed 's/[^0-9]*\(.*\)\.jar/\1/')"; fi
  done
  if has "$systems" hazelcast || has "$systems" ignite; then printf 'Java\t%s\n' "$(java -version 2>&1 | sed -n 2p)"; fi
  for s in "${left_out[@]}"; do printf 'without\t%s\n' "${s%%:*}"; done
  printf 'runs\t%s of %s s after %s s of warm-up, on %s\n' "$runs" "$seconds" "$warm_up" "$(date -u +%F)"
  printf 'load average before\t%s\n' "$load"
  for s in "${!pids_of[@]}"; do before+=("$s $(cpu_ticks "$s")"); done
  sleep 5
  for s in "${before[@]}"; do printf 'idle %s\t%s %% of a processor\n' "${s% *}" $((($(cpu_ticks "${s% *}") - ${s#* }) / 5)); done
}

# ---- go ----

for s in troupe redis hazelcast ignite; do if has "$systems" $s; then start_$s; fi; done
fill_cases
[ ${#cases[@]} -gt 0 ] || fail "nothing to measure: --systems $systems --only $only"
mkdir -p "$results"
raw=$work/results.tsv
printf '%s\t' run table system reads value_bytes distribution in_flight rate_wanted rate >"$raw"
printf 'ops_per_s\tp50_us\tp99_us\tp999_us\tmax_us\tfailed\toperations\tseconds\tservers_cpu_s\tclient_cpu_s\n' >>"$raw"
describe_machine >"$work/machine.tsv"
busy=$(awk -F'\t' -v cores="$(nproc)" '/^load average/ && $2 > cores / 4 { print $2 }' "$work/machine.tsv")
[ -z "$busy" ] || echo "compare.sh: the load average was $busy before anything was measured: these figures will not be worth much" >&2

if [ $quick = no ]; then  # Members in Java compile what they run often; nobody measures that.
  for s in hazelcast ignite; do
    has "$systems" $s || continue
    progress 0 1 "warming up $s"
    command_of $s
    generate "${command[@]}" --reads 50 --clients 50 --pipeline 16 --warm-up 0 --seconds 30 || true  # The first case that fails says so.
  done
  began=$SECONDS
fi
all=$((runs * ${#cases[@]})) count=0
for ((run = 1; run <= runs; ++run)); do
  for one in "${cases[@]}"; do
    read -ra words <<<"$one"
    progress $count $all "${words[*]:0:2}"
    measure $run "${words[@]}"
    count=$((count + 1))
  done
done
cp "$raw" "$work/machine.tsv" "$results/"
page=docs/performance.md
if [ "$results" != docs/performance ]; then
  cp $page "$results/performance.md"
  page=$results/performance.md
fi
python3 bench/tabulate.py "$results" "$page"
[ ! -t 2 ] || printf '\r\033[K' >&2
echo "wrote $page and $results"
for s in "${left_out[@]}"; do echo "without $s"; done
