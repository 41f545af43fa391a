#!/usr/bin/env bash
# libtroupe.so shows the interface and nothing else: each dynamic symbol that it defines is something that a public header says TROUPE_API of, a member of
# such a class (not of a class within), or its type information. All that says so is there; and whatever a public header declares for a source to define says so.
#   exports_test.sh LIBRARY SONAME HEADER...
set -euo pipefail
library=$1
soname=$2
shift 2
status=0
names=$(mktemp)
trap 'rm -f "$names"' EXIT

# The names that say TROUPE_API, one a line: of classes, and of functions.
sed -nE -e '/^#/d' -e 's/.*\b(class|struct) TROUPE_API (\w+).*/\2/p' -e '/\b(class|struct) TROUPE_API/!s/.*\bTROUPE_API [^(]*\b(\w+)\(.*/\1/p' "$@" | sort -u >"$names"

# foreign: of demangled symbols on standard input, those that don't belong.
foreign() {
  local owner="troupe::((protocol|detail|test|compat)::)*($(paste -sd'|' "$names"))"
  grep -vE "^((vtable|typeinfo|typeinfo name|VTT) for $owner|$owner(::[^:(]+)?(\[abi:cxx11\])?\(.*)(@@?TROUPE_[0-9.]+)?\$" || true
}

# Is it blind? These must be seen.
planted='boost::asio::detail::scheduler::run()
std::vector<troupe::blob, std::allocator<troupe::blob> >::~vector()
typeinfo for capnp::MessageBuilder
troupe::protocol::router::tick(troupe::instant)
troupe::test::cluster::world::run()
vtable for troupe::member_composition
troupe::blobs()'
[ "$(foreign <<<"$planted")" = "$planted" ] || { echo "this test is blind: of what does not belong it sees only"; foreign <<<"$planted"; exit 1; }

# (The type of a map's actor is too long for nm: of functions that take one it gives the mangled name. What CAF makes of a call is made once, here: TROUPE_LETTERS.)
shown=$(nm -D --defined-only -C "$library" | sed -E 's/^[0-9a-f]* . //; s/^_ZN6troupe6detail[0-9]+([a-z_]+)(C[12])?E.*/troupe::detail::\1()/' | grep -vE '^TROUPE_[0-9.]+$|caf::make_mailbox_element<troupe::timed_call>')
strangers=$(foreign <<<"$shown")
if [ -n "$strangers" ]; then
  echo "shown, but not by TROUPE_API: $(wc -l <<<"$strangers")"
  head -n 20 <<<"$strangers"
  status=1
fi
# (With CAF 1.x nothing is left of a message but its members.)
messages=$(sed -nE 's/^struct TROUPE_API (\w+) \{.*/\1/p' "$@" | sort -u)
while read -r name; do
  grep -qxF "$name" <<<"$messages" && continue
  grep -qE "\b$name\b" <<<"$shown" || { echo "says TROUPE_API, and is not in the library: $name"; status=1; }
done <"$names"
[ "$(wc -l <"$names")" -ge 50 ] || { echo "only $(wc -l <"$names") names say TROUPE_API: are these the headers?"; status=1; }

# forgotten: what the headers, or standard input, declare for a source to define without saying TROUPE_API.
forgotten() {
  awk '
    FNR == 1 { inside = "" }
    { line = $0; sub(/ *\/\/.*/, "", line) }
    line ~ /^(class|struct) [^;]*\{$/ { inside = (of_template || line ~ /TROUPE_API/) ? "" : $2 }
    line ~ /^};/ { inside = "" }
    !of_template && line !~ /TROUPE_API|^[^(]*=|^ *(using|static_assert|friend|return|inline) / &&
      ((inside == "" && line ~ /^(\[\[nodiscard\]\] )?[a-z_][^(]* [a-z_]+\(.*\);$/) || (inside != "" && line ~ /^  [^ ].*\)( const)?( noexcept)?( override)?;$/)) { print FILENAME ": " inside line }
    { of_template = line ~ /^ *template </ || (of_template && line ~ /^ *requires/) }' "$@"
}
planted='[[nodiscard]] std::string to_string(const uuid&);
class local_member {
  [[nodiscard]] address listens_at() const;
};'
[ "$(forgotten - <<<"$planted" | wc -l)" -eq 2 ] || { echo "this test is blind: of what forgets TROUPE_API it sees only"; forgotten - <<<"$planted"; exit 1; }
missing=$(forgotten "$@")
[ -z "$missing" ] || { echo "applications can't call, because it does not say TROUPE_API:"; echo "$missing"; status=1; }

found=$(objdump -p "$library" | sed -nE 's/^ *SONAME *//p')
[ "$found" = "$soname" ] || { echo "its soname is $found, not $soname"; status=1; }
echo "$(wc -l <<<"$shown") symbols, $(wc -l <"$names") names"
exit $status
