#!/usr/bin/env bash
# Debian packages: made of what has been built, unpacked into a folder, looked into, and used: a program is built against them, and theirs run.
#   packages_test.sh BUILD_DIR COMPILER SONAME
set -euo pipefail
build=$1
compiler=$2
soname=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
wrong() { echo "$*"; status=1; }

cpack --config "$build/CPackConfig.cmake" -G DEB -B "$work/made" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
library=libtroupe${soname#libtroupe.so.}
for package in "$library" libtroupe-dev troupe; do
  file=$(echo "$work"/made/"${package}"_*.deb)
  [ -f "$file" ] || { echo "there is no package $package"; exit 1; }
  dpkg-deb -x "$file" "$work/$package"
  dpkg-deb -e "$file" "$work/$package.control"
  dpkg-deb -x "$file" "$work/root"
  for document in copyright changelog.gz; do [ -s "$work/$package/usr/share/doc/$package/$document" ] || wrong "$package: no $document"; done
  [ ! -e "$work/$package.control/conffiles" ] || wrong "$package: has configuration"
done
[ "$(find "$work/made" -maxdepth 1 -name '*.deb' | wc -l)" -eq 3 ] || wrong "more packages than three"

# depends PACKAGE NAME: by its list of dependencies.
depends() {
  grep -qE "^Depends:.*\b$2" "$work/$1.control/control" || wrong "$1: does not depend on $2: $(grep ^Depends: "$work/$1.control/control")"
}
depends "$library" libcaf-core
depends "$library" libcapnp
depends troupe libcaf-core
depends libtroupe-dev "${library//./\\.} \(= "
depends libtroupe-dev libcaf-dev
[ "$(cut -d' ' -f1-3 "$work/$library.control/shlibs")" = "libtroupe ${soname#libtroupe.so.} $library" ] || wrong "$library: what needs it would not find its package"
[ -n "$(find "$work/$library" -name "$soname")" ] || wrong "$library: has no $soname"
[ -z "$(find "$work/$library" -name libtroupe.so -o -name '*.hpp')" ] || wrong "$library: has what only compilers need"
[ -n "$(find "$work/libtroupe-dev" -name libtroupe.so)" ] || wrong "libtroupe-dev: has no libtroupe.so"

"$work/root/usr/bin/troupe-node" --version
"$work/root/usr/bin/troupe" --version
mkdir "$work/user"
cat >"$work/user/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.22)
project(user CXX)
find_package(Troupe 0.1 REQUIRED)
add_executable(user user.cpp)
target_link_libraries(user PRIVATE troupe::troupe)
END
printf '#include <troupe/node/config/memory_limit.hpp>\nint main() { return troupe::parse_memory_limit("2g") ? 0 : 1; }\n' >"$work/user/user.cpp"
{ cmake -S "$work/user" -B "$work/user/build" -DCMAKE_PREFIX_PATH="$work/root/usr" -DCMAKE_CXX_COMPILER="$compiler" && cmake --build "$work/user/build"; } >"$work/log" 2>&1 ||
  { cat "$work/log"; exit 1; }
"$work/user/build/user"
ldd "$work/user/build/user" | grep -qF "$work/root/usr" || wrong "the program runs with another $soname"
exit $status
