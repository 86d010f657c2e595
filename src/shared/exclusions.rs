//! Who is excluded for good has no card any more: whatever shows members shows cards, and so shows her nowhere.

use std::sync::Arc;

use sqlx::{AssertSqlSafe, query_scalar};

use super::photos;
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::MemberId;
use crate::kernel::tx::Tx;
use crate::modules::review::contract::{ExclusionLifted, MemberExcluded};
use crate::shared::versions;

/// Puts a card away.
pub struct HideCards(Cards);

/// Brings it back.
pub struct ShowCards(Cards);

/// Both listeners' statements.
struct Cards {
    /// From one table into the other.
    moves: Arc<str>,
    /// Photos have come and gone meanwhile.
    portrait: Arc<str>,
    /// Who sees something else of a live module now: `select member from … where … = any($1)`.
    wakes: Option<&'static str>,
}

impl HideCards {
    pub fn of(schema: &str, wakes: Option<&'static str>) -> Self {
        Self(Cards::of(schema, ("card", "excluded_card"), wakes))
    }
}

impl ShowCards {
    pub fn of(schema: &str, wakes: Option<&'static str>) -> Self {
        Self(Cards::of(schema, ("excluded_card", "card"), wakes))
    }
}

impl Listener for HideCards {
    type Event = MemberExcluded;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<MemberExcluded>]) -> Result<Applied, Failure> {
        // Who comes back after some days is not hidden meanwhile.
        let for_good = facts.iter().filter(|fact| fact.event.until.is_none());
        self.0.run(tx, for_good.map(|fact| fact.event.member).collect()).await
    }
}

impl Listener for ShowCards {
    type Event = ExclusionLifted;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<ExclusionLifted>]) -> Result<Applied, Failure> {
        self.0.run(tx, facts.iter().map(|fact| fact.event.member).collect()).await
    }
}

impl Cards {
    fn of(schema: &str, (from, to): (&str, &str), wakes: Option<&'static str>) -> Self {
        let columns = "member, nickname, gender, birthday, place, portrait";
        let moves = format!(
            "with moved as (delete from {schema}.{from} where member = any($1) returning {columns})
             insert into {schema}.{to} ({columns}) select {columns} from moved returning member"
        );
        Self { moves: moves.into(), portrait: photos::choose(schema).into(), wakes }
    }

    async fn run(&self, tx: &mut Tx, members: Vec<MemberId>) -> Result<Applied, Failure> {
        let moved: Vec<MemberId> =
            query_scalar(AssertSqlSafe(self.moves.clone())).bind(members).fetch_all(tx.conn()).await?;
        let _: Vec<MemberId> =
            query_scalar(AssertSqlSafe(self.portrait.clone())).bind(&moved).fetch_all(tx.conn()).await?;
        let applied = Applied::any(&moved);
        if let Some(wakes) = self.wakes.filter(|_| applied.changed()) {
            let told: Vec<MemberId> = query_scalar(wakes).bind(&moved).fetch_all(tx.conn()).await?;
            versions::bump(tx, told).await?;
        }
        Ok(applied)
    }
}
