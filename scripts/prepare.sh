#!/bin/sh
# Renews .sqlx, the committed answers that the SQL in the sources is checked against (`./r prepare`).
# It needs no sqlx-cli: a throw-away Postgres gets every schema, and the compiler asks it about every query.
# With --check nothing is written, and the command fails when .sqlx is not what the sources need.
set -eu
cd "$(dirname "$0")/.."
. scripts/postgres.sh

check=
case "${1:-}" in
'') ;;
--check) check=yes ;;
*)
    echo "prepare: unknown argument '$1'; it takes --check or nothing" >&2
    exit 2
    ;;
esac

bin=$(postgres_bin) || {
    echo "prepare: no Postgres server programs found; run ./r up once, or install the package 'postgresql'" >&2
    exit 1
}

# /tmp and not $TMPDIR: the path of a Unix socket may have 107 bytes at most.
tmp=$(mktemp -d /tmp/pancake-prepare.XXXXXX)
end() {
    [ ! -f "$tmp/server/data/postmaster.pid" ] ||
        as_server "$bin/pg_ctl" -D "$tmp/server/data" -m immediate stop >/dev/null 2>&1 || true
    rm -rf "$tmp"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
chmod 711 "$tmp"
mkdir -m 700 "$tmp/server"
[ "$(id -u)" -ne 0 ] || chown "$(server_account)" "$tmp/server"

start_server() {
    as_server "$bin/initdb" -D "$tmp/server/data" -U pancake --auth=trust --encoding=UTF8 --locale=C \
        --no-sync --no-instructions &&
        as_server "$bin/pg_ctl" -D "$tmp/server/data" -l "$tmp/server/log" -w -t 60 start \
            -o "-c listen_addresses='' -c unix_socket_directories=$tmp/server -c fsync=off \
                -c full_page_writes=off -c synchronous_commit=off -c autovacuum=off"
}
start_server >"$tmp/start.log" 2>&1 || {
    cat "$tmp/start.log" "$tmp/server/log" >&2 2>/dev/null || true
    echo "prepare: the throw-away Postgres did not start; its output is above" >&2
    exit 1
}

# A module's schema has the module's name, unless Postgres reserves that word: then its spec says another.
schema_of() {
    found=$(sed -n 's/^ *schema: "\([a-z_]*\)",$/\1/p' "src/modules/$1/mod.rs" 2>/dev/null | head -n 1)
    echo "${found:-$1}"
}

# Every module gets its own copy of the tables of the kernel (spine) and of the shared ones (kit, versions, access):
# those files name no schema, so the search path decides where their tables go.
write_schema_script() {
    for folder in schemas/*/; do
        module=${folder#schemas/}
        module=${module%/}
        case "$module" in spine | kit | versions | access | '*') continue ;; esac
        schema=$(schema_of "$module")
        printf 'create schema "%s";\nset search_path = "%s";\n' "$schema" "$schema"
        for file in schemas/spine/*.sql schemas/kit/*.sql schemas/versions/*.sql schemas/access/*.sql; do
            [ ! -f "$file" ] || printf "\\\\i '%s'\n" "$file"
        done
        echo 'reset search_path;'
        for file in schemas/"$module"/*.sql; do
            [ ! -f "$file" ] || printf "\\\\i '%s'\n" "$file"
        done
    done
}
write_schema_script >"$tmp/schemas.sql"
"$bin/psql" -X -q -v ON_ERROR_STOP=1 -h "$tmp/server" -U pancake -d postgres -f "$tmp/schemas.sql" >/dev/null || {
    echo "prepare: a file in schemas/ was refused; the line above names it" >&2
    exit 1
}

# The compiler repeats the macros only for a file that is newer than its last output.
mkdir "$tmp/sqlx"
touch -r src/lib.rs "$tmp/before"
touch src/lib.rs
touch -r src/lib.rs "$tmp/touched"
# Where no answer changed, what was built before is still right: the file gets its old date back, unless
# somebody has saved it meanwhile.
untouch() {
    [ -n "$(find src/lib.rs -newer "$tmp/touched")" ] || touch -r "$tmp/before" src/lib.rs
}
SQLX_OFFLINE=false SQLX_OFFLINE_DIR=$tmp/sqlx DATABASE_URL="postgres://pancake@localhost/postgres?host=$tmp/server" \
    cargo check --quiet --all-targets || {
    echo "prepare: the sources do not compile against schemas/; .sqlx is unchanged" >&2
    exit 1
}

mkdir -p .sqlx
if [ -n "$check" ]; then
    diff -rq .sqlx "$tmp/sqlx" >&2 || {
        echo "prepare: .sqlx is out of date; run ./r prepare and commit .sqlx" >&2
        exit 1
    }
    untouch
    exit 0
fi

! diff -rq .sqlx "$tmp/sqlx" >/dev/null || untouch
# Equal files are left alone, so that the next build has no reason to start over.
for old in .sqlx/*.json; do
    [ ! -f "$old" ] || [ -f "$tmp/sqlx/${old#.sqlx/}" ] || rm "$old"
done
for new in "$tmp"/sqlx/*.json; do
    [ -f "$new" ] || continue
    kept=.sqlx/${new##*/}
    cmp -s "$new" "$kept" || cp "$new" "$kept"
done
echo "prepare: $(find .sqlx -name '*.json' | wc -l | tr -d ' ') queries in .sqlx"
