# Runs the server "$@" for as long as the process that started this guard lives: standard input is a pipe that
# only that process holds open, and it ends however the process ends, also by kill -9.
exec 3<&0 </dev/null
"$@" 3<&- &
server=$!

(
    # Nothing is ever written to the pipe, so this read returns when it closes.
    read -r _ <&3
    kill -TERM "$server" 2>/dev/null
) >/dev/null 2>&1 &
watcher=$!

wait "$server"
ended=$?
# The server's number may soon belong to another process.
exec 3<&-
kill -KILL "$watcher" 2>/dev/null
exit "$ended"
