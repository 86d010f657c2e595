//! Typed ids: a member's id cannot be passed where a session's is meant.
//!
//! Every id is a UUID of version 7 (RFC 9562), so ids sort by the time they were given.

use uuid::Uuid;

/// An id that [`Context::new_id`](crate::kernel::context::Context::new_id) can give.
pub trait TypedId: Copy {
    /// Wraps a UUID. Only the context and the decoders call it.
    fn of(uuid: Uuid) -> Self;
    /// The UUID inside, for journal columns that are not typed by module.
    fn uuid(self) -> Uuid;
}

/// Declares typed ids: UUIDs in JSON, in paths and in Postgres.
#[macro_export]
macro_rules! typed_id {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord,
            serde::Serialize, serde::Deserialize, sqlx::Type, schemars::JsonSchema,
        )]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(uuid::Uuid);

        impl $crate::kernel::id::TypedId for $name {
            fn of(uuid: uuid::Uuid) -> Self {
                Self(uuid)
            }
            fn uuid(self) -> uuid::Uuid {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

typed_id! {
    /// A member, from the moment she registers.
    MemberId;
    /// One published event.
    EventId;
    /// One login.
    SessionId;
    /// One running program.
    NodeId;
}
