# Runs a broker for as long as the process that started this guard lives: standard input is a pipe that only that
# process holds open, and it ends however the process ends, also by kill -9.
#
# $1 is the folder of the server programs, $2 the file for the server's process id. The rest is in the environment.
# Erlang's programs find each other through epmd. It is one of this broker's own, and ends with it.
server=$1/rabbitmq-server
exec 3<&0 </dev/null
epmd -address 127.0.0.1 3<&- >/dev/null 2>&1 &
epmd=$!
"$server" 3<&- >"$HOME/server.log" 2>&1 &
broker=$!
echo "$broker" >"$2"

(
    # Nothing is ever written to the pipe, so this read returns when it closes. TERM is the orderly end.
    read -r _ <&3
    turn=0
    while kill -0 "$broker" 2>/dev/null; do
        signal=TERM
        [ "$turn" -lt 75 ] || signal=KILL
        kill -"$signal" "$broker" 2>/dev/null
        turn=$((turn + 1))
        sleep 0.2
    done
) >/dev/null 2>&1 &
watcher=$!

wait "$broker"
ended=$?
exec 3<&-
kill -KILL "$watcher" "$epmd" 2>/dev/null
exit "$ended"
