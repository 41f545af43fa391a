#!/usr/bin/env bash
# Installs Troupe into a folder of its own, and builds and runs a small project against it, as somebody would who has nothing but that folder:
# once with CMake's package, once with pkg-config. Compiles each public header by itself, too.
#   outside_test.sh BUILD_DIR COMPILER
set -euo pipefail
build=$1
compiler=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
pids=()
clean_up() {
  for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap clean_up EXIT

# Two processes of this program find each other's entries.
run_two() {
  local address=127.0.0.1:$((20000 + RANDOM % 12000)) status=0 pid
  pids=()
  "$1" "$address" ping pong >"$work/ping" 2>&1 & pids+=($!)
  "$1" "$address" pong ping >"$work/pong" 2>&1 & pids+=($!)
  for pid in "${pids[@]}"; do wait "$pid" || status=$?; done
  cat "$work/ping" "$work/pong"
  [ "$status" -eq 0 ] && grep -q 'ping caught a ball from pong' "$work/ping" && grep -q 'pong caught a ball from ping' "$work/pong"
}

cmake --install "$build" --prefix "$work/prefix" >"$work/log" || { cat "$work/log"; exit 1; }
[ "$(wc -l <"$here/outside/outside.cpp")" -le 40 ] && [ "$(wc -l <"$here/outside/CMakeLists.txt")" -le 10 ]

echo "== find_package"
cmake -S "$here/outside" -B "$work/outside" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_CXX_COMPILER="$compiler" >"$work/log" || { cat "$work/log"; exit 1; }
cmake --build "$work/outside" >"$work/log" || { cat "$work/log"; exit 1; }
run_two "$work/outside/outside"

echo "== pkg-config"
PKG_CONFIG_PATH=$(dirname "$(find "$work/prefix" -name troupe.pc)"):${PKG_CONFIG_PATH:-}
export PKG_CONFIG_PATH
read -ra flags <<<"$(pkg-config --cflags --libs troupe)"
"$compiler" "$here/outside/outside.cpp" "${flags[@]}" -o "$work/by-pkg-config"
run_two "$work/by-pkg-config"

echo "== every installed header compiles by itself"
find "$work/prefix/include" -name '*.hpp' -printf '%P\n' | sort >"$work/headers"
[ "$(wc -l <"$work/headers")" -ge 20 ]
while read -r header; do
  echo "#include <$header>" | "$compiler" -std=c++20 -fsyntax-only -I "$work/prefix/include" -x c++ -
done <"$work/headers"
