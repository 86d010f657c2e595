//! The web: who is asking, what may pass, and how answers and refusals look.

pub mod address;
pub mod admission;
pub mod answer;
pub mod docs;
pub mod door;
pub mod extract;
pub mod form;
pub mod guard;
pub mod headers;
pub mod health;
pub mod idempotency;
pub mod limits;
pub mod live;
pub mod origin;
pub mod paging;
pub mod prefer;
pub mod presence;
pub mod render;
pub mod router;
pub mod serve;
pub mod session;
pub mod shell;
pub mod stall;
pub mod statics;
pub mod visitor;
pub mod when;
