//! Use cases: files that are tests, stories, summary and dependency graph at once.
//!
//! Everything in here is a pure function of (registry, files): no server, no database. The runner, which
//! needs both, is `tests/usecases`. `usecases/README.md` tells the format to those who write them.

pub mod book;
pub mod cast;
pub mod check;
pub mod events;
pub mod example;
pub mod expect;
pub mod fault;
pub mod graph;
pub mod load;
pub mod matching;
pub mod model;
pub mod names;
mod overview;
pub mod paint;
pub mod people;
pub mod problems;
pub mod read;
pub mod sent_file;
pub mod sentence;
pub mod sse;
pub mod story;
pub mod summary;
pub mod table;
pub mod time;
pub mod tree;
pub mod wire;

#[cfg(test)]
mod tests;

pub use load::{UseCases, load};
pub use model::UseCase;
