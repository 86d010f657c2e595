#!/bin/sh
# What a reader would otherwise have to say in a review: format, lints, docs, house rules (`./r check`).
set -eu
cd "$(dirname "$0")/.."
cargo fmt --check
cargo clippy --quiet --all-targets -- -D warnings
RUSTDOCFLAGS='-D warnings' cargo doc --quiet --no-deps --document-private-items
cargo test --quiet --test house tidy
