//! A module's own copy of what members tell of themselves: `<schema>.facts`.

use std::sync::Arc;

use sqlx::{AssertSqlSafe, FromRow, PgExecutor, query, query_as};

use super::{Choice, Facts, codes};
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::MemberId;
use crate::kernel::module::ModuleSpec;
use crate::kernel::tx::Tx;
use crate::modules::draft::contract::DraftFactsUpdated;

/// Writes down what members tell. The same again is nothing new.
pub struct KeepFacts {
    sql: Arc<str>,
}

impl KeepFacts {
    pub fn of(schema: &str) -> Self {
        let sql = format!(
            "insert into {schema}.facts as kept (member, looking_for, children, smoking, languages, height)
             values ($1, $2, $3, $4, $5, $6)
             on conflict (member) do update
             set looking_for = excluded.looking_for, children = excluded.children, smoking = excluded.smoking,
                 languages = excluded.languages, height = excluded.height
             where (kept.looking_for, kept.children, kept.smoking, kept.languages, kept.height) is distinct from
                   (excluded.looking_for, excluded.children, excluded.smoking, excluded.languages, excluded.height)"
        );
        Self { sql: sql.into() }
    }
}

impl Listener for KeepFacts {
    type Event = DraftFactsUpdated;

    async fn handle(&self, tx: &mut Tx, updates: &[Recorded<DraftFactsUpdated>]) -> Result<Applied, Failure> {
        let mut rows = 0;
        for DraftFactsUpdated { member, facts } in updates.iter().map(|update| &update.event) {
            let done = query(AssertSqlSafe(self.sql.clone()))
                .bind(member)
                .bind(codes(&facts.looking_for))
                .bind(facts.children.map(Choice::code))
                .bind(facts.smoking.map(Choice::code))
                .bind(codes(&facts.languages))
                .bind(facts.height)
                .execute(tx.conn())
                .await?;
            rows += done.rows_affected();
        }
        Ok(Applied::rows(rows))
    }
}

#[derive(FromRow)]
struct FactsRow {
    member: MemberId,
    looking_for: Vec<String>,
    children: Option<String>,
    smoking: Option<String>,
    languages: Vec<String>,
    height: Option<i32>,
}

impl FactsRow {
    fn facts(&self) -> Facts {
        Facts {
            looking_for: Choice::parse_all(&self.looking_for).unwrap_or_default(),
            children: self.children.as_deref().and_then(Choice::parse),
            smoking: self.smoking.as_deref().and_then(Choice::parse),
            languages: Choice::parse_all(&self.languages).unwrap_or_default(),
            height: self.height,
        }
    }
}

/// What these members tell, in their order: nothing, of who tells nothing.
///
/// # Errors
/// If the database does not answer.
pub async fn told_by<const N: usize>(
    db: impl PgExecutor<'_>,
    spec: &ModuleSpec,
    members: [MemberId; N],
) -> Result<[Facts; N], Failure> {
    let sql = format!(
        "select member, looking_for, children, smoking, languages, height from {}.facts where member = any($1)",
        spec.schema
    );
    let rows: Vec<FactsRow> = query_as(AssertSqlSafe(sql)).bind(members).fetch_all(db).await?;
    let told = |member| rows.iter().find(|row| row.member == member).map(FactsRow::facts);
    Ok(members.map(|member| told(member).unwrap_or_default()))
}
