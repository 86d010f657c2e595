//! The databases of failing plays: kept until the next run, with a word on how to look into them.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use pancake::store::PrivatePostgres;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, query_scalar};

use crate::broker::Broker;
use crate::template::Templates;

/// Where the Postgres of the stages is, unless told.
pub(crate) const DATA: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/usecases");
/// Databases that are kept. Who fails more often has enough to look at.
const KEPT_MAX: usize = 3;
const PREFIX: &str = "failed_";

/// Names the databases of failing plays and says how to open them.
pub(crate) struct Kept<'p> {
    postgres: &'p PrivatePostgres,
    templates: Templates<'p>,
    data: &'p Path,
    count: AtomicUsize,
    /// Where there is none, nothing on RabbitMQ is played.
    broker: Option<Broker>,
}

impl<'p> Kept<'p> {
    /// Forgets what the last run has kept.
    pub(crate) async fn none(
        (postgres, beside): (&'p PrivatePostgres, &'p PrivatePostgres),
        broker: Option<Broker>,
        data: &'p Path,
    ) -> Result<Self, sqlx::Error> {
        let mut conn = postgres.options().connect().await?;
        for name in names(&mut conn).await? {
            conn.execute(AssertSqlSafe(format!("drop database {name} with (force)"))).await?;
        }
        let templates = Templates::on(postgres, beside);
        Ok(Self { postgres, templates, data, count: AtomicUsize::new(0), broker })
    }

    pub(crate) fn postgres(&self) -> &'p PrivatePostgres {
        self.postgres
    }

    pub(crate) fn templates(&self) -> &Templates<'p> {
        &self.templates
    }

    pub(crate) fn broker(&self) -> Option<&Broker> {
        self.broker.as_ref()
    }

    /// A name for one more, unless there are enough.
    pub(crate) fn next(&self) -> Option<String> {
        let number = self.count.fetch_add(1, Ordering::SeqCst) + 1;
        (number <= KEPT_MAX).then(|| format!("{PREFIX}{number}"))
    }

    /// Takes a database that nobody is connected to any more out of the runner's way. Says how to look into it.
    pub(crate) async fn keep(&self, database: &str, name: &str) -> Result<String, sqlx::Error> {
        let mut conn = self.postgres.options().connect().await?;
        conn.execute(AssertSqlSafe(format!("alter database {database} rename to {name}"))).await?;
        let data = self.data.display();
        let elsewhere = if self.data == Path::new(DATA) { String::new() } else { format!(" --data {data}") };
        Ok(format!(
            "Its database is kept until the next run. In one terminal: ./r test --look{elsewhere}\n\
             In another: psql -h \"$(cat {data}/postgres.lock)\" -U pancake {name}"
        ))
    }
}

/// Keeps the server running until Ctrl-C.
pub(crate) async fn look(postgres: &PrivatePostgres, data: &Path) -> Result<(), String> {
    let mut conn = postgres.options().connect().await.map_err(|error| error.to_string())?;
    let names = names(&mut conn).await.map_err(|error| error.to_string())?;
    if names.is_empty() {
        return Err("The last run has kept no database: nothing failed.".to_owned());
    }
    for name in names {
        println!("psql -h \"$(cat {}/postgres.lock)\" -U pancake {name}", data.display());
    }
    println!("The server runs until Ctrl-C.");
    tokio::signal::ctrl_c().await.map_err(|error| error.to_string())
}

async fn names(conn: &mut sqlx::PgConnection) -> Result<Vec<String>, sqlx::Error> {
    let sql = "select datname::text from pg_database where starts_with(datname, $1) order by datname";
    query_scalar(sql).bind(PREFIX).fetch_all(conn).await
}
