//! Removes the files of photos that were deleted, or that nobody claimed: what died between writing and answering. A
//! photo that is reported stays until that is decided.

use std::time::Duration;

use sqlx::{query, query_scalar};
use tokio::time::{MissedTickBehavior, interval};

use super::SPEC;
use super::contract::PhotoId;
use super::storage::Storage;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;

/// How often it looks. What is deleted is gone within a minute.
const EVERY: Duration = Duration::from_secs(10);
/// Photos at a time.
const BATCH: i64 = 100;

/// Until the program ends.
pub(super) async fn regularly(ctx: Context) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while ctx.stopping().run_until_cancelled(ticks.tick()).await.is_some() {
        if let Err(failure) = once(&ctx).await {
            tracing::warn!(cause = failure.cause().map(tracing::field::display), "photos are removed later");
        }
    }
}

/// What is to be removed now, and what has been in memory for too long.
pub(super) async fn once(ctx: &Context) -> Result<(), Failure> {
    let storage = ctx.state::<Storage>()?;
    storage.forget();
    loop {
        let mut tx = ctx.begin(&SPEC).await?;
        // Another node does the others.
        let photos = query_scalar!(
            r#"select photo as "photo: PhotoId" from media.stored s where remove_after <= $1
                 and not exists (select from media.evidence e where e.photo = s.photo and e.reported > e.decided)
               order by remove_after limit $2 for update skip locked"#,
            ctx.now(),
            BATCH
        )
        .fetch_all(tx.conn())
        .await?;
        if photos.is_empty() {
            return Ok(());
        }
        for photo in &photos {
            storage.remove(*photo).await?;
        }
        query!(
            "delete from media.stored where photo = any($1)",
            &photos.iter().map(|photo| photo.uuid()).collect::<Vec<_>>()
        )
        .execute(tx.conn())
        .await?;
        tx.commit().await?;
    }
}
