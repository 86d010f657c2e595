//! Where everything that members write is kept: Postgres, and nothing else.

mod error;
mod guard;
mod home;
mod private;
mod programs;

pub use error::StoreError;
pub use private::{PrivatePostgres, Server};
