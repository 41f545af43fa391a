#!/usr/bin/env bash
# docs/api.md stays true: each test that it names exists and is built, and each public method of a map and of its calls has a row, as those of a
# member that are about listeners.
#   api_table_test.sh PROJECT
set -euo pipefail
cd "$1"
page=docs/api.md
status=0
wrong() { echo "$page: $*"; status=1; }

tests=$(sed -n '/^## Tests$/,$p' "$page" | sed -nE 's/^\| `([^`]+)` \| \[([^]]+)\]\(\.\.\/([^)]+)\) \| (.*) \|$/\1\t\2\t\3\t\4/p')
[ "$(wc -l <<<"$tests")" -ge 20 ] || wrong "has only $(wc -l <<<"$tests") tests: is this test blind?"

# has_scenario FILE PART [PART]: the parts are names of a test, and of a section in it.
has_scenario() {
  awk -v scenario="$2" -v section="${3:-}" '
    function is(macro, name) { return index($0, macro "(\"" name "\"") > 0 }
    /^[ ]*(SCENARIO|TEST_CASE)\(/ { inside = is("SCENARIO", scenario) || is("TEST_CASE", scenario); if (inside && section == "") found = 1 }
    inside && section != "" && (is("GIVEN", section) || is("WHEN", section) || is("THEN", section) || is("SECTION", section)) { found = 1 }
    END { exit !found }' "$1"
}

while IFS=$'\t' read -r name shown file scenario; do
  [ "$shown" = "$file" ] || wrong "'$name' shows $shown and links $file"
  [ -f "$file" ] || { wrong "'$name' is in $file, which does not exist"; continue; }
  grep -qF "$(basename "$file")" "$(dirname "$file")/CMakeLists.txt" || wrong "'$name' is in $file, which is not built"
  parts=("${scenario%% › *}")
  [ "$scenario" = "${parts[0]}" ] || parts+=("${scenario#* › }")
  has_scenario "$file" "${parts[@]}" || wrong "'$name': $file has no '$scenario'"
done <<<"$tests"

# The last cells of the other tables name tests; each is one of these, and each of these is named.
defined=$(cut -f 1 <<<"$tests" | sort)
twice=$(uniq -d <<<"$defined")
[ -z "$twice" ] || wrong "names twice: $twice"
named=$(sed '/^## Tests$/,$d' "$page" | sed -nE '/^\|/s/.* \| (.*) \|$/\1/p' | grep -E '^(`[a-z-]+`(, )?)+$' | grep -oE '[a-z-]+' | sort -u)
for name in $(comm -13 <(uniq <<<"$defined") <(echo "$named")); do wrong "names the test '$name', and does not say where it is"; done
for name in $(comm -23 <(uniq <<<"$defined") <(echo "$named")); do wrong "no row names the test '$name'"; done

# methods HEADER CLASS: the names of its public methods, one for each overload.
methods() {
  sed -n "/^class .*$2 {/,/^ private:/p" "$1" | grep -E '^  [^ /]' | grep -vE '^  (template|static_assert|using|explicit|friend|map\(|call\()' | grep -F '(' |
    sed -E 's/\[\[[^]]*\]\]//; s/\(.*//; s/.* //'
}
declared=$(methods actors/map.hpp map; methods actors/map_call.hpp '\]\] call'
  methods node/member/member.hpp local_member | grep _cluster_listener)
[ "$(wc -l <<<"$declared")" -ge 20 ] || wrong "found only $(wc -l <<<"$declared") methods in the headers: is this test blind?"
# Second cells that begin with a signature.
described=$(sed '/^## Not yet$/,$d' "$page" | awk -F '|' '/^\|/ { print $3 }' | grep -E '^ `[a-z_]+\(' | grep -oE '`[a-z_]+\([^)]*\)`' | tr -d '`' | sort -u)
for name in $(sort -u <<<"$declared"); do
  overloads=$(grep -cxF "$name" <<<"$declared")
  shown=$(grep -c "^$name(" <<<"$described" || true)
  [[ "$name" != within && "$name" != with_copies && "$name" != cancelled_by && "$name" != as ]] || overloads=1  # One for values, one for what is passed on.
  [ "$shown" -ge "$overloads" ] || wrong "has $shown of the $overloads forms of $name()"
done
for name in $(sed 's/(.*//' <<<"$described" | sort -u); do
  grep -qxF "$name" <<<"$declared" || wrong "describes $name(), which is no public method"
done

[ $status -ne 0 ] || echo "$page: $(wc -l <<<"$tests") tests, $(sort -u <<<"$declared" | wc -l) methods"
exit $status
