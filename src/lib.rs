//! A dating site in one binary.

pub mod store;
