//! Where everything that members write is kept: Postgres, and nothing else.

mod error;
mod folder;
mod guard;
mod home;
mod keeper;
mod launch;
mod open;
mod places;
mod private;
mod programs;
mod restored;
mod schema;
pub mod spine;
pub mod unit;
mod writable;

pub use error::StoreError;
pub use home::discard;
pub use keeper::{Condition, keep};
pub use open::{Apart, Store, Units, open, open_apart, open_at};
pub use private::{PrivatePostgres, Server, Stay};
pub use writable::takes_writes;
