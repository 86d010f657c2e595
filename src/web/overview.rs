//! How the whole site is: its nodes, every journal and consumer, and what waits for somebody, with the way out.
//!
//! `pancake status`, the page for admins and `/metrics` show the same.

use super::nodes::{self, Node};
use crate::bus::status::{self, Feed, State};
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::store::takes_writes;

/// The state of all nodes, journals, consumers and dead letters, read at one time.
#[derive(Debug)]
pub struct Overview {
    pub nodes: Vec<Node>,
    pub modules: Vec<(&'static str, State)>,
    pub feeds: Vec<Feed>,
    /// What waits for the operator: a sentence each, with the command that helps.
    pub needs: Vec<String>,
}

/// Reads everything, one table after the other.
///
/// # Errors
/// If the database of one of the modules does not answer.
pub async fn overview(ctx: &Context) -> Result<Overview, Failure> {
    let nodes = nodes::nodes(ctx).await?;
    let mut modules = Vec::new();
    let mut read_only = Vec::new();
    for unit in ctx.units() {
        if !takes_writes(&unit.background).await? {
            read_only.push(unit.spec.name);
        }
        modules.push((unit.spec.name, status::state(unit).await?));
    }
    let feeds = status::feeds(ctx).await?;
    let mut needs = needs(&modules, &feeds);
    if !read_only.is_empty() {
        needs.push(format!(
            "The database takes no writes (show transaction_read_only), so members can do nothing in {}: end that, or name \
             the server that takes them",
            read_only.join(", ")
        ));
    }
    // A node that ends in order deletes its row, so a stopped site has none. A node that asks for its own overview runs,
    // whatever its row says.
    if !nodes.is_empty() && nodes.iter().all(|node| node.silent && node.node != ctx.node()) {
        needs.push(
            "No node runs any more, and none has ended in order: look into their logs, and start them"
                .to_owned(),
        );
    }
    Ok(Overview { nodes, modules, feeds, needs })
}

/// Tells the metrics what only the tables know.
///
/// # Errors
/// If the database of one of the modules does not answer.
pub async fn measure(ctx: &Context) -> Result<(), Failure> {
    for unit in ctx.units() {
        let State { outbox, parked, .. } = status::state(unit).await?;
        ctx.metrics().tables(unit.spec.name, outbox, parked);
    }
    let nodes = nodes::nodes(ctx).await?;
    ctx.metrics().nodes(nodes.iter().filter(|node| !node.silent).count());
    Ok(())
}

fn needs(modules: &[(&'static str, State)], feeds: &[Feed]) -> Vec<String> {
    let mut needs = Vec::new();
    for (name, State { parked, rebuilding, .. }) in modules {
        if *parked > 0 {
            needs.push(format!("{name} has parked {parked} events: pancake dead-letter list {name}"));
        }
        if *rebuilding {
            needs.push(format!(
                "{name} is being rebuilt. If that was broken off, do it again: pancake rebuild {name}"
            ));
        }
    }
    needs.extend(feeds.iter().filter(|feed| feed.stopped).filter_map(|feed| feed.remark.clone()));
    needs
}
