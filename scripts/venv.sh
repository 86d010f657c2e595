#!/bin/sh
# Prints the folder of the Python programs that scripts/<name>/requirements.txt asks for: a virtual environment below
# target/, made once for each version of that list, from the Python package index. Where that cannot be had it says
# why, and ends with 1.
set -eu
cd "$(dirname "$0")/.."
name=$1
tools=$(realpath -m "${CARGO_TARGET_DIR:-target}")/$name
wanted=scripts/$name/requirements.txt

fail() {
    echo "$1" >&2
    exit 1
}

if ! cmp -s "$wanted" "$tools/installed"; then
    scripts/setup.sh python >&2 || fail 'there is no Python with venv'
    rm -rf "$tools"
    python3 -m venv "$tools" >&2 || fail 'Python cannot make a virtual environment'
    "$tools/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$wanted" >&2 || fail "what $wanted names cannot be installed"
    cp "$wanted" "$tools/installed"
fi
printf '%s\n' "$tools/bin"
