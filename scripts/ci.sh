#!/bin/sh
# Everything that must be green before a merge (`./r ci`): step by step, each with its seconds, up to the
# first that fails.
set -eu
cd "$(dirname "$0")/.."

# Here nothing is skipped for want of a program.
export CI=true

begun=$(date +%s)
step() {
    title=$1
    shift
    printf '\n== %s\n' "$title"
    from=$(date +%s)
    status=0
    "$@" || status=$?
    took=$(($(date +%s) - from))
    if [ "$status" -ne 0 ]; then
        printf '== %s: FAILED with %s after %s s\n   again: %s\n' "$title" "$status" "$took" "$*" >&2
        exit 1
    fi
    printf '== %s: good, %s s\n' "$title" "$took"
}

# A developer reads these many times a day: the printed seconds should stay at 0 or 1.
readable() {
    [ "$(./r "$1" | wc -l)" -gt 50 ] || {
        echo "ci: ./r $1 says next to nothing" >&2
        return 1
    }
}

step 'server programs' scripts/setup.sh test
step 'format, lints, docs, house rules' ./r check
# The very commands of the README and of CONTRIBUTING.
step 'tests' ./r test
step 'the promise' ./r promise
step 'the browser' ./r browser
step 'the SQL check data is fresh' ./r prepare --check
step 'build' cargo build --quiet
step 'story' readable story
step 'summary' readable summary
step 'graph' readable graph
step 'serve, ask, stop' scripts/smoke.sh
step 'the API keeps to its document' ./r api-test
pancake=${CARGO_TARGET_DIR:-target}/debug/pancake
step 'replay of flirts' "$pancake" replay flirts tests/replay/made-up.txt
step 'replay of messages' "$pancake" replay chat tests/replay/talk.txt
step 'streams' "$pancake" streams --count 100 --members 50 --seconds 5
printf '\n== all good, %s s\n' $(($(date +%s) - begun))
