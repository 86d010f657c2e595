//! The web: who is asking, what may pass, and how answers and refusals look.

pub mod answer;
pub mod extract;
pub mod form;
pub mod guard;
pub mod headers;
pub mod health;
pub mod limits;
pub mod origin;
pub mod paging;
pub mod render;
pub mod router;
pub mod serve;
pub mod shell;
pub mod statics;
pub mod visitor;
pub mod when;
