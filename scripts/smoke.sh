#!/bin/sh
# What a newcomer does first: start the built site on a fresh data folder, ask whether it is well, end it,
# and look that no database stays behind.
set -eu
cd "$(dirname "$0")/.."
command -v curl >/dev/null || {
    echo "smoke: no curl on this machine, so nothing was asked; install it to run this step" >&2
    exit 0
}
. scripts/site.sh
start_site "${CARGO_TARGET_DIR:-target}/debug/pancake"

curl -fs -m 5 -o /dev/null "$SITE/health/ready" || fail 'the site is not ready'
curl -fs -m 5 -o /dev/null "$SITE/health/live" || fail 'the site does not live'
curl -fs -m 5 "$SITE/" | grep -qi '<html' || fail 'the front page is no page'

kill -TERM "$site"
status=0
wait "$site" || status=$?
site=
[ "$status" -eq 0 ] || fail "the site ended with $status on SIGTERM"
# The data folder names the socket while its server runs.
[ ! -s "$data/site/postgres.lock" ] || fail 'the site ended without stopping its database'
