# Sourced by the other scripts: where the Postgres server programs are, and how to run one as root.
# The binary has the same two answers in Rust (src/store/programs.rs); keep the two lists alike.

# Prints the folder that holds initdb, postgres and psql; fails when there is none.
postgres_bin() {
    if [ -n "${PANCAKE_POSTGRES_BIN:-}" ]; then
        [ -x "$PANCAKE_POSTGRES_BIN/postgres" ] && printf '%s\n' "$PANCAKE_POSTGRES_BIN"
        return
    fi
    # On Debian PATH has no server programs, so their own folders are looked at too, the newest first.
    newest=
    newest_version=0
    for bin in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/lib/postgresql*/bin \
        /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin /usr/libexec/postgresql*; do
        [ -x "$bin/postgres" ] && [ -x "$bin/initdb" ] || continue
        version=${bin%/bin}
        version=${version##*[!0-9]}
        if [ "${version:-0}" -ge "$newest_version" ]; then
            newest=$bin
            newest_version=${version:-0}
        fi
    done
    # A folder in PATH counts only if it is a whole set: some hold a lone link to one of the programs.
    if in_path=$(command -v postgres); then
        in_path=${in_path%/*}
        if [ -x "$in_path/initdb" ] && [ -x "$in_path/pg_ctl" ] && [ -x "$in_path/psql" ]; then
            newest=$in_path
        fi
    fi
    [ -n "$newest" ] && printf '%s\n' "$newest"
}

# Runs a command as the account that the server runs as: Postgres refuses to run as root.
as_server() {
    if [ "$(id -u)" -ne 0 ]; then
        (cd / && exec "$@")
    elif command -v setpriv >/dev/null; then
        (cd / && exec setpriv --reuid="$(server_account)" --regid="$(id -g "$(server_account)")" --clear-groups -- "$@")
    else
        # su takes one string, so the words travel as its arguments instead: "$0" is the command.
        (cd / && exec su -s /bin/sh "$(server_account)" -c 'exec "$0" "$@"' -- "$@")
    fi
}

server_account() {
    if id -u postgres >/dev/null 2>&1; then echo postgres; else echo nobody; fi
}
