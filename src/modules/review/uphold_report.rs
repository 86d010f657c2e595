//! A reviewer upholds a report, and all others of the same thing: the content is removed, or its member is warned,
//! excluded for some days, or for good. The member reads the reason. Each reporter is told that the reviewer has acted.

use axum::extract::State;
use axum::response::Response;
use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::Deserialize;

use super::SPEC;
use super::contract::{
    ItemId, MemberExcluded, MemberWarned, MessageRemoved, PhotoRejected, PresentationRejected, ReportUpheld,
};
use super::read_queue::QueuePage;
use super::reject_item::REASON;
use super::report::{About, Reported};
use super::waiting::{Asks, OTHER_KIND, Waiting, first};
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::MemberId;
use crate::kernel::problem::Problem;
use crate::kernel::tx::Tx;
use crate::shared::people::DecidedBy;
use crate::web::answer::{Json, NoContent};
use crate::web::extract::{Form, Path};
use crate::web::layout::Layout;
use crate::web::visitor::Actor;

/// A suspension is longer, or for good.
const DAYS_MAX: i32 = 90;
const MEASURE: Problem = Problem::field("review.measure", "Choose what happens.");
const DAYS: Problem = Problem::field("review.days", "A suspension is for 1 to 90 days.");
const NOTHING_TO_REMOVE: Problem = Problem::field(
    "review.nothing-to-remove",
    "The profile said nothing that could be removed. Choose something else.",
);
pub(super) const REFUSALS: &[Problem] = &[MEASURE, DAYS, NOTHING_TO_REMOVE, OTHER_KIND];

/// What happens to the member. What was reported is removed in every case but a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Measure")]
enum Measure {
    /// What was reported is removed, and no more.
    Remove,
    /// She is warned; what was reported stays.
    Warn,
    /// She cannot log in for some days.
    Suspend,
    /// She cannot come back, and nobody sees her any more.
    Ban,
}

impl Measure {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "remove" => Some(Self::Remove),
            "warn" => Some(Self::Warn),
            "suspend" => Some(Self::Suspend),
            "ban" => Some(Self::Ban),
            _ => None,
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Uphold")]
pub(super) struct Input {
    /// What happens.
    #[schemars(with = "Measure")]
    measure: String,
    /// For how many days she cannot log in; only of a suspension.
    #[serde(default)]
    #[schemars(range(min = 1, max = DAYS_MAX))]
    days: Option<i32>,
    /// What she did, in words that she reads. As long as the reason of a rejection.
    reason: String,
}

async fn run(ctx: &Context, actor: &Actor, item: ItemId, input: &Input) -> Result<String, Failure> {
    let measure = Measure::parse(&input.measure).ok_or_else(|| MEASURE.at("measure"))?;
    let days = input.days.filter(|days| (1..=DAYS_MAX).contains(days));
    if measure == Measure::Suspend && days.is_none() {
        return Err(DAYS.at("days"));
    }
    let reason = REASON.parse("reason", &input.reason)?.into_inner();
    let by = DecidedBy::Member(actor.id);
    let mut tx = ctx.begin(&SPEC).await?;
    let Waiting { member, nickname, asks } = Waiting::find(&mut tx, item, by).await?;
    let Asks::Report(reported) = asks else { return Err(OTHER_KIND.failure()) };
    let (_, photo, _) = reported.about.columns();
    for (report, reporter) in reported.all_alike(&mut tx, member).await? {
        first(tx.emit(ReportUpheld { report, reporter, member, photo, by }).await?)?;
    }
    let said = Said { member, reason, by };
    if measure != Measure::Warn {
        let removed = said.remove(&mut tx, &reported).await?;
        if measure == Measure::Remove && !removed {
            return Err(NOTHING_TO_REMOVE.at("measure"));
        }
    }
    let until = days.map(|days| tx.now() + TimeDelta::days(i64::from(days)));
    let notice = match measure {
        Measure::Remove => format!("What {nickname} showed is removed, and {nickname} reads your reason."),
        Measure::Warn => {
            let Said { member, reason, by } = said;
            let _ = tx.emit(MemberWarned { member, reason, by }).await?;
            format!("{nickname} reads your warning.")
        }
        Measure::Suspend => {
            said.exclude(&mut tx, until).await?;
            format!("{nickname} is logged out, and reads your reason.")
        }
        Measure::Ban => {
            said.exclude(&mut tx, None).await?;
            format!("{nickname} is gone.")
        }
    };
    tx.commit().await?;
    Ok(notice)
}

/// What the member is told, whatever happens to her.
struct Said {
    member: MemberId,
    reason: String,
    by: DecidedBy,
}

impl Said {
    /// False where there is nothing that could be removed. What is gone already stays so.
    async fn remove(&self, tx: &mut Tx, reported: &Reported) -> Result<bool, Failure> {
        let Self { member, reason, by } = self;
        let (member, reason, by) = (*member, reason.clone(), *by);
        let _ = match reported.about {
            About::Profile if reported.text.is_empty() => return Ok(false),
            About::Profile => {
                let text = reported.text.clone();
                tx.emit(PresentationRejected { member, text, reason, by }).await?
            }
            About::Photo(photo) => tx.emit(PhotoRejected { member, photo, reason, by }).await?,
            About::Message(number) => {
                tx.emit(MessageRemoved { member, to: reported.reporter, number, reason, by }).await?
            }
        };
        Ok(true)
    }

    /// For good where it has no end.
    async fn exclude(self, tx: &mut Tx, until: Option<chrono::DateTime<chrono::Utc>>) -> Result<(), Failure> {
        let Self { member, reason, by } = self;
        let _ = tx.emit(MemberExcluded { member, until, reason, by }).await?;
        Ok(())
    }
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Path(item): Path<ItemId>,
    Json(input): Json<Input>,
) -> Result<NoContent, Failure> {
    run(&ctx, &actor, item, &input).await?;
    Ok(NoContent)
}

pub(super) async fn form(
    State(ctx): State<Context>,
    actor: Actor,
    shell: Layout,
    Path(item): Path<ItemId>,
    Form { input, state }: Form<Input>,
) -> Result<Response, Failure> {
    let outcome = run(&ctx, &actor, item, &input).await;
    QueuePage::after(&ctx, &actor, shell, (item, state), outcome).await
}
