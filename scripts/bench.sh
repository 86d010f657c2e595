#!/bin/sh
# Measures next to what the machine can do (docs/performance.md says what and why): the way of events beside Postgres'
# own pgbench (`./r bench`), or what a large site gives beside a bare handler (`./r bench reads`).
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh
export SQLX_OFFLINE=true
if [ "${1:-}" = reads ]; then
    shift
    exec cargo bench --quiet --bench reads -- "$@"
fi

. scripts/postgres.sh
# Debian has it beside the server, others in a package of its own and in PATH.
PGBENCH=${PGBENCH:-$(postgres_bin)/pgbench}
[ -x "$PGBENCH" ] || PGBENCH=$(command -v pgbench) || {
    echo "bench: pgbench is missing: install postgresql-contrib, or set PGBENCH to the program" >&2
    exit 1
}
export PGBENCH
exec cargo bench --quiet --bench events -- "$@"
