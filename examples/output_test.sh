#!/usr/bin/env bash
# Runs an example, which must end well and say each of these lines.
#   output_test.sh PROGRAM LINE...
set -euo pipefail
output=$("$1")
shift
echo "$output"
for line in "$@"; do grep -qxF "$line" <<<"$output" || { echo "not said: $line"; exit 1; }; done
