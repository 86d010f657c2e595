//! What other modules may know of `ideal`.

#![warn(missing_docs)]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::event::{Event, Names};
use crate::kernel::id::MemberId;
use crate::shared::people::Ideal;

/// A member looks for somebody else than before. Her first ideal is in `registration-approved`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IdealUpdated {
    /// Who.
    pub member: MemberId,
    /// Whom she looks for from now on.
    pub ideal: Ideal,
}

impl Event for IdealUpdated {
    const NAME: &'static str = "ideal-updated";
    const SOURCE: &'static str = "ideal";

    fn key(&self) -> MemberId {
        self.member
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} looks for {}", names.name(self.member), self.ideal.short())
    }
}
