#!/bin/sh
# What a newcomer does first: start the built site on a fresh data folder, ask whether it is well, end it,
# and look that no database stays behind.
set -eu
cd "$(dirname "$0")/.."
command -v curl >/dev/null || {
    echo "smoke: no curl on this machine, so nothing was asked; install it to run this step" >&2
    exit 0
}
port=${SMOKE_PORT:-18080}
data=$(mktemp -d "${TMPDIR:-/tmp}/pancake-smoke.XXXXXX")
site=
end() {
    [ -z "$site" ] || kill -TERM "$site" 2>/dev/null || true
    [ -z "$site" ] || wait "$site" 2>/dev/null || true
    rm -rf "$data"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

unset DATABASE_URL
"${CARGO_TARGET_DIR:-target}/debug/pancake" serve --listen "127.0.0.1:$port" --data "$data/site" >"$data/log" 2>&1 &
site=$!

turn=0
until curl -fs -m 2 -o /dev/null "http://127.0.0.1:$port/health/ready"; do
    turn=$((turn + 1))
    if [ "$turn" -gt 150 ] || ! kill -0 "$site" 2>/dev/null; then
        cat "$data/log" >&2
        echo "smoke: the site did not get ready; its log is above" >&2
        exit 1
    fi
    sleep 0.2
done
curl -fs -m 5 -o /dev/null "http://127.0.0.1:$port/health/live"
curl -fs -m 5 "http://127.0.0.1:$port/" | grep -qi '<html' || {
    echo "smoke: the front page is no page" >&2
    exit 1
}

kill -TERM "$site"
status=0
wait "$site" || status=$?
site=
[ "$status" -eq 0 ] || {
    cat "$data/log" >&2
    echo "smoke: the site ended with $status on SIGTERM; its log is above" >&2
    exit 1
}
# The data folder names the socket while its server runs.
[ ! -s "$data/site/postgres.lock" ] || {
    echo "smoke: the site ended without stopping its database" >&2
    exit 1
}
