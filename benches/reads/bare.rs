//! What all is measured against: axum, sqlx and one indexed list of 21 rows as JSON, and nothing else. It is a process
//! of its own, as the site is.

use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use sqlx::postgres::PgPoolOptions;
use sqlx::{Executor, FromRow, PgConnection, PgPool, query_as};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use crate::Fault;
use crate::client::Ask;

/// More than a module of the site has.
const CONNECTIONS: u32 = 8;
const OWNERS: i32 = 1000;
/// Its notes: owners by a hundred each.
const TABLE: &str = "create schema bare;
    create table bare.note (id bigint primary key, owner integer not null, at bigint not null, text text not null);
    insert into bare.note
    select n, n % 1000, hashint8(n)::bigint, 'a note of forty letters or so, number ' || n from generate_series(1, 100000) as note (n);
    create index note_owner on bare.note (owner, at desc, id desc);
    analyze bare.note";

/// The running process. It ends with this value.
pub(crate) struct Bare {
    pub(crate) address: SocketAddr,
    pub(crate) asks: Arc<[Ask]>,
    _process: Child,
}

#[derive(Serialize, FromRow)]
struct Note {
    id: i64,
    at: i64,
    text: String,
}

/// Makes its table.
pub(crate) async fn fill(conn: &mut PgConnection) -> Result<(), Fault> {
    conn.execute(TABLE).await?;
    Ok(())
}

impl Bare {
    pub(crate) async fn start(database: &str) -> Result<Self, Fault> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--bare", database]).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn()?;
        let mut line = String::new();
        let stdout = process.stdout.as_mut().ok_or("the bare handler cannot be heard")?;
        BufReader::new(stdout).read_line(&mut line).await?;
        let asks = (0..OWNERS).map(|owner| Ask { path: format!("/{owner}"), token: None }).collect();
        Ok(Self { address: line.trim().parse()?, asks, _process: process })
    }
}

/// The process itself: says where it is, and serves.
pub(crate) async fn serve(database: &str) -> Result<(), Fault> {
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).connect(database).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    axum::serve(listener, Router::new().route("/{owner}", get(list)).with_state(pool)).await?;
    Ok(())
}

async fn list(State(pool): State<PgPool>, Path(owner): Path<i32>) -> Result<Json<Vec<Note>>, StatusCode> {
    query_as("select id, at, text from bare.note where owner = $1 order by at desc, id desc limit 21")
        .bind(owner)
        .fetch_all(&pool)
        .await
        .map(Json)
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}
