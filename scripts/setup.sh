#!/bin/sh
# Sees to it that the Postgres server programs are there, with the word `test` also what the tests run: curl, which plays
# the README's walk, nginx and openssl, which stand before the site, pgbouncer, which stands before Postgres, promtool,
# which reads the operators' alerts, Chromium, and RabbitMQ, and with `python` also Python and its venv, which
# ./r api-test needs: silent when they are, installs them through the system's package manager where it may, and
# otherwise says exactly what to install. Only RabbitMQ may be missing: its tests then say that they skip.
set -eu
cd "$(dirname "$0")/.."
. scripts/postgres.sh
. scripts/chromium.sh
. scripts/rabbitmq.sh

curl=
[ "${1:-}" != test ] || command -v curl >/dev/null || curl=curl
# Debian keeps servers where only root looks.
has() { PATH=$PATH:/usr/sbin:/usr/local/sbin command -v "$1" >/dev/null; }
nginx=
[ "${1:-}" != test ] || has nginx || nginx=nginx
openssl=
[ "${1:-}" != test ] || has openssl || openssl=openssl
promtool=
[ "${1:-}" != test ] || has promtool || promtool=prometheus
pgbouncer=
[ "${1:-}" != test ] || has pgbouncer || pgbouncer=pgbouncer
chromium=
[ "${1:-}" != test ] || chromium_bin >/dev/null || chromium=chromium
rabbitmq=
[ "${1:-}" != test ] || rabbitmq_bin >/dev/null || rabbitmq=rabbitmq-server
python=
can_venv() { python3 -c 'import venv, ensurepip' 2>/dev/null; }
[ "${1:-}" != python ] || can_venv || python=python3
server=
postgres_bin >/dev/null || server=server
there() {
    postgres_bin >/dev/null && { [ -z "$curl" ] || command -v curl >/dev/null; } &&
        { [ -z "$nginx" ] || has nginx; } && { [ -z "$openssl" ] || has openssl; } &&
        { [ -z "$promtool" ] || has promtool; } && { [ -z "$pgbouncer" ] || has pgbouncer; } &&
        { [ -z "$chromium" ] || chromium_bin >/dev/null; } && { [ -z "$python" ] || can_venv; } &&
        { [ -z "$rabbitmq" ] || rabbitmq_bin >/dev/null; }
}
! there || exit 0

if [ -n "${PANCAKE_POSTGRES_BIN:-}" ] && ! postgres_bin >/dev/null; then
    echo "setup: PANCAKE_POSTGRES_BIN is $PANCAKE_POSTGRES_BIN, which holds no Postgres server; correct or unset it" >&2
    exit 1
fi
if [ -n "${PANCAKE_CHROMIUM:-}" ] && [ -n "$chromium" ]; then
    chromium_missing
    exit 1
fi

give_up() {
    if [ -n "$rabbitmq" ] && ! rabbitmq_bin >/dev/null; then
        echo "The tests want RabbitMQ, and it is not installed: install the package rabbitmq-server, or set" >&2
        echo "PANCAKE_RABBITMQ_BIN. Without it what needs a broker is skipped." >&2
        rabbitmq=
        ! there || exit 0
    fi
    [ -z "$chromium" ] || chromium_bin >/dev/null || chromium_missing
    [ -z "$curl" ] || echo "The tests need curl, and it is not installed: install the package curl." >&2
    [ -z "$nginx" ] || has nginx || echo "The tests need nginx, and it is not installed: install the package nginx." >&2
    [ -z "$openssl" ] || has openssl || echo "The tests need openssl, and it is not installed: install the package openssl." >&2
    [ -z "$promtool" ] || has promtool || echo "The tests need promtool, and it is not installed: install the package prometheus." >&2
    [ -z "$pgbouncer" ] || has pgbouncer || echo "The tests need pgbouncer, and it is not installed: install the package pgbouncer." >&2
    [ -z "$python" ] || echo "This needs Python 3 with venv, and it is not installed: install python3 and python3-venv." >&2
    ! postgres_bin >/dev/null || exit 1
    cat >&2 <<'END'
pancake needs the Postgres server programs (version 15 or newer), and they are not installed. Do one of these:
  Debian, Ubuntu   sudo apt-get install postgresql
  Fedora           sudo dnf install postgresql-server
  Alpine           sudo apk add postgresql
  Arch             sudo pacman -S postgresql
  macOS            brew install postgresql@17
  elsewhere        set PANCAKE_POSTGRES_BIN to the folder that holds initdb and postgres
  no server here   set DATABASE_URL=postgres://user:password@host/database
END
    exit 1
}

# No password prompt in the middle of a build: sudo counts only if it asks nothing.
if [ "$(id -u)" -eq 0 ]; then
    as_root() { "$@"; }
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root() { sudo -n "$@"; }
else
    as_root() { return 1; }
    command -v brew >/dev/null || give_up
fi

# Debian would make and start a database server for the whole machine; ours runs only while the site does. It would
# start nginx and RabbitMQ, too, for everybody.
apt_install() {
    as_root mkdir -p /etc/postgresql-common/createcluster.d
    if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
        echo 'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.d/pancake.conf >/dev/null
    fi
    as_root apt-get update -q &&
        apt_quietly env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends ${server:+postgresql} $curl $nginx $openssl $promtool $pgbouncer $chromium $rabbitmq ${python:+python3 python3-venv}
}

# Runs an installation that starts no server, now or when the machine starts.
apt_quietly() {
    if [ -n "$nginx$promtool$pgbouncer$rabbitmq" ] && [ ! -e /usr/sbin/policy-rc.d ]; then
        # Until the end of this script.
        policy=/usr/sbin/policy-rc.d
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
    fi
    status=0
    as_root "$@" || status=$?
    if command -v systemctl >/dev/null; then
        for service in $nginx $promtool $pgbouncer $rabbitmq; do as_root systemctl disable "$service" || true; done
    fi
    return "$status"
}

echo "setup: installing once: ${server:+the Postgres server programs }${curl:+curl }${nginx:+nginx }${openssl:+openssl }${promtool:+promtool }${pgbouncer:+pgbouncer }${chromium:+chromium }${rabbitmq:+RabbitMQ }$python" >&2
log=$(mktemp "${TMPDIR:-/tmp}/pancake-setup.XXXXXX")
policy=
trap 'rm -f "$log"; [ -z "$policy" ] || as_root rm -f "$policy"' EXIT
trap 'exit 1' INT TERM
if command -v apt-get >/dev/null; then
    install=apt_install
elif command -v dnf >/dev/null; then
    install="as_root dnf install -y ${server:+postgresql-server} $curl $nginx $openssl $promtool $pgbouncer $chromium $rabbitmq $python"
elif command -v apk >/dev/null; then
    install="as_root apk add ${server:+postgresql} $curl $nginx $openssl $promtool $pgbouncer $chromium $rabbitmq $python"
elif command -v pacman >/dev/null; then
    install="as_root pacman -S --noconfirm ${server:+postgresql} $curl $nginx $openssl $promtool $pgbouncer $chromium ${python:+python}"
elif command -v brew >/dev/null; then
    install="brew install ${server:+postgresql@17} $curl $nginx $openssl $promtool $pgbouncer $chromium ${rabbitmq:+rabbitmq} $python"
else
    give_up
fi
if ! $install >"$log" 2>&1 </dev/null || ! there; then
    tail -n 20 "$log" >&2
    echo "setup: the package manager failed; its last lines are above" >&2
    give_up
fi
