# The built site on a fresh database of its own, for scripts that source this. It ends with the script.
# Sets: data, a temporary folder; site, the process; SITE, the address. `$data/log` is the site's log.

data=$(mktemp -d "${TMPDIR:-/tmp}/pancake.XXXXXX")
site=
end() {
    [ -z "$site" ] || kill -TERM "$site" 2>/dev/null || true
    [ -z "$site" ] || wait "$site" 2>/dev/null || true
    rm -rf "$data"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Says why, with the end of the site's log.
fail() {
    tail -n 20 "$data/log" >&2 || true
    echo "${0##*/}: $1; the last lines of the site's log are above" >&2
    exit 1
}

# Starts the program given first, with the options that follow, and waits until it serves.
start_site() {
    program=$1
    shift
    unset DATABASE_URL
    "$program" serve --listen 127.0.0.1:0 --data "$data/site" "$@" >"$data/said" 2>"$data/log" &
    site=$!
    turn=0
    until grep -qs 'HappyPancake is at ' "$data/said"; do
        turn=$((turn + 1))
        [ "$turn" -le 300 ] && kill -0 "$site" 2>/dev/null || fail 'the site did not get ready'
        sleep 0.2
    done
    SITE=$(sed -n 's/^HappyPancake is at //p' "$data/said" | tr -d '[:space:]')
}
