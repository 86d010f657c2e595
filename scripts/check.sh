#!/bin/sh
# What a reader would otherwise have to say in a review: format, lints, docs, house rules (`./r check`).
set -eu
cd "$(dirname "$0")/.."
cargo fmt --all --check
cargo clippy --quiet --workspace --all-targets -- -D warnings
RUSTDOCFLAGS='-D warnings' cargo doc --quiet --workspace --no-deps --document-private-items
cargo test --quiet --test house tidy
