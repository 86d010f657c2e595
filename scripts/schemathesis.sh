#!/bin/sh
# Asks the built site whatever its document allows and forbids (`./r api-test`): as nobody, as a member and as a
# reviewer. Any 5xx, undocumented answer or accepted nonsense fails. The site runs on a fresh database of its own.
#
# schemathesis and what it needs come from the Python package index, pinned in scripts/schemathesis/requirements.txt,
# into target/. Where that cannot be had nothing is tested: the script says so loudly, and ends with 0.
set -eu
cd "$(dirname "$0")/.."
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
roles=${*:-nobody member reviewer}
# Not the cast's: an example of a use case may change that one.
password='eight waffles on a Monday'

not_run() {
    printf '\n!! api-test: NOT RUN: %s. Nothing was tested.\n\n' "$1" >&2
    exit 0
}

tools=$(scripts/venv.sh schemathesis) || not_run 'schemathesis cannot be installed'

. scripts/site.sh
pancake=$target/debug/pancake
# One client does here what thousands do in weeks, and does not wait for news that nobody makes.
start_site "$pancake" --limits-factor 1000000 --poll-seconds-max 1
export SITE

api() {
    path=$1
    shift
    curl -fsS -m 30 "$SITE/api/$path" -H 'Content-Type: application/json' "$@"
}
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
join() {
    api register -o /dev/null -d "{\"nickname\":\"$1\",\"email\":\"$1@example.org\",\"password\":\"$password\",
        \"birthday\":\"1996-11-02\",\"gender\":\"$2\",\"place\":\"uppsala\",
        \"ideal\":{\"gender\":\"woman\",\"from\":20,\"to\":35}}"
}
log_in() { api session -d "{\"nickname\":\"$1\",\"password\":\"$password\"}"; }

join rita woman
join bob man
join otto man
join wilma woman
"$pancake" admin grant rita reviewer --data "$data/site" >/dev/null
token=$(log_in rita | field token)
for nickname in bob otto; do
    items=$(api review -H "Authorization: Bearer $token" | sed 's/{"item"/\n&/g')
    item=$(echo "$items" | grep "\"$nickname\"" | field item)
    api "review/$item/approve" -X POST -H "Authorization: Bearer $token" -H 'Prefer: wait'
done
MEMBER=$(log_in otto | field member)
ITEM=$(api review -H "Authorization: Bearer $token" | field item)
export MEMBER ITEM PASSWORD="$password"

failed=
for role in $roles; do
    case $role in
    nobody) nickname= ;;
    member) nickname=bob ;;
    reviewer) nickname=rita ;;
    *) fail "there is no role $role: nobody, member, reviewer" ;;
    esac
    printf '\n== as %s\n' "$role"
    NICKNAME=$nickname "$tools/st" --config-file scripts/schemathesis/schemathesis.toml run "$SITE/api/openapi.json" \
        --no-color || failed="$failed $role"
    kill -0 "$site" || fail 'the site ended'
done
# What clients cannot see.
! grep -q ' ERROR ' "$data/log" || fail 'the site logged errors'
[ -z "$failed" ] || {
    echo "api-test: failed as$failed; --seed and the calls are above" >&2
    exit 1
}
