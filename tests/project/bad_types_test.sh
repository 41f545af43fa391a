#!/usr/bin/env bash
# Programs that must not compile, and what the compiler says of each.
#   bad_types_test.sh INCLUDE_ROOT COMPILER
set -euo pipefail
include=$1
compiler=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

# What all of them include is compiled once, where the compiler is GCC.
printf '#include <troupe/actors/%s.hpp>\n' coroutine map >"$work/troupe.hpp"
"$compiler" -std=c++20 -Werror=unused-result -I "$include" -x c++-header "$work/troupe.hpp" -o "$work/troupe.hpp.gch"

# compile BODY: of a function that has a map's actor.
compile() {
  { echo '#include "troupe.hpp"'
    echo 'struct opaque { int* where; };'
    echo 'struct holder { opaque what; };'
    echo 'template <class Inspector> typename Inspector::result_type inspect(Inspector& f, holder& h) { return f(h.what); }'
    echo 'struct unborn { explicit unborn(int n) : what{n} {} int what; };'
    echo 'template <class Inspector> typename Inspector::result_type inspect(Inspector& f, unborn& u) { return f(u.what); }'
    echo 'struct still { still() = default; still(still&&) = delete; int what = 0; };'
    echo 'template <class Inspector> typename Inspector::result_type inspect(Inspector& f, still& s) { return f(s.what); }'
    echo 'struct graven { const int what = 0; };'
    echo 'template <class Inspector> typename Inspector::result_type inspect(Inspector& f, graven& g) { return f(g.what); }'
    echo 'struct nameless { using entry = troupe::processed_entry<int, int>; void operator()(entry&) const; };'
    echo 'struct placeless { static constexpr std::string_view processor_name = "p"; };'
    echo 'struct useless { static constexpr std::string_view processor_name = "p"; using entry = troupe::processed_entry<int, int>; };'
    echo 'struct burdened { static constexpr std::string_view processor_name = "p"; using entry = troupe::processed_entry<int, int>; opaque o; void operator()(entry&) const; };'
    echo 'struct revealing { static constexpr std::string_view processor_name = "p"; using entry = troupe::processed_entry<int, int>; opaque operator()(entry&) const; };'
    echo 'struct fit { static constexpr std::string_view processor_name = "p"; using entry = troupe::processed_entry<int, int>; void operator()(entry&) const; };'
    echo 'struct liking { static constexpr std::string_view predicate_name = "p"; using event = troupe::entry_event<int, int>; bool operator()(const event&) const; };'
    echo 'struct choosy { static constexpr std::string_view predicate_name = "p"; using event = troupe::entry_event<int, int>; opaque o; bool operator()(const event&) const; };'
    echo 'struct mute { static constexpr std::string_view predicate_name = "p"; using event = troupe::entry_event<int, int>; };'
    echo 'void ignore(const caf::error&) {}'
    echo "void body(troupe::map_actor orders, caf::event_based_actor* self, caf::scoped_actor& scoped) { $1 }"; } >"$work/program.cpp"
  "$compiler" -std=c++20 -fsyntax-only -Werror=unused-result -I "$include" "$work/program.cpp" 2>"$work/errors"
}
# must_fail WHAT_IS_SAID BODY
must_fail() {
  if compile "$2"; then
    echo "compiled, though it must not: $2"
    status=1
  elif ! grep -qF "$1" "$work/errors"; then
    echo "not told '$1' of: $2"
    grep -m 5 error "$work/errors" || true
    status=1
  fi
}
# The same, and nothing else is said that leads elsewhere.
must_fail_by_that_alone() {
  must_fail "$1" "$2"
  local errors
  errors=$(grep -c 'error: ' "$work/errors") || true
  [ "$errors" -eq 1 ] || { echo "told $errors things, not one, of: $2"; grep 'error: ' "$work/errors" || true; status=1; }
}

compile 'static_cast<void>(troupe::map<int, std::string>{orders}.put(1, "one").wait());' || { cat "$work/errors"; exit 1; }
must_fail "troupe::map<K, V>: K can't be encoded" 'troupe::map<opaque, int> m{orders};'
must_fail "troupe::map<K, V>: V can't be encoded" 'troupe::map<int, opaque> m{orders};'
must_fail "troupe::map<K, V>: V can't be encoded" 'troupe::map<int, std::vector<std::optional<opaque>>> m{orders};'
must_fail "troupe::map<K, V>: K can't be encoded" 'troupe::map<const char*, int> m{orders};'
must_fail "a field of this inspected type can't be encoded" 'static_cast<void>(troupe::map<int, holder>{orders}.get(1));'
must_fail_by_that_alone "this type has an inspect function, but no public default constructor" 'troupe::map<unborn, int> m{orders};'
must_fail_by_that_alone "this type has an inspect function, but no public default constructor" 'static_cast<void>(troupe::map<int, unborn>{orders}.put(1, unborn{2}));'
must_fail_by_that_alone "this type has an inspect function, but no public default constructor" 'troupe::map<int, std::vector<std::optional<unborn>>> m{orders};'
must_fail "this type has an inspect function, but no public move or copy constructor" 'troupe::map<int, still> m{orders};'
must_fail_by_that_alone "a field of this inspected type can't be assigned to, and so not be read: is it const?" 'static_cast<void>(troupe::map<int, graven>{orders}.get(1));'
must_fail "a call does nothing until request(), wait(), future(), async() or co_await makes it" 'troupe::map<int, int>{orders}.put(1, 2);'
compile 'static_cast<void>(troupe::map<int, int>{orders}.execute_on_key(1, fit{}).wait());' || { cat "$work/errors"; exit 1; }
must_fail "a processor has a name" 'static_cast<void>(troupe::map<int, int>{orders}.execute_on_key(1, nameless{}));'
must_fail "a processor says what it works on" 'static_cast<void>(troupe::map<int, int>{orders}.execute_on_key(1, placeless{}));'
must_fail "a processor is a function of its entry" 'static_cast<void>(troupe::map<int, int>{orders}.execute_on_key(1, useless{}));'
must_fail "a processor's fields are its argument, and can't be encoded" 'static_cast<void>(troupe::map<int, int>{orders}.execute_on_key(1, burdened{}));'
must_fail "what a processor returns can't be encoded" 'static_cast<void>(troupe::map<int, int>{orders}.execute_on_key(1, revealing{}));'
must_fail "this processor works on a map of other types" 'static_cast<void>(troupe::map<int, std::string>{orders}.execute_on_entries(fit{}));'
compile 'static_cast<void>(troupe::map<int, int>{orders}.add_entry_listener(caf::actor{}, liking{}).wait());' || { cat "$work/errors"; exit 1; }
must_fail "this predicate is of a map of other types" 'static_cast<void>(troupe::map<int, std::string>{orders}.add_entry_listener(caf::actor{}, liking{}));'
must_fail "a predicate is a function of an event" 'static_cast<void>(troupe::map<int, int>{orders}.add_entry_listener(caf::actor{}, mute{}));'
must_fail "a predicate's fields are its argument, and can't be encoded" 'static_cast<void>(troupe::map<int, int>{orders}.add_entry_listener(caf::actor{}, choosy{}));'
compile 'troupe::map<int, int>{orders}.get(1).request(self).then([](std::optional<int>) {}, ignore);
         troupe::map<int, int>{orders}.get(1).request(scoped).receive([](const std::optional<int>&) {}, ignore);' || { cat "$work/errors"; exit 1; }
# bad_handlers WHAT_IS_SAID HANDLERS: wherever they are given.
bad_handlers() {
  local body='' way
  for way in 'request(self).then' 'request(self).await' 'request(scoped).receive'; do body+="troupe::map<int, int>{orders}.get(1).$way($2); "; done
  must_fail "$1" "$body"
  [ "$(grep -F "$1" "$work/errors" | grep -c 'static assertion failed')" -eq 3 ] || { echo "not told in each of three ways '$1' of: $2"; status=1; }
}
bad_handlers "the first handler takes what the call brings" '[](std::string) {}, ignore'
bad_handlers "the first handler takes what the call brings" '[] {}, ignore'
bad_handlers "the first handler takes a T, not a result<T>" '[](troupe::result<std::optional<int>>) {}, ignore'
bad_handlers "the second handler takes the error" '[](std::optional<int>) {}, [](std::string) {}'
must_fail "nothing happens until request(), wait(), future(), async() or co_await" 'troupe::map<int, int>{orders}.add_entry_listener(caf::actor{});'
compile 'static_cast<void>(troupe::start([orders]() -> troupe::task<int> { co_return 1; }));' || { cat "$work/errors"; exit 1; }
must_fail "function_that_returns_a_task" 'troupe::start([]() -> troupe::task<int> { co_return 1; }());'
must_fail "nobody would get this task's result" 'troupe::launch(static_cast<caf::event_based_actor*>(nullptr), []() -> troupe::task<int> { co_return 1; });'
must_fail "a task does nothing until it is awaited" '[]() -> troupe::task<int> { co_return 1; }();'
exit $status
