#!/usr/bin/env bash
# Links between the project's pages lead somewhere, headings included; README leads to every page.
#   links_test.sh PROJECT
set -euo pipefail
cd "$1"
status=0
checked=0
wrong() { echo "$*"; status=1; }

# anchors PAGE: of its headings, as they are linked to.
anchors() {
  awk '/^```/ { code = !code } !code && /^#+ / { sub(/^#+ /, ""); print }' "$1" | sed -E 's/.*/\L&/; s/[^a-z0-9 _-]//g; s/ /-/g'
}

for page in README.md ARCHITECTURE.md CONTRIBUTING.md docs/*.md docs/adr/*.md; do
  for link in $(awk '/^```/ { code = !code } !code' "$page" | sed -E 's/`[^`]*`//g' | grep -oE '\]\([^) ]+\)' | sed -E 's/^\]\((.*)\)$/\1/' | sort -u); do
    case $link in http://* | https://*) continue ;; esac
    checked=$((checked + 1))
    to=${link%%#*}
    target=$page
    [ -z "$to" ] || target=$(dirname "$page")/$to
    if ! [ -e "$target" ]; then
      wrong "$page: $link leads nowhere"
    elif [ "$link" != "$to" ] && ! grep -qxF "${link#*#}" <(anchors "$target"); then
      wrong "$page: $link: there is no such heading"
    fi
  done
done
for page in docs/*.md; do grep -qF "($page)" README.md || wrong "README.md does not lead to $page"; done

[ "$checked" -ge 50 ] || wrong "only $checked links were checked: is '$1' the project?"
[ $status -ne 0 ] || echo "$checked links lead somewhere"
exit $status
