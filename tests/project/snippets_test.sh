#!/usr/bin/env bash
# What the README and the pages in docs/ show of C++ and CMake is taken from something that is built and run: each snippet is in one source (an example,
# tests/project/outside, or tests/project/snippets*.cpp, which have what no example has), but for white space and comments. A `…` or an empty line stands for whatever lies between there.
# `<!-- not compiled: WHY -->` above a snippet excuses it.
#   snippets_test.sh PROJECT
set -euo pipefail
cd "$1"
awk '
  # bare(LINE, SIGN): without white space, and without the comment that begins with SIGN.
  function bare(line, sign,   out, i, c, quoted) {
    gsub(/\/\*([^*]|\*[^\/])*\*\//, "", line)
    for (i = 1; i <= length(line); ++i) {
      c = substr(line, i, 1)
      if (!quoted && substr(line, i, length(sign)) == sign) break
      if (c == "\"" && substr(line, i - 1, 1) !~ /[\\'"'"']/) quoted = !quoted
      if (quoted || c !~ /[ \t]/) out = out c
    }
    return out
  }
  function check(   best, f, p, from, at, found, parts_found, missing) {
    best = -1
    for (f in source) {
      if (kind[f] != language) continue
      from = 1
      for (p = 1; p <= parts; ++p) {
        at = index(substr(source[f], from), part[p])
        if (at == 0) break
        from += at - 1 + length(part[p])
      }
      if (p - 1 > best) { best = p - 1; where = f }
      if (p > parts) break
    }
    ++checked
    if (best < parts) {
      print page ":" begin ": no source has this snippet; " where " has " best " of its " parts " parts, not: " part[best + 1]
      status = 1
    }
  }
  function end_part() { if (text != "") { part[++parts] = text; text = "" } }

  FNR == 1 { page = FILENAME }
  page !~ /\.md$/ {
    kind[FILENAME] = FILENAME ~ /\.txt$/ ? "cmake" : "cpp"
    source[FILENAME] = source[FILENAME] bare($0, kind[FILENAME] == "cmake" ? "#" : "//")
    next
  }
  /^```(cpp|cmake)$/ { language = substr($0, 4); begin = FNR; parts = 0; text = ""; inside = 1; next }
  /^```/ && inside {
    end_part()
    inside = 0
    if (!excused) check()
    excused = 0
    next
  }
  inside {
    rest = bare($0, language == "cmake" ? "#" : "//")
    if (rest == "" && $0 ~ /^[ \t]*$/) end_part()
    while ((at = index(rest, "…")) > 0) {
      text = text substr(rest, 1, at - 1)
      end_part()
      rest = substr(rest, at + length("…"))
    }
    text = text rest
    next
  }
  /^<!-- not compiled: .* -->$/ { excused = 1 }

  END {
    if (checked < 32) { print "only " checked " snippets were checked: is this test blind?"; status = 1 }
    if (!status) print checked " snippets are in sources"
    exit status
  }
' examples/*.cpp tests/project/outside/outside.cpp tests/project/outside/CMakeLists.txt tests/project/snippets*.cpp README.md docs/*.md
