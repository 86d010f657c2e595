//! What only developers run: use cases as stories and tests, the mock, the loads, the test site. No other folder uses it, but `main.rs` and
//! `cli.rs`, which name its commands.

pub mod drive;
pub mod mock;
pub mod replay;
pub mod streams;
pub mod test_site;
pub mod usecase;
