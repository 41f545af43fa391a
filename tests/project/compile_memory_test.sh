#!/usr/bin/env bash
# What a compiler makes of a file that uses a map stays in proportion to what it makes of all of CAF. That is wanted in less than twice the time. A clock is no
# judge of that on a busy machine; the memory that GCC allocates is, which is the same each time and grows with the time: with 1.47 times CAF's a file took 1.9
# times as long, with 1.54 times 2.2, with 1.80 times 2.8 (docs/performance.md, *Compilers*).
#   compile_memory_test.sh PROJECT BUILD_DIR COMPILER     77: there is nothing to compare with
set -euo pipefail
at_most=1.42
version=$("$3" -dumpfullversion 2>/dev/null || true)
if ! "$3" --version | grep -q 'Free Software Foundation' || [ "${version%%.*}" != 12 ] || ! grep -qE '^#define CAF_VERSION 17[0-9]{2}$' <("$3" -E -dM -include caf/config.hpp -x c++ /dev/null); then
  echo "not compared: the limit is that of GCC 12 with CAF 0.17"
  exit 77
fi
table=$(env -u CXXFLAGS CXX="$3" bash "$1/bench/compile_time.sh" --memory "$2")
echo "$table"
awk -F '|' -v at_most=$at_most '
  $2 ~ /map/ { ++files; if ($4 > at_most) { print "more than " at_most " of CAF:" $2; failed = 1 } }
  END { if (files != 2) { print files + 0 " files, not 2: is this test blind?"; failed = 1 } exit failed }' <<<"$table"
