#!/bin/sh
# The door: ./r alone lists what can be done. It only passes on; the work is in scripts/ and in the binary.
set -eu
cd "$(dirname "$0")"

# rustup puts cargo here, and only a login shell knows it.
command -v cargo >/dev/null || PATH=$PATH:${CARGO_HOME:-${HOME:-/root}/.cargo}/bin
export PATH
# What compiles must not depend on a database that happens to be configured.
export SQLX_OFFLINE=true
target=${CARGO_TARGET_DIR:-target}

word=${1:-}
[ -z "$word" ] || shift
case "$word" in
'')
    sed 's/^    //' <<'    END'
    ./r up [args]            build and serve on http://127.0.0.1:8080, with a database of its own
    ./r test [module|case]   use cases and the rules of the house, or the use cases of one module, or one by name
    ./r test --seeds 100     every use case with the seeds 1 to 100 for what is left to chance
    ./r promise [proof]      kills, cuts, freezes and drains the running program: nothing is lost, nothing is doubled
    ./r browser [page]       what members see, in Chromium
    ./r story                the use cases, to be read aloud
    ./r summary              every action, event and listener, and what no use case proves
    ./r graph                who listens to whom: ./r graph | dot -Tsvg
    ./r openapi              the JSON API as an OpenAPI document
    ./r api-test             asks the site whatever that document allows and forbids
    ./r mock                 the answers of the use cases on http://127.0.0.1:8090, without a database
    ./r check                format, clippy, docs, house rules
    ./r new <module>         the skeleton of a new module, which passes the tests
    ./r prepare [--check]    renew .sqlx after a change of SQL or schemas/
    ./r replay chat <file>   drive a server with real traffic and compare the outcome; or: replay flirts
    ./r streams              how fast messages arrive at a thousand streams, and what a stream costs
    ./r bench [--check]      how fast events are, next to pgbench
    ./r bench reads          how many pages a large site gives, next to a bare handler
    ./r bench photos         what uploads of photos take, and what they do to other pages
    ./r chaos --seed 7       three nodes, and everything that can break is broken: nothing lost, nothing doubled
    ./r ci                   what must be green before a merge
    ./r <anything else>      goes to the binary: ./r admin grant nancy reviewer, ./r --help
    END
    ;;
up)
    # Who has a database needs no server programs.
    [ -n "${DATABASE_URL:-}" ] || scripts/setup.sh
    cargo build
    exec "$target/debug/pancake" serve "$@"
    ;;
test)
    if [ $# -eq 0 ]; then
        scripts/setup.sh test
        exec cargo test --workspace --no-fail-fast --lib --bins --test private_postgres --test house --test usecases
    fi
    scripts/setup.sh
    exec cargo test -q --test usecases -- "$@"
    ;;
promise | browser)
    scripts/setup.sh test
    exec cargo test --test "$word" -- "$@"
    ;;
api-test)
    scripts/setup.sh
    cargo build -q
    exec scripts/schemathesis.sh "$@"
    ;;
chaos)
    [ "${1:-}" != --seed ] || CHAOS_SEED=${2:?"--seed wants a number"}
    export CHAOS_SEED="${CHAOS_SEED:-1}" CHAOS_WHOLE=yes
    scripts/setup.sh test
    exec cargo test -q --test promise chaos -- --nocapture
    ;;
check) exec scripts/check.sh "$@" ;;
new) exec scripts/new.sh "$@" ;;
prepare) exec scripts/prepare.sh "$@" ;;
ci) exec scripts/ci.sh "$@" ;;
bench) exec scripts/bench.sh "$@" ;;
replay | streams)
    # Its server has a database of its own, whatever DATABASE_URL says.
    scripts/setup.sh
    cargo build --release -q
    exec "$target/release/pancake" "$word" "$@"
    ;;
*)
    cargo build -q
    exec "$target/debug/pancake" "$word" "$@"
    ;;
esac
