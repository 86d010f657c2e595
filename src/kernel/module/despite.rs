//! Exceptions from what a block hides. The use cases have to need each of them.

/// To whom an action shows people although a block hides them everywhere else, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DespiteBlocks {
    /// To both.
    Either(&'static str),
    /// Only to who was blocked.
    BeingBlocked(&'static str),
}

impl DespiteBlocks {
    /// The reason, if it shows the other to somebody who has blocked her, or was blocked by her.
    pub const fn reason(self, has_blocked: bool) -> Option<&'static str> {
        match self {
            Self::BeingBlocked(_) if has_blocked => None,
            Self::Either(reason) | Self::BeingBlocked(reason) => Some(reason),
        }
    }

    /// How it is written where the action is registered.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Either(_) => "despite_blocks",
            Self::BeingBlocked(_) => "despite_being_blocked",
        }
    }
}
