#!/usr/bin/env bash
# Troupe as a folder of somebody's project: it configures, brings nothing but its libraries, and the project's own targets find its headers.
# (That those libraries work is what all other tests show; building them once more takes too long.)
#   subdirectory_test.sh SOURCE_DIR COMPILER
set -euo pipefail
source=$1
compiler=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.22)
project(around C CXX)
add_subdirectory("$source" troupe)
add_library(user OBJECT user.cpp)
target_link_libraries(user PRIVATE troupe::troupe troupe::testing)
get_target_property(linked troupe::troupe ALIASED_TARGET)
get_target_property(form \${linked} TYPE)
file(WRITE "\${CMAKE_BINARY_DIR}/form" "\${form}")
END
printf '#include <troupe/troupe.hpp>\ntroupe::map<int, std::string> of(troupe::local_member& m) { return m.map<int, std::string>("orders"); }\n' >"$work/user.cpp"

cmake -S "$work" -B "$work/build" -G Ninja -DCMAKE_CXX_COMPILER="$compiler" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
cmake --build "$work/build" --target user >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
[ "$(cat "$work/build/form")" = INTERFACE_LIBRARY ] || { echo "without BUILD_SHARED_LIBS it is no archives, but a $(cat "$work/build/form")"; exit 1; }
targets=$(cmake --build "$work/build" --target help)
if grep -E '^(troupe-node|troupe-cli|embed|[a-z_]*_test)(:|$)' <<<"$targets"; then
  echo "brings more than libraries"
  exit 1
fi
cmake --install "$work/build" --prefix "$work/prefix" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
if [ -n "$(find "$work/prefix" -type f 2>/dev/null)" ]; then
  echo "installs what the project around it has not asked for"
  exit 1
fi

cmake -S "$work" -B "$work/build" -DBUILD_SHARED_LIBS=ON >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
[ "$(cat "$work/build/form")" = SHARED_LIBRARY ] || { echo "with BUILD_SHARED_LIBS it is a $(cat "$work/build/form")"; exit 1; }
