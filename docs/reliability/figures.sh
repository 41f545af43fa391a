#!/usr/bin/env bash
# Writes figures of docs/reliability.md from transcripts of the runs that made them, so that nobody types them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

page=docs/reliability.md
transcripts=docs/reliability
mutants=tests/sim/mutants/list.inc
all=(simulation planted-bugs once soak failover)

usage() {
  cat <<END
usage: bash docs/reliability/figures.sh [--check | --record NAME...]

Writes what stands between the markers '<!-- figures: NAME -->' and '<!-- end of figures -->' of $page, from $transcripts/NAME.txt.

  --record NAME   first runs the commands of that transcript (its lines with '\$') again, and keeps what they print
                  (${all[*]})
  --check         writes nothing: status 1 if the page is not what the transcripts say, or a planted bug is missing (a test of CTest)
  --help          print this, and end

Commands of transcripts want a release build (bash tests/run.sh), and a machine that does nothing else where they measure time.
END
}

fail() { echo "figures.sh: $*" >&2; exit 2; }

is_known() { printf '%s\n' "${all[@]}" | grep -qxF -e "$1"; }

wants=render names=()
case ${1:-} in
  '') ;;
  --check) wants=check && shift ;;
  --record) wants=record && shift && names=("$@") && shift $# ;;
  -h | --help) usage; exit ;;
esac
[ $# -eq 0 ] || fail "unknown argument '$1'; see --help"
if [ $wants = record ]; then
  [ ${#names[@]} -gt 0 ] || fail "--record: of what? there are ${all[*]}"
  for name in "${names[@]}"; do is_known "$name" || fail "--record: unknown '$name'; there are ${all[*]}"; done
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# record NAME: the transcript anew. It is replaced only when all of its commands ended well.
record() {
  local command
  : >"$work/transcript"
  while read -r command; do
    echo "$command" >&2
    echo "\$ $command" >>"$work/transcript"
    bash -c "$command" </dev/null >>"$work/transcript" || fail "$1: status $? of: $command"
  done < <(sed -n 's/^\$ //p' "$transcripts/$1.txt")
  cp "$work/transcript" "$transcripts/$1.txt"
}

commands_of() { printf '```\n%s\n```\n' "$(sed -n 's/^\$ //p' "$transcripts/$1.txt")"; }
output_of() { grep -v '^\$ ' "$transcripts/$1.txt"; }

verbatim() {
  commands_of "$1"
  printf '\n```\n%s\n```\n' "$(output_of "$1")"
}

render_soak() { verbatim soak; }

render_once() { verbatim once; }

render_simulation() {
  verbatim simulation
  output_of simulation | awk '/^time: / { printf "\nThat is %.1f cluster-hours.\n", $4 / 3600 }'
}

render_planted-bugs() {
  commands_of planted-bugs
  output_of planted-bugs | awk -v list=$mutants '
    BEGIN {
      while ((getline line < list) > 0) {
        if (split(line, part, /TROUPE_MUTANT\(|, "|"\)|", "/) < 5 || part[1] != "") continue
        section[part[2]] = part[3]
        does[part[2]] = part[4]
      }
    }
    function problem(text) { print "figures.sh: planted-bugs: " text > "/dev/stderr"; failed = 1 }
    / killed by seed / || / SURVIVED / {
      if (!($1 in does)) { problem($1 " is not in " list); next }
      seen[$1] = 1
      ++count
      if ($3 != "killed") { problem($1 " survived"); next }
      seconds += $7
      noticed = $0
      sub(/.* [0-9.]+ s  /, "", noticed)
      if (noticed ~ /^invariant_broken /) {
        split(noticed, word, /[ =]/)
        noticed = "an assertion of the core (invariant " word[3] ")"
      } else {
        sub(/: .*/, "", noticed)
      }
      rows = rows "| `" $1 "` | " section[$1] " | " does[$1] " | " $6 " | " noticed " |\n"
    }
    END {
      for (name in does) if (!(name in seen)) problem(name " was not run: bash docs/reliability/figures.sh --record planted-bugs")
      if (failed) exit 1
      printf "\n%d mutants, %d killed, in %.0f s all together.\n\n", count, count, seconds
      print "| mutant | design | what the core does instead | seed | what noticed |\n|---|---|---|---:|---|"
      printf "%s", rows
    }'
}

render_failover() {
  commands_of failover
  output_of failover | awk '
    BEGIN {
      did["kill"] = "`kill -9`, and a new member at once at its address"
      did["pause"] = "SIGSTOP until the others have removed it"
      did["leave"] = "SIGTERM, and a new member in its place"
      print "\n| fault | trials | p50 ms | p90 ms | p99 ms | max ms | failed operations |\n|---|---:|---:|---:|---:|---:|---:|"
    }
    $1 in did { printf "| %s | %s | %s | %s | %s | %s | %s |\n", did[$1], $2, $3, $4, $5, $6, $7 }'
}

for name in "${names[@]}"; do record "$name"; done
for name in "${all[@]}"; do "render_$name" >"$work/$name" || exit 1; done

awk -v work="$work" -v names="${all[*]}" '
  function problem(text) { print "figures.sh: '$page', line " NR ": " text > "/dev/stderr"; failed = 1 }
  BEGIN { for (i = split(names, name, " "); i > 0; --i) is_missing[name[i]] = 1 }
  /^<!-- end of figures -->$/ { if (!inside) problem("an end without a beginning"); inside = 0 }
  !inside { print }
  /^<!-- figures: .* -->$/ {
    if (inside) problem("no end before this")
    if (!($3 in is_missing)) problem("no figures, or once more: " $3)
    delete is_missing[$3]
    inside = 1
    while ((getline line < (work "/" $3)) > 0) print line
  }
  END {
    if (inside) problem("no end of figures")
    for (n in is_missing) problem("no place for: " n)
    exit failed
  }' $page >"$work/page" || exit 2

if [ $wants = check ]; then
  diff -u --label "$page" --label 'as the transcripts say' $page "$work/page" || {
    echo "figures.sh: $page is not what the transcripts say: bash docs/reliability/figures.sh" >&2
    exit 1
  }
else
  cp "$work/page" $page
fi
