#!/bin/sh
# Measures the way of events next to Postgres' own pgbench (`./r bench`); docs/performance.md says what and why.
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh
. scripts/postgres.sh

# Debian has it beside the server, others in a package of its own and in PATH.
PGBENCH=${PGBENCH:-$(postgres_bin)/pgbench}
[ -x "$PGBENCH" ] || PGBENCH=$(command -v pgbench) || {
    echo "bench: pgbench is missing: install postgresql-contrib, or set PGBENCH to the program" >&2
    exit 1
}
export PGBENCH SQLX_OFFLINE=true
exec cargo bench --quiet --bench events -- "$@"
