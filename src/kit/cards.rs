//! A module's own copy of who is who: `<schema>.card`, and how a card looks in answers and pages.
//!
//! Nickname and birthday never change, so the first approval is the last word.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use sqlx::{AssertSqlSafe, query};

use super::people::{Gender, age_on};
use super::places;
use crate::event::{Applied, Fact, Listener};
use crate::failure::Failure;
use crate::id::{MemberId, TypedId};
use crate::modules::review::contract::RegistrationApproved;
use crate::tx::Tx;

/// Colours of generated portraits.
const HUES: u8 = 8;

/// A member as lists show her.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Card {
    pub member: MemberId,
    pub nickname: String,
    pub gender: Gender,
    pub age: i32,
    /// Town and county, as a person says it.
    pub place: String,
    /// The colour of her generated portrait.
    #[serde(skip)]
    pub hue: u8,
}

impl Card {
    /// From the columns of `<schema>.card`.
    pub fn new(member: MemberId, nickname: String, gender: Gender, born: NaiveDate, at: DateTime<Utc>) -> Self {
        Self { member, nickname, gender, age: age_on(born, at), place: String::new(), hue: hue(member) }
    }

    /// With the place as a person says it.
    #[must_use]
    pub fn living_in(mut self, place: &str) -> Self {
        self.place = places::label(place);
        self
    }
}

/// The colour of a member's generated portrait, 0 to 7.
pub fn hue(member: MemberId) -> u8 {
    member.uuid().as_bytes().iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte)) % HUES
}

/// Writes a card when a member is approved.
pub struct KeepCards {
    sql: Arc<str>,
}

impl KeepCards {
    pub fn of(schema: &str) -> Self {
        let sql = format!(
            "insert into {schema}.card (member, nickname, gender, birthday, place)
             select * from unnest($1::uuid[], $2::text[], $3::text[], $4::date[], $5::text[])
             on conflict (member) do nothing"
        );
        Self { sql: sql.into() }
    }
}

impl Listener for KeepCards {
    type Event = RegistrationApproved;

    async fn handle(&self, tx: &mut Tx, facts: &[Fact<RegistrationApproved>]) -> Result<Applied, Failure> {
        let events = || facts.iter().map(|fact| &fact.event);
        let done = query(AssertSqlSafe(self.sql.clone()))
            .bind(events().map(|e| e.member).collect::<Vec<_>>())
            .bind(events().map(|e| e.nickname.clone()).collect::<Vec<_>>())
            .bind(events().map(|e| e.gender.code()).collect::<Vec<_>>())
            .bind(events().map(|e| e.birthday).collect::<Vec<_>>())
            .bind(events().map(|e| e.place.clone()).collect::<Vec<_>>())
            .execute(tx.conn())
            .await?;
        Ok(Applied::rows(done.rows_affected()))
    }
}
