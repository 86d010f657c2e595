//! Nodes, journals, consumers, and what waits for somebody.

use askama::Template;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::web::answer::{Json, Page};
use crate::web::layout::Layout;
use crate::web::nodes::Node;
use crate::web::overview::{Overview, overview};

/// How the site is.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Operations")]
pub(super) struct Shown {
    /// What waits for the operator: a sentence each, with the command that helps. None is well.
    needs: Vec<String>,
    /// The oldest first.
    nodes: Vec<Node>,
    modules: Vec<Published>,
    consumers: Vec<Reader>,
}

/// What a module has published, and what it could not handle.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "JournalState")]
struct Published {
    module: &'static str,
    /// Events that it has published.
    journal: i64,
    /// Events that are committed and not yet in the journal.
    outbox: i64,
    /// Events of others that it could not handle.
    dead_letters: i64,
}

/// How far a module has read another's journal.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ConsumerState")]
struct Reader {
    consumer: &'static str,
    source: &'static str,
    /// Up to where it has read.
    read_to: i64,
    /// Events that it has not read yet.
    behind: i64,
    /// It reads no more until it is rebuilt.
    stopped: bool,
    /// Why, or what it does instead.
    remark: Option<String>,
}

impl From<Overview> for Shown {
    fn from(all: Overview) -> Self {
        let modules = all.modules.into_iter().map(|(module, state)| Published {
            module,
            journal: state.pos,
            outbox: state.outbox,
            dead_letters: state.parked,
        });
        let consumers = all.feeds.into_iter().map(|feed| Reader {
            consumer: feed.consumer,
            source: feed.source,
            read_to: feed.pos,
            behind: feed.lag,
            stopped: feed.stopped,
            remark: feed.remark,
        });
        Self {
            needs: all.needs,
            nodes: all.nodes,
            modules: modules.collect(),
            consumers: consumers.collect(),
        }
    }
}

pub(super) async fn json(State(ctx): State<Context>) -> Result<Json<Shown>, Failure> {
    Ok(Json(overview(&ctx).await?.into()))
}

#[derive(Template)]
#[template(path = "operations/site.html")]
pub(super) struct OperationsPage {
    shell: Layout,
    needs: Vec<String>,
    nodes: Vec<Row>,
    modules: Vec<Published>,
    /// Only those that are behind, stopped or have a remark.
    behind: Vec<Reader>,
    consumers: usize,
}

struct Row {
    node: Node,
    started: String,
    seen: String,
}

pub(super) async fn page(State(ctx): State<Context>, shell: Layout) -> Result<Page<OperationsPage>, Failure> {
    let Shown { needs, nodes, modules, consumers } = overview(&ctx).await?.into();
    let when = shell.when(&ctx);
    let row = |node: Node| Row { started: when.ago(node.started), seen: when.ago(node.seen), node };
    let nodes = nodes.into_iter().map(row).collect();
    let all = consumers.len();
    let late = |one: &Reader| one.behind > 0 || one.stopped || one.remark.is_some();
    let behind = consumers.into_iter().filter(late).collect();
    let shell = shell.titled("Operations");
    Ok(Page::new(OperationsPage { shell, needs, nodes, modules, behind, consumers: all }))
}
