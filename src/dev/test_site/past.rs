//! What a test brings about before it begins: events of the past, accounts and logins; and what the journals say of it.

use chrono::{DateTime, Utc};

use super::{ARRIVAL_MAX, TestSite, TestSiteError};
use crate::bus::{Entry, journal, read_your_writes};
use crate::kernel::context::Tx;
use crate::kernel::event::{AnyEvent, Applied};
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::modules::register;
use crate::shared::passwords::Password;

impl TestSite {
    /// Publishes an event of the past through its own module, and waits until it has arrived everywhere.
    ///
    /// # Errors
    /// If the module refuses the event, or its effects do not arrive in time.
    pub async fn give(&self, event: Box<dyn AnyEvent>, at: DateTime<Utc>) -> Result<Applied, TestSiteError> {
        self.arrived(self.publish(event, at)).await?
    }

    /// Publishes an event of the past through its own module. [`TestSite::arrived`] waits for it.
    ///
    /// # Errors
    /// If the module refuses the event, or the database does not answer.
    pub async fn publish(
        &self,
        event: Box<dyn AnyEvent>,
        at: DateTime<Utc>,
    ) -> Result<Applied, TestSiteError> {
        let applied = self.publish_all(vec![(event, at)]).await?;
        Ok(applied.first().copied().unwrap_or(Applied::Nothing))
    }

    /// The same for several events of one module, in one transaction.
    ///
    /// # Errors
    /// If the module refuses one of the events: then none is published.
    pub async fn publish_all(
        &self,
        events: Vec<(Box<dyn AnyEvent>, DateTime<Utc>)>,
    ) -> Result<Vec<Applied>, TestSiteError> {
        let Some((first, _)) = events.first() else { return Ok(Vec::new()) };
        let mut tx = self.begin(first.source()).await?;
        let mut applied = Vec::new();
        for (event, at) in events {
            self.set_time(at);
            tx.set_now(at);
            applied.push(event.emit(&mut tx).await?);
        }
        tx.commit().await?;
        Ok(applied)
    }

    /// Does something, and waits until what it published has arrived everywhere.
    ///
    /// # Errors
    /// If the effects do not arrive in time.
    pub async fn arrived<F: Future>(&self, work: F) -> Result<F::Output, TestSiteError> {
        let (done, arrived) = read_your_writes::effects(&self.ctx, ARRIVAL_MAX, work).await;
        if arrived { Ok(done) } else { Err(TestSiteError::Late) }
    }

    /// Gives a member an account, as registering would.
    ///
    /// # Errors
    /// If the database does not answer; the error names the step.
    pub async fn enrol(&self, member: MemberId, email: &str, password: &str) -> Result<(), TestSiteError> {
        let hash = self.ctx.passwords().hash(Password::of(password)).await?;
        let mut tx = self.begin("register").await?;
        sqlx::query("insert into register.account (member, email, password) values ($1, $2, $3)")
            .bind(member.uuid())
            .bind(email)
            .bind(hash)
            .execute(tx.conn())
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Logs a member in; returns the token for `Authorization: Bearer` or the cookie `session`.
    ///
    /// # Errors
    /// If the database does not answer; the error names the step.
    pub async fn login(&self, member: MemberId) -> Result<String, TestSiteError> {
        let mut tx = self.begin("register").await?;
        let token = register::open_session_for(&self.ctx, &mut tx, member, "a use case").await?;
        tx.commit().await?;
        Ok(token.reveal().to_owned())
    }

    /// Where a module's journal ends.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn head(&self, module: &str) -> Result<i64, TestSiteError> {
        match self.ctx.unit_named(module) {
            Some(unit) => Ok(journal::head(unit).await?.pos),
            None => Ok(0),
        }
    }

    /// What a module published after a position: the first [`journal::BATCH_MAX`] entries.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn journal(&self, module: &str, after: i64) -> Result<Vec<Entry>, TestSiteError> {
        match self.ctx.unit_named(module) {
            Some(unit) => Ok(journal::read(unit, after).await?.entries),
            None => Ok(Vec::new()),
        }
    }

    async fn begin(&self, module: &str) -> Result<Tx, Failure> {
        let unit = self.ctx.unit_named(module).ok_or_else(Failure::not_found)?.clone();
        let pool = unit.pool.clone();
        Tx::begin(self.ctx.clone(), unit, pool).await
    }
}
