//! What other modules may know of `flirt`.

#![warn(missing_docs)]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::event::{Event, Names};
use crate::kernel::id::MemberId;

/// One member flirted with another. Once a pair, until it is answered.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FlirtSent {
    /// Who flirts.
    pub from: MemberId,
    /// With whom.
    pub to: MemberId,
}

impl Event for FlirtSent {
    const NAME: &'static str = "flirt-sent";
    const SOURCE: &'static str = "flirt";

    fn key(&self) -> MemberId {
        self.to
    }
    fn subjects(&self) -> Vec<MemberId> {
        vec![self.from, self.to]
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} flirted with {}", names.name(self.from), names.name(self.to))
    }
}
