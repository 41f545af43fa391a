#!/usr/bin/env bash
# Installs Troupe into a folder of its own, and builds and runs a small project against it, as somebody would who has nothing but that folder:
# once with CMake's package, once with pkg-config. Compiles each public header by itself, too.
# FORM: of the library, static or shared. COMPONENT...: what to install for it, if that is not what is installed by itself.
#   outside_test.sh BUILD_DIR COMPILER FORM [COMPONENT...]
set -euo pipefail
build=$1
compiler=$2
form=$3
shift 3
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

# not_installed PATTERN: a prefix has one form of the library.
not_installed() {
  local there
  there=$(find "$work/prefix" -name "$1")
  [ -z "$there" ] || { echo "installed, but not of the form $form: $there"; exit 1; }
}

# logged COMMAND...: its output only if it fails.
logged() {
  "$@" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
}

[ $# -gt 0 ] || logged cmake --install "$build" --prefix "$work/prefix"
for component; do logged cmake --install "$build" --prefix "$work/prefix" --component "$component"; done
[ "$(wc -l <"$here/outside/outside.cpp")" -le 40 ] && [ "$(wc -l <"$here/outside/CMakeLists.txt")" -le 10 ]
library_folder=$(dirname "$(dirname "$(find "$work/prefix" -name troupe.pc)")")

echo "== $form"
without=()
pkg_config=(env "PKG_CONFIG_PATH=$library_folder/pkgconfig:${PKG_CONFIG_PATH:-}" pkg-config)
case $form in
  static)
    not_installed 'libtroupe*.so*' ;;
  shared)
    not_installed '*.a'
    # Whoever links it needs nothing of what it is built with, but CAF.
    for package in CapnProto spdlog pugixml Boost; do without+=("-DCMAKE_DISABLE_FIND_PACKAGE_$package=ON"); done
    pkg_config=(env -u PKG_CONFIG_PATH "PKG_CONFIG_LIBDIR=$library_folder/pkgconfig" pkg-config) ;;
esac

echo "== find_package"
logged cmake -S "$here/outside" -B "$work/outside" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_CXX_COMPILER="$compiler" "${without[@]}"
logged cmake --build "$work/outside"
run_two "$work/outside/outside"

echo "== pkg-config"
read -ra flags <<<"$("${pkg_config[@]}" --cflags --libs troupe) $([ "$form" = static ] || echo "-Wl,-rpath,$library_folder")"
"$compiler" "$here/outside/outside.cpp" "${flags[@]}" -o "$work/by-pkg-config"
run_two "$work/by-pkg-config"
read -ra flags <<<"$("${pkg_config[@]}" --static --libs troupe)"
echo 'int main() {}' | "$compiler" -x c++ - "${flags[@]}" -o "$work/static-flags"

if [ "$form" = shared ]; then
  echo "== what crosses the boundary"
  logged cmake -S "$here/boundary" -B "$work/boundary" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_CXX_COMPILER="$compiler"
  logged cmake --build "$work/boundary"
  "$work/boundary/boundary"
  exit
fi

echo "== every installed header compiles by itself"
find "$work/prefix/include" -name '*.hpp' -printf '%P\n' | sort >"$work/headers"
[ "$(wc -l <"$work/headers")" -ge 20 ]
while read -r header; do
  echo "#include <$header>" | "$compiler" -std=c++20 -fsyntax-only -I "$work/prefix/include" -x c++ -
done <"$work/headers"
