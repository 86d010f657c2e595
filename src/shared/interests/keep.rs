//! A module's own copy of who has which interests: `<schema>.interested`.

use std::sync::Arc;

use sqlx::{AssertSqlSafe, query};

use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::tx::Tx;
use crate::modules::interest::contract::InterestsUpdated;

/// Writes down what members picked. The same again is nothing new.
pub struct KeepInterests {
    drop: Arc<str>,
    add: Arc<str>,
}

impl KeepInterests {
    pub fn of(schema: &str) -> Self {
        let drop = format!("delete from {schema}.interested where member = $1 and interest <> all($2)");
        let add = format!(
            "insert into {schema}.interested (member, interest)
             select $1, interest from unnest($2::text[]) as row (interest) on conflict do nothing"
        );
        Self { drop: drop.into(), add: add.into() }
    }
}

impl Listener for KeepInterests {
    type Event = InterestsUpdated;

    async fn handle(&self, tx: &mut Tx, updates: &[Recorded<InterestsUpdated>]) -> Result<Applied, Failure> {
        let mut rows = 0;
        for InterestsUpdated { member, interests } in updates.iter().map(|update| &update.event) {
            for sql in [&self.drop, &self.add] {
                let statement = query(AssertSqlSafe(sql.clone())).bind(member).bind(interests);
                rows += statement.execute(tx.conn()).await?.rows_affected();
            }
        }
        Ok(Applied::rows(rows))
    }
}
