#!/usr/bin/env bash
# How long a compiler takes for a file that uses a map<std::string, std::string>, beside one that only includes <caf/all.hpp>: seconds of processor time in
# user mode. The two alternate, so that whatever else the machine does is in both.
#   bash bench/compile_time.sh [--memory] [BUILD] [RUNS]     (build/release, which has to be configured; 11)
# --memory: instead of seconds, MiB that the compiler, GCC, allocates for what it makes of a file. They go with the time, and are the same each time.
# CXX, CXXFLAGS: as usual (c++, -O2).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
unit=seconds
[ "${1:-}" != --memory ] || { unit=MiB && shift; }
build=${1:-build/release}
runs=${2:-11}
compiler=${CXX:-c++}
read -ra flags <<<"-std=c++20 ${CXXFLAGS:--O2} -I $build/include"
[ -d "$build/include/troupe" ] || { echo "$build is not configured: bash cmake/build.sh $build" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo '#include <caf/all.hpp>' >"$work/caf.cpp"
cat >"$work/map.cpp" <<'END'
#include <troupe/troupe.hpp>

bool learn(troupe::local_member& member, const std::string& country, const std::string& capital) {
  const auto capitals = member.map<std::string, std::string>("capitals");
  return capitals.put(country, capital).wait() && capitals.get(country).wait().value_or(std::nullopt) == capital;
}
END

cat >"$work/actor.cpp" <<'END'
#include <troupe/troupe.hpp>

void ask(caf::event_based_actor* self, const troupe::map<std::string, std::string>& capitals) {
  capitals.get("France").request(self).then([](const std::optional<std::string>&) {}, [](const caf::error&) {});
}
END

TIMEFORMAT=%U
# seconds NAME, MiB NAME: what this file takes.
seconds() { { time "$compiler" "${flags[@]}" -c "$work/$1.cpp" -o "$work/$1.o" >&2; } 2>&1; }
MiB() { "$compiler" "${flags[@]}" -ftime-report -c "$work/$1.cpp" -o "$work/$1.o" 2>&1 | sed -nE 's/^ TOTAL .* ([0-9]+)M( .*)?$/\1/p'; }
if [ $unit = MiB ]; then
  runs=1
  [ -n "$(MiB caf)" ] || { echo "$compiler does not say what it allocates: it is no GCC" >&2; exit 2; }
fi
median() { sort -n | awk '{ all[NR] = $1 } END { printf "%.2f", all[int((NR + 1) / 2)] }'; }

[ $unit = MiB ] || seconds map >/dev/null   # Fills the caches of files.
for ((i = 0; i < runs; ++i)); do
  printf '%s\t%s\t%s\n' "$($unit caf)" "$($unit map)" "$($unit actor)" >>"$work/runs"
done
echo "| a file that | $unit | beside CAF |"
echo "|---|---:|---:|"
echo "| includes \`<caf/all.hpp>\` | $(cut -f 1 "$work/runs" | median) | 1 |"
echo "| puts into and gets from a map, and waits | $(cut -f 2 "$work/runs" | median) | $(awk '{ print $2 / $1 }' "$work/runs" | median) |"
echo "| asks a map in an actor | $(cut -f 3 "$work/runs" | median) | $(awk '{ print $3 / $1 }' "$work/runs" | median) |"
