//! Rebuilds when a migration is added: the compiler only sees the ones that were there.

fn main() {
    println!("cargo:rerun-if-changed=schemas");
    println!("cargo:rerun-if-changed=places.toml");
}
