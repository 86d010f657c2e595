# Runs Postgres for as long as the process that started this guard lives.
#
# $1 is the cluster, the rest is the server's command line. Standard input is a pipe that only the site
# holds open: it ends when the site ends, however that happens, also by kill -9. This is a shell script
# because the account that the server runs as may not be allowed to reach the site's own binary.
log=$1/server.log
hba=$1/pg_hba.conf
shift
# Who may connect: who can enter the socket's folder, and nobody over the network, whatever a setting opens one day.
# Written beside its place first, so that a full disk leaves the old one whole.
printf '%s\n' 'local all all trust' 'host all all all reject' >"$hba.new" && mv -f "$hba.new" "$hba"
# The terminal's signals are for the site, which first drains and then closes the pipe.
trap '' HUP INT TERM
# One log a start, and the one before: enough to look into, and it does not grow without end.
[ ! -f "$log" ] || mv -f "$log" "$log.old"

exec 3<&0 </dev/null
"$@" 3<&- >"$log" 2>&1 &
server=$!

(
    # Nothing is ever written to the pipe, so this read returns when it closes.
    read -r _ <&3
    turn=0
    while kill -0 "$server" 2>/dev/null; do
        # INT is the fast shutdown. It is repeated because a server that has only just been started does
        # not listen yet. After 10 s QUIT ends it at once (the next start recovers), and after 15 s KILL.
        signal=INT
        [ "$turn" -lt 50 ] || signal=QUIT
        [ "$turn" -lt 75 ] || signal=KILL
        kill -"$signal" "$server" 2>/dev/null
        turn=$((turn + 1))
        sleep 0.2
    done
) >/dev/null 2>&1 &
watcher=$!

wait "$server"
ended=$?
# Without its server the watcher has nothing to watch, and the number may soon belong to another process.
exec 3<&-
kill -KILL "$watcher" 2>/dev/null
exit "$ended"
