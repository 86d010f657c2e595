#!/bin/sh
# The skeleton of a new module, which passes the tests (`./r new wink`): one event, its listener, one action with its
# two faces, three use cases. Everything in it is there to be changed.
set -eu
cd "$(dirname "$0")/.."

name=${1:-}
refuse() {
    echo "new: $1" >&2
    exit 1
}
[ $# -eq 1 ] || refuse "one lower-case word is wanted: ./r new wink"
case "$name" in
*[!a-z]* | '' | ?) refuse "a module's name is one word of lower-case letters, not '$name'" ;;
all | analyse | analyze | and | any | array | as | case | cast | check | collate | column | constraint | create | default | \
    desc | distinct | do | else | end | except | fetch | for | foreign | from | grant | group | having | in | initially | \
    into | lateral | leading | like | limit | not | null | offset | on | only | or | order | placing | primary | references | \
    returning | select | some | symmetric | table | then | to | trailing | true | union | unique | user | using | variadic | \
    when | where | window | with | crate | enum | fn | impl | let | loop | match | mod | move | mut | pub | ref | return | \
    self | static | struct | super | trait | type | unsafe | use | while | async | await | dyn | spine | kit | versions)
    refuse "'$name' is a reserved word in Postgres or in Rust: choose another" ;;
esac
for taken in "src/modules/$name" "schemas/$name" "usecases/$name"; do
    [ ! -e "$taken" ] || refuse "$taken is there already"
done

first=$(printf %s "$name" | cut -c1 | tr a-z A-Z)
title=$first$(printf %s "$name" | cut -c2-)
put() {
    mkdir -p "$(dirname "$2")"
    sed -e "s/__name__/$name/g" -e "s/__Name__/$title/g" "scripts/skeleton/$1.in" >"$2"
    echo "  $2"
}
echo "new: written"
put mod.rs "src/modules/$name/mod.rs"
put contract.rs "src/modules/$name/contract.rs"
put keep.rs "src/modules/$name/keep_$name.rs"
put act.rs "src/modules/$name/send_$name.rs"
put schema.sql "schemas/$name/0001_$name.sql"
put sent.toml "usecases/$name/sent.toml"
put self.toml "usecases/$name/self.toml"
put blocked.toml "usecases/$name/blocked.toml"
put sample.jsonl "tests/samples/events/$name.jsonl"

# Who listens to whom, since which version.
listens=tests/samples/subscriptions.txt
for event in 'review registration-approved' 'block member-blocked' 'block member-unblocked'; do
    echo "$name $event 1"
done | LC_ALL=C sort -o "$listens.new" - "$listens"
mv "$listens.new" "$listens"
echo "  $listens (three lines)"

# The one list of all modules.
list=src/modules/mod.rs
sed -e "s/^pub mod album;/pub mod $name;\n&/" -e "s/^    &Limits,/    \&$name::$title,\n&/" "$list" >"$list.new"
mv "$list.new" "$list"
command -v cargo >/dev/null && cargo fmt
echo "  $list (two lines)"

scripts/prepare.sh
cat <<END
new: now ./r test $name. When it says what you mean:
  ./r test $name --gate --bless                         renews usecases/BOOK.md, docs/problems.md, docs/events.md, docs/examples.json
  ./r graph --overview | dot -Tsvg > docs/modules.svg   draws the new module
  cargo test --test house                               says what is missing elsewhere
END
