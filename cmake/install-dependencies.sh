#!/usr/bin/env bash
# Installs what Troupe is built from and tested with: Debian packages, and only those that are missing. Needs root or sudo for that.
set -euo pipefail

packages=(
  g++ cmake ninja-build ccache git
  libcaf-dev               # actors
  capnproto libcapnp-dev   # messages
  libspdlog-dev            # logs
  catch2                   # tests
  libgtest-dev             # the example that shows them to users of GoogleTest
  spin                     # models
  doxygen                  # the reference of the public headers
  libboost1.81-dev         # sockets (Asio), hash tables
  libmimalloc-dev          # memory of the executables
  libmurmurhash-dev        # partitions of keys
  libpugixml-dev           # XML configuration
  libcli11-dev             # command lines
  nlohmann-json3-dev       # --json
  dpkg-dev file pkg-config # Debian packages, and tests of what is installed
  unicode-data jq          # the quickstart: its input, and a look into --json
)

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then exit 0; fi

echo "installing: ${missing[*]}" >&2
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "please install as root: apt-get install ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
