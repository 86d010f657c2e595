#!/bin/sh
# Prints the path of axe-core's script, which tests/browser/axe.rs runs in every page: got once for each version of
# scripts/axe/package.json, into target/, by npm. Where that cannot be had it says why, and ends with 1.
set -eu
cd "$(dirname "$0")/.."
folder=$(realpath -m "${CARGO_TARGET_DIR:-target}")/axe
wanted=scripts/axe/package.json

fail() {
    echo "$1" >&2
    exit 1
}

if ! cmp -s "$wanted" "$folder/installed"; then
    command -v npm >/dev/null || fail 'npm is not installed'
    rm -rf "$folder"
    mkdir -p "$folder"
    cp "$wanted" "$folder/"
    npm install --prefix "$folder" --silent --no-audit --no-fund --no-package-lock --ignore-scripts >&2 ||
        fail "what $wanted names cannot be installed"
    cp "$wanted" "$folder/installed"
fi
printf '%s\n' "$folder/node_modules/axe-core/axe.min.js"
