#!/usr/bin/env bash
# Fuzzes what reads bytes of strangers: frames, handshake, codecs, configuration, command lines; and the state machines behind the codecs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packages=(clang-19 libclang-rt-19-dev llvm-19)
build=build/fuzz
kept=tests/fuzz/corpus
kept_bytes_max=60000  # of each target

usage() {
  cat <<END
usage: bash tests/fuzz.sh [--minutes N] [--keep] [--install] [TARGET...]

Runs each target, or those named, for N minutes (1), from the kept corpus ($kept) and from what earlier runs found
($build/corpus). Ends with a table, and with status 1 if anything crashed.

  --minutes N   of each target; a fraction is fine; 0 with --keep, to keep what earlier runs found
  --keep        afterwards, replace the kept corpus by the smallest set of inputs that reaches as much
  --install     install the compiler first (${packages[*]}), as root or by sudo
  --list        print the targets
  --help        print this

An input that crashed is kept in $build/crashes; the table says how to run it again.
END
}

all_targets() { find "$kept" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort; }

fail() { echo "fuzz.sh: $*" >&2; exit 2; }

minutes=1 keep='' install='' targets=()
while [ $# -gt 0 ]; do
  case $1 in
    --minutes) [ $# -ge 2 ] || fail "--minutes needs a number"; minutes=$2; shift ;;
    --keep) keep=yes ;;
    --install) install=yes ;;
    --list) all_targets; exit ;;
    -h | --help) usage; exit ;;
    -*) fail "unknown option '$1'; see --help" ;;
    *) [ -d "$kept/$1" ] || fail "unknown target '$1'; there are $(all_targets | paste -sd ' ')"; targets+=("$1") ;;
  esac
  shift
done
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(all_targets)
[[ $minutes =~ ^[0-9]+([.][0-9]+)?$ ]] || fail "--minutes: '$minutes' is no number of minutes"
seconds=$(awk -v m="$minutes" 'BEGIN { printf "%d", m * 60 + 0.5 }')
[ "$seconds" -gt 0 ] || [ -n "$keep" ] || fail "--minutes: '$minutes' is too short"

as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
if [ -n "$install" ]; then
  "${as_root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi
command -v clang++-19 >/dev/null || fail "clang++-19 is missing: apt-get install ${packages[*]} (or --install)"
bash cmake/install-dependencies.sh

launcher=()
if command -v ccache >/dev/null; then
  launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
fi
mkdir -p $build/corpus $build/crashes $build/logs
{ cmake --preset fuzz "${launcher[@]}" && cmake --build --preset fuzz; } >$build/build.log 2>&1 || { tail -n 40 $build/build.log >&2; fail "the build failed"; }
programs=$build/tests/fuzz
$programs/fuzz-seeds $build/seeds

ASAN_SYMBOLIZER_PATH=$(llvm-config-19 --bindir 2>/dev/null || echo /usr/lib/llvm-19/bin)/llvm-symbolizer
export ASAN_SYMBOLIZER_PATH
export ASAN_OPTIONS=quarantine_size_mb=16:detect_stack_use_after_return=0
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
# What decoding may take is claimed by the targets, to the byte; these stop whatever else runs away.
limits=(-max_len=4096 -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=64)

coverage() { grep -oP '^#\d+\s+(INITED|NEW|REDUCE|RELOAD|pulse|DONE)\s+cov: \K\d+' "$1" | sed -n "$2p"; }
executions() { grep -oP '^(#|stat::number_of_executed_units:\s+)\K\d+' "$1" | tail -n 1; }

watch_progress() {  # PID TARGET LOG: one line, rewritten, on a terminal
  while kill -0 "$1" 2>/dev/null; do
    [ -t 2 ] && printf '\r%-18s %12s executions, %s edges ' "$2" "$(executions "$3")" "$(coverage "$3" '$')" >&2
    sleep 1
  done
  [ ! -t 2 ] || printf '\r%79s\r' '' >&2
}

pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true' EXIT  # Ctrl-C ends the fuzzer too.

rows=() advice=() crashes=0
for i in "${!targets[@]}"; do
  [ "$seconds" -gt 0 ] || break
  target=${targets[$i]}
  program=$programs/fuzz-$target
  log=$build/logs/$target.log
  mkdir -p "$build/corpus/$target"
  [ -t 2 ] || echo "$((i + 1)) of ${#targets[@]}: $target, $seconds s" >&2
  mapfile -t before < <(find $build/crashes -name "$target-*" | sort)
  status=0
  "$program" "${limits[@]}" -max_total_time="$seconds" -print_final_stats=1 -artifact_prefix="$build/crashes/$target-" \
    "$build/corpus/$target" "$kept/$target" "$build/seeds/$target" >"$log" 2>&1 &
  pid=$!
  watch_progress $pid "$target" "$log"
  wait $pid || status=$?
  pid=
  mapfile -t fresh < <(comm -13 <(printf '%s\n' "${before[@]}") <(find $build/crashes -name "$target-*" | sort))
  if [ $status -ne 0 ]; then
    crashes=$((crashes + 1))
    why=$(grep -m 1 -E 'claim_broken|invariant_broken|runtime error|ERROR: (Address|libFuzzer|Leak)' "$log" || echo "status $status")
    advice+=("$target: $why" "  again: $program ${fresh[*]:-(no input was kept; see $log)}")
  fi
  count=$(executions "$log")
  from=$(coverage "$log" 1) to=$(coverage "$log" '$')
  rows+=("$(printf '%-18s %14s %10s %8s %8s %8s' "$target" "${count:-0}" "$((${count:-0} / seconds))" "${to:-0}" "+$((${to:-0} - ${from:-0}))" \
    "$([ $status -eq 0 ] && echo 0 || echo 1)")")
done

[ ${#rows[@]} -eq 0 ] || printf '%s\n' "$(printf '%-18s %14s %10s %8s %8s %8s' target executions per-s edges new crashes)" "${rows[@]}"
[ ${#advice[@]} -eq 0 ] || printf '%s\n' "${advice[@]}"
[ $crashes -eq 0 ] || exit 1

[ -n "$keep" ] || exit 0
# By edges, not by how often each was taken, because a corpus that a test replays is small; and without the longest inputs if they don't fit.
for target in "${targets[@]}"; do
  for bytes_max in 4095 2000 1500 1000 700 500 300 150; do
    rm -rf $build/smallest $build/candidates
    mkdir -p $build/smallest $build/candidates
    for folder in "$kept/$target" "$build/corpus/$target" "$build/seeds/$target"; do
      find "$folder" -type f -size "-$((bytes_max + 1))c" -exec cp -t $build/candidates {} +
    done
    "$programs/fuzz-$target" "${limits[@]}" -set_cover_merge=1 -use_counters=0 $build/smallest $build/candidates >"$build/logs/$target.merge.log" 2>&1 ||
      fail "the corpus of $target could not be merged: see $build/logs/$target.merge.log"
    [ "$(find $build/smallest -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum + 0 }')" -gt $kept_bytes_max ] || break
  done
  find "$kept/$target" -type f -delete
  find $build/smallest -type f -exec cp -t "$kept/$target" {} +
done
find $kept -type f -printf '%s\n' | awk '{ sum += $1 } END { print "kept corpus: " NR " inputs, " int(sum / 1024 + 0.5) " KiB" }'
