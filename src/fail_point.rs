//! Where a development build can be made to die, as by `kill -9`: after each step of an event's path.
//!
//! `FAIL_AT=sequenced:flirt-sent` says where. A release build has neither the option nor the checks: a step costs
//! nothing there.

use std::fmt;
#[cfg(debug_assertions)]
use std::str::FromStr;

use crate::config::Config;

/// A step of an event's path, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Its module's own listener has written it down.
    Effect,
    /// Its row is in the outbox.
    Outbox,
    /// Both are committed.
    Commit,
    /// It has a place in the journal, and that is committed.
    Sequenced,
    /// The bus has taken it.
    Published,
    /// The broker has said that it has it.
    Confirmed,
    /// A listener of another module has handled it.
    Heard,
    /// That module's offset is moved.
    Offset,
    /// Both are committed.
    Consumed,
    /// The bus is told that it was handled.
    Acknowledged,
}

impl Step {
    pub const ALL: [Self; 10] = [
        Self::Effect,
        Self::Outbox,
        Self::Commit,
        Self::Sequenced,
        Self::Published,
        Self::Confirmed,
        Self::Heard,
        Self::Offset,
        Self::Consumed,
        Self::Acknowledged,
    ];
}

/// The word of `FAIL_AT`.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Effect => "effect",
            Self::Outbox => "outbox",
            Self::Commit => "commit",
            Self::Sequenced => "sequenced",
            Self::Published => "published",
            Self::Confirmed => "confirmed",
            Self::Heard => "heard",
            Self::Offset => "offset",
            Self::Consumed => "consumed",
            Self::Acknowledged => "acknowledged",
        })
    }
}

/// A step and the event at which it is the last: `sequenced:flirt-sent`.
#[cfg(debug_assertions)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailPoint {
    step: Step,
    event: String,
}

#[cfg(debug_assertions)]
impl FromStr for FailPoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (word, event) = text.split_once(':').ok_or("it is like sequenced:flirt-sent")?;
        let step = Step::ALL.into_iter().find(|step| step.to_string() == word);
        let step = step.ok_or_else(|| format!("no step is called {word}"))?;
        Ok(Self { step, event: event.to_owned() })
    }
}

/// See the module. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct FailPoints {
    #[cfg(debug_assertions)]
    armed: Option<std::sync::Arc<FailPoint>>,
}

impl FailPoints {
    /// As configured.
    #[cfg_attr(not(debug_assertions), expect(unused_variables, reason = "there is nothing to configure"))]
    pub fn of(config: &Config) -> Self {
        Self {
            #[cfg(debug_assertions)]
            armed: config.fail_at.clone().map(std::sync::Arc::new),
        }
    }

    /// These events have come to a step; one of them may be the last.
    #[cfg_attr(not(debug_assertions), expect(unused_variables, reason = "nobody dies in a release build"))]
    pub fn reached<'e>(&self, step: Step, events: impl IntoIterator<Item = &'e str>) {
        #[cfg(debug_assertions)]
        if let Some(armed) = &self.armed
            && armed.step == step
            && events.into_iter().any(|event| event == armed.event)
        {
            std::process::abort();
        }
    }
}
