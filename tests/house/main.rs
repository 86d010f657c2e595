//! What must hold of the house as a whole, whatever its modules do: style, fences, guards, input, logins.
//!
//! `cargo test --test house tidy` runs what needs no database.

mod sources;
mod tidy;
