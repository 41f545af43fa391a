#!/usr/bin/env bash
# Installs what is missing, builds everything, and runs every test. What CI runs, and what a user runs.
#   bash tests/run.sh [CTEST OPTIONS]      TROUPE_BUILD_DIR: where to build (default: build/release)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bash cmake/install-dependencies.sh
build=${TROUPE_BUILD_DIR:-build/release}
bash cmake/build.sh "$build"
cd "$build"
exec ctest --output-on-failure --no-tests=error "$@"
