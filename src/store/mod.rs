//! Where everything that members write is kept: Postgres, and nothing else.

mod error;
mod folder;
mod guard;
mod home;
mod keeper;
mod launch;
pub mod module_runtime;
mod open;
mod places;
mod private;
mod programs;
mod restored;
mod schema;
pub mod spine;
mod writable;

pub use error::StoreError;
pub use home::discard;
pub use keeper::{Condition, keep};
pub use open::{ModuleDatabases, Store, Units, open, open_apart, open_at};
pub use private::{Lifetime, PrivatePostgres, Server};
pub use writable::takes_writes;
