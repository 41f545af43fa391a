#!/usr/bin/env bash
# Builds the whole project, or only TROUPE_TARGETS, as a release unless CMAKE_BUILD_TYPE says otherwise.
#   bash cmake/build.sh BUILD_DIR [CMAKE OPTIONS]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
usage="usage: bash cmake/build.sh BUILD_DIR [CMAKE OPTIONS]        TROUPE_TARGETS='A B': these only"
case ${1:-} in
  -h | --help) echo "$usage" && exit ;;
  '' | -*) echo "build.sh: a build directory comes first, not '${1:-}'"$'\n'"$usage" >&2 && exit 2 ;;
esac
build=$1
mkdir -p "$build"
shift
launcher=()
if command -v ccache >/dev/null; then
  launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1  # Clones at other places share what was compiled.
fi
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE="${CMAKE_BUILD_TYPE:-Release}" "${launcher[@]}" "$@" >"$build.configure.log" 2>&1 || {
  cat "$build.configure.log" >&2
  exit 1
}
targets=()
[ -z "${TROUPE_TARGETS:-}" ] || read -ra targets <<<"--target $TROUPE_TARGETS"
if [ -t 1 ]; then
  cmake --build "$build" "${targets[@]}"
else
  NINJA_STATUS='[%f/%t] ' cmake --build "$build" "${targets[@]}" >"$build.build.log" 2>&1 || { tail -n 60 "$build.build.log" >&2; exit 1; }
fi
