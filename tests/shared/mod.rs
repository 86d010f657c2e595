//! What several test programs need: a Postgres, the real program, members, seeded dice, and waiting by condition.

pub(crate) mod broker;
pub(crate) mod dice;
pub(crate) mod join;
pub(crate) mod postgres;
pub(crate) mod site;
pub(crate) mod wait;
