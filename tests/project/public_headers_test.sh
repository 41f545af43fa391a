#!/usr/bin/env bash
# What applications include pulls in none of what Troupe is built with, CAF apart.
#   public_headers_test.sh INCLUDE_ROOT COMPILER
set -euo pipefail
include=$1
compiler=$2
status=0
for header in troupe/troupe.hpp troupe/node/testing/cluster.hpp; do
  included=$(echo "#include <$header>" | "$compiler" -std=c++20 -I "$include" -M -x c++ - | tr -s ' \\' '\n')
  grep -q '/caf/' <<<"$included" || { echo "$header does not even include CAF: is this test blind?"; status=1; }
  if found=$(grep -E '/(boost|asio|openssl|pugixml|capnp|kj|spdlog|fmt|CLI|nlohmann)[/.]' <<<"$included"); then
    echo "$header pulls in: $(head -n 5 <<<"$found")"
    status=1
  fi
done
exit $status
