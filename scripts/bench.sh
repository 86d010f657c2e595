#!/bin/sh
# Measures next to what the machine can do (docs/performance.md says what and why): the way of events beside Postgres'
# own pgbench (`./r bench`), what a large site gives beside a bare handler (`./r bench reads`), or what uploads of
# photos take and do to other pages (`./r bench photos`).
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh
export SQLX_OFFLINE=true
case "${1:-}" in
reads | photos)
    which=$1
    shift
    exec cargo bench --quiet --bench "$which" -- "$@"
    ;;
esac

. scripts/postgres.sh
# Debian has it beside the server, others in a package of its own and in PATH.
PGBENCH=${PGBENCH:-$(postgres_bin)/pgbench}
[ -x "$PGBENCH" ] || PGBENCH=$(command -v pgbench) || {
    echo "bench: pgbench is missing: install postgresql-contrib, or set PGBENCH to the program" >&2
    exit 1
}
export PGBENCH
exec cargo bench --quiet --bench events -- "$@"
