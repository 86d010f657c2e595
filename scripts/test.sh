#!/bin/sh
# All tests (`./r test`): compiled once, then two programs at a time, since the use cases work where the others mostly
# wait. The use cases speak at once, the others when they have ended: all they said if they fail.
set -eu
cd "$(dirname "$0")/.."
export SQLX_OFFLINE=true

# One of the programs, by name.
run() {
    case "$1" in
    units) cargo test --quiet --lib --bins ;;
    docs) cargo test --quiet --doc ;;
    *) cargo test --quiet --test "$1" ;;
    esac
}

# Runs it, and notes how that went.
timed() {
    from=$(date +%s)
    status=0
    run "$1" || status=$?
    echo "$status $(($(date +%s) - from))" >"$folder/$1.ended"
}

cargo test --no-run
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# Whatever is there, so that a new one is not forgotten; the longest first.
others='promise house browser units docs'
for path in tests/*.rs tests/*/main.rs; do
    name=${path#tests/}
    name=${name%/main.rs}
    name=${name%.rs}
    case " $others usecases " in
    *" $name "*) ;;
    *) others="$others $name" ;;
    esac
done
(
    for name in $others; do
        timed "$name" >"$folder/$name" 2>&1
    done
) &
timed usecases
wait

echo
failed=''
for name in usecases $others; do
    read -r status seconds <"$folder/$name.ended" || status=none seconds=0
    if [ "$status" = 0 ]; then
        printf '== %s: good, %s s\n' "$name" "$seconds"
    else
        [ "$name" = usecases ] || cat "$folder/$name"
        printf '== %s: FAILED with %s after %s s\n' "$name" "$status" "$seconds" >&2
        failed="$failed $name"
    fi
done
[ -z "$failed" ] || {
    echo "Failed:$failed. Again: cargo test --test NAME" >&2
    exit 1
}
