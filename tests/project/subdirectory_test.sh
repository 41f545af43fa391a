#!/usr/bin/env bash
# Troupe as a folder of somebody's project: it configures, brings nothing but its libraries, the project's own targets find its headers, and its programs link
# and run.
# To compile all of Troupe once more takes too long. So its sources have to be compiled there by the same commands as in Troupe's own build, but for -Werror; then
# that one's archives are what would come of it. They are put where the project expects them, and linked by the project's own command.
#   subdirectory_test.sh SOURCE_DIR BUILD_DIR COMPILER
set -euo pipefail
source=$1
own=$2
compiler=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# logged COMMAND...: its output only if it fails.
logged() {
  "$@" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
}
# of_own NAME: what Troupe's own build was configured with.
of_own() {
  sed -nE "s/^$1:[A-Z]+=(.*)/\1/p" "$own/CMakeCache.txt"
}

cat >"$work/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.22)
project(around C CXX)
add_subdirectory("$source" troupe)
add_library(user OBJECT user.cpp)
target_link_libraries(user PRIVATE troupe::troupe troupe::testing)
add_executable(program)
target_link_libraries(program PRIVATE user troupe::troupe troupe::testing)
get_target_property(linked troupe::troupe ALIASED_TARGET)
get_target_property(form \${linked} TYPE)
file(WRITE "\${CMAKE_BINARY_DIR}/form" "\${form}")
END
cat >"$work/user.cpp" <<'END'
#include <iostream>
#include <troupe/node/testing/cluster.hpp>
#include <troupe/troupe.hpp>

troupe::map<int, std::string> of(troupe::local_member& m) { return m.map<int, std::string>("orders"); }

int main() {
  troupe::test::system_config config;
  caf::actor_system system{config};
  troupe::test::cluster cluster{system, 2};
  const auto orders = cluster.map<int, std::string>("orders");
  auto stored = orders.set(1, "apples").future();
  cluster.advance(std::chrono::seconds{5});
  if (!stored.get()) return 1;
  auto found = orders.get(1).future();
  cluster.advance(std::chrono::seconds{1});
  std::cout << found.get().value().value_or("nothing") << '\n';
}
END

logged cmake -S "$work" -B "$work/build" -G Ninja -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_BUILD_TYPE="$(of_own CMAKE_BUILD_TYPE)" \
  -DCMAKE_CXX_FLAGS="$(of_own CMAKE_CXX_FLAGS)" -DTROUPE_SANITIZE="$(of_own TROUPE_SANITIZE)"
logged cmake --build "$work/build" --target user
[ "$(cat "$work/build/form")" = INTERFACE_LIBRARY ] || { echo "without BUILD_SHARED_LIBS it is no archives, but a $(cat "$work/build/form")"; exit 1; }
targets=$(cmake --build "$work/build" --target help)
if grep -E '^(troupe-node|troupe-cli|embed|[a-z_]*_test)(:|$)' <<<"$targets"; then
  echo "brings more than libraries"
  exit 1
fi

# compiled_by BUILD_DIR ROOT [TARGET]: how sources are compiled for it, one a line, where ROOT is what Troupe's own files are in.
compiled_by() {
  ninja -C "$1" -t commands ${3:+"$3"} | grep -E ' -c [^ ]+$' | grep -v '/user[.]cpp$' |
    sed -E -e "s#^([^ ]*ccache )?[^ ]+ ##" -e "s#$2/#@/#g" -e 's# -Werror # #' -e 's# (-MT|-MF|-o) [^ ]+##g' -e 's# +# #g' -e 's#^ ##' | sort -u
}
if [ -f "$own/build.ninja" ]; then
  compiled_by "$work/build" "$work/build/troupe" program >"$work/there"
  compiled_by "$own" "$own" >"$work/here"
  [ "$(wc -l <"$work/there")" -ge 50 ] || { echo "only $(wc -l <"$work/there") sources: is this test blind?"; exit 1; }
  others=$(comm -23 "$work/there" "$work/here")
  [ -z "$others" ] || { echo "compiled otherwise than in Troupe's own build:"; head -n 5 <<<"$others"; exit 1; }
  link=$(ninja -C "$work/build" -t commands program | tail -n 1)
  for archive in $(grep -oE '(^| )troupe/[^ ]+[.]a' <<<"$link"); do
    mkdir -p "$work/build/$(dirname "$archive")"
    cp "$own/${archive#troupe/}" "$work/build/$archive"
  done
  (cd "$work/build" && logged sh -c "$link")
  [ "$("$work/build/program")" = apples ] || { echo "the program does not find what it has stored"; exit 1; }
  echo "$(wc -l <"$work/there") sources are compiled alike, and a program with them runs"
else
  echo "not linked: Troupe's own build is not Ninja's, so its commands can't be compared"
fi

logged cmake --install "$work/build" --prefix "$work/prefix"
if [ -n "$(find "$work/prefix" -type f 2>/dev/null)" ]; then
  echo "installs what the project around it has not asked for"
  exit 1
fi

logged cmake -S "$work" -B "$work/build" -DBUILD_SHARED_LIBS=ON
[ "$(cat "$work/build/form")" = SHARED_LIBRARY ] || { echo "with BUILD_SHARED_LIBS it is a $(cat "$work/build/form")"; exit 1; }
