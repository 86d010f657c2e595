# Runs Chromium for as long as the test process that started this guard lives, on a profile that goes with it.
#
# Standard input and output are the two pipes of the DevTools protocol, which Chromium knows as 3 and 4. Only the
# test process holds the other ends, so they close however it ends, also by kill -9, and Chromium ends by that.
. scripts/chromium.sh
chromium=$(chromium_bin) || {
    chromium_missing
    exit 1
}
# The terminal's signals are for the tests.
trap '' HUP INT TERM
tests=$PPID
profile=$(mktemp -d "${TMPDIR:-/tmp}/pancake-browser.XXXXXX") || exit 1
# Chromium's own sandbox does not work for root.
sandbox=
[ "$(id -u)" -ne 0 ] || sandbox=--no-sandbox

# The browser of somebody with a mouse, as a headless one has none: Enter sends where there is one.
mouse=primaryPointerType=4,availablePointerTypes=4,primaryHoverType=2,availableHoverTypes=2

# Whatever it leaves at home or among temporary files goes with the profile. It meets nobody but this machine.
exec 3<&0 4>&1 </dev/null >/dev/null
unset DISPLAY WAYLAND_DISPLAY XDG_CONFIG_HOME XDG_CACHE_HOME XDG_RUNTIME_DIR DBUS_SESSION_BUS_ADDRESS
HOME=$profile TMPDIR=$profile "$chromium" --headless $sandbox --remote-debugging-pipe --user-data-dir="$profile/data" \
    --no-first-run --no-default-browser-check --no-pings --lang=en-US --hide-scrollbars --mute-audio \
    --disable-gpu --disable-dev-shm-usage --disable-breakpad --disable-extensions --disable-component-update \
    --disable-background-networking --disable-sync --disable-default-apps --disable-domain-reliability \
    --disable-background-timer-throttling --disable-backgrounding-occluded-windows --disable-renderer-backgrounding \
    --disable-features=SpareRendererForSitePerProcess,BackForwardCache,Translate,OptimizationHints,MediaRouter \
    --password-store=basic --blink-settings=$mouse --host-resolver-rules='MAP * ~NOTFOUND, EXCLUDE 127.0.0.1' 2>"$profile/log" &
child=$!
exec 3<&- 4>&-

# One that does not notice the end of its pipes is given ten seconds.
late=0
while kill -0 "$child" 2>/dev/null; do
    kill -0 "$tests" 2>/dev/null || late=$((late + 1))
    [ "$late" -lt 50 ] || kill -KILL "$child"
    sleep 0.2
done
wait "$child"
ended=$?
[ "$ended" -eq 0 ] || tail -n 20 "$profile/log" >&2
# The last of its processes may still be writing.
for turn in 1 2 3 4 5 6 7 8 9 10; do
    rm -rf "$profile" 2>/dev/null && break
    sleep 0.2
done
exit "$ended"
