//! All interests that may be picked, group by group.

use schemars::JsonSchema;
use serde::Serialize;

use crate::kernel::failure::Failure;
use crate::shared::interests::{GROUPS, InterestId};
use crate::web::answer::Json;
use crate::web::visitor::Actor;

/// An interest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Interest")]
pub(super) struct Listed {
    pub(super) interest: InterestId,
    /// As pages show it.
    pub(super) name: String,
    /// Those of one group stand together.
    pub(super) group: &'static str,
}

/// The whole list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "InterestList")]
pub(super) struct Interests {
    pub(super) items: Vec<Listed>,
}

pub(super) fn run() -> Interests {
    let all = GROUPS.iter().flat_map(|group| group.interests.iter().map(move |one| (group, one)));
    let items = all.map(|(group, (id, name))| Listed {
        interest: InterestId((*id).to_owned()),
        name: (*name).to_owned(),
        group: group.label,
    });
    Interests { items: items.collect() }
}

pub(super) async fn json(_: Actor) -> Result<Json<Interests>, Failure> {
    Ok(Json(run()))
}
