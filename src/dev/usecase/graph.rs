//! `pancake graph`: who tells whom what, for Graphviz. Red is what no use case verifies.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::fault::LoadErrors;
use super::load;
use super::model::UseCase;
use super::overview;
use super::summary::{Fact, Kind, calls, facts};
use crate::kernel::module::Registry;

/// What `pancake graph` can be told.
#[derive(Debug, Clone, Args)]
pub struct GraphArgs {
    /// Only this module and what it touches
    #[arg(long)]
    pub module: Option<String>,
    /// Modules and events only, in colours: for docs/modules.svg
    #[arg(long, conflicts_with_all = ["module", "json"])]
    pub overview: bool,
    /// As JSON, for programs
    #[arg(long)]
    pub json: bool,
    /// Folder of the use cases
    #[arg(long, default_value = "usecases")]
    pub usecases: PathBuf,
}

/// What is drawn.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Graph {
    pub nodes: Vec<Vertex>,
    pub edges: Vec<Edge>,
}

/// A module, an endpoint or an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Vertex {
    pub id: String,
    pub shape: Shape,
    /// How many use cases call an endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_cases: Option<usize>,
    pub gap: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    Module,
    Endpoint,
    Event,
    /// An event of a module that is not built yet.
    Played,
}

/// An arrow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Edge {
    pub from: String,
    pub to: String,
    pub gap: bool,
}

/// The graph, for the standard output.
///
/// # Errors
/// If the use cases do not load: all that is wrong in them.
pub fn run_graph(registry: &Registry, args: &GraphArgs) -> Result<String, LoadErrors> {
    if args.overview {
        return Ok(overview::dot(registry));
    }
    let book = load(&args.usecases, registry)?;
    let graph = graph(registry, &book.cases, args.module.as_deref());
    if args.json {
        // Plain data always encodes.
        return Ok(serde_json::to_string_pretty(&graph).unwrap_or_default() + "\n");
    }
    Ok(dot(&graph))
}

/// The whole system, or one module.
pub fn graph(registry: &Registry, cases: &[UseCase], module: Option<&str>) -> Graph {
    let mut edges = BTreeSet::new();
    let mut nodes = Vec::new();
    let wanted = |name: &str| module.is_none_or(|module| module == name);
    let facts = facts(registry, cases);
    for spec in registry.modules().iter().filter(|spec| wanted(spec.name)) {
        nodes.push(Vertex { id: spec.name.to_owned(), shape: Shape::Module, use_cases: None, gap: false });
    }
    for fact in facts.iter().filter(|fact| wanted(fact.module)) {
        let (module, what, gap) = (fact.module.to_owned(), fact.what.clone(), fact.is_gap());
        match fact.kind {
            Kind::Ucase => {}
            Kind::Uri => {
                nodes.push(Vertex {
                    id: what.clone(),
                    shape: Shape::Endpoint,
                    use_cases: Some(fact.use_cases),
                    gap,
                });
                edges.insert(Edge { from: module, to: what, gap });
            }
            // A module hears its own events inline; an arrow for that would only hide the others.
            Kind::Sub if fact.modules == [fact.module] => {}
            Kind::Sub => {
                edges.insert(Edge { from: what, to: module, gap });
            }
            Kind::Pub => edges.extend(published(registry, cases, fact)),
        }
    }
    let known: BTreeSet<&str> =
        edges.iter().flat_map(|edge| [edge.from.as_str(), edge.to.as_str()]).collect();
    for event in registry.events().filter(|event| known.contains(event.name)) {
        let own = facts.iter().find(|fact| fact.kind == Kind::Pub && fact.what == event.name);
        let gap = wanted(event.source) && own.is_some_and(Fact::is_gap);
        let shape = if event.published { Shape::Event } else { Shape::Played };
        nodes.push(Vertex { id: event.name.to_owned(), shape, use_cases: None, gap });
    }
    Graph { nodes, edges: edges.into_iter().collect() }
}

/// From the endpoints whose calls publish it, as the use cases tell; from the module, if none does.
fn published(registry: &Registry, cases: &[UseCase], fact: &Fact) -> Vec<Edge> {
    let expects = |case: &UseCase, title: &str| {
        case.steps.iter().any(|step| {
            // What is published while somebody waits, others do.
            step.meanwhile.is_empty()
                && step.when.actions().last().is_some_and(|action| action.title() == title)
                && step.then.events.iter().any(|event| event.record.name == fact.what)
        })
    };
    let edges: Vec<_> = registry
        .actions()
        .iter()
        .filter(|record| record.module == fact.module)
        .filter(|record| calls(cases, record).any(|case| expects(case, &record.title())))
        .map(|record| Edge { from: record.title(), to: fact.what.clone(), gap: false })
        .collect();
    if edges.is_empty() {
        return vec![Edge { from: fact.module.to_owned(), to: fact.what.clone(), gap: fact.is_gap() }];
    }
    edges
}

/// In Graphviz' language.
pub fn dot(graph: &Graph) -> String {
    let mut text = String::from(
        "digraph pancake {\n  graph [rankdir=LR, nodesep=0.18, ranksep=0.7, fontname=\"Helvetica\"];\n  \
         node [fontname=\"Helvetica\", fontsize=11, color=\"#555555\"];\n  \
         edge [color=\"#888888\", arrowsize=0.7];\n",
    );
    for node in &graph.nodes {
        text.push_str(&format!("  {} [{}];\n", quoted(&node.id), looks(node)));
    }
    for edge in &graph.edges {
        let looks = if edge.gap { " [color=red]" } else { "" };
        text.push_str(&format!("  {} -> {}{looks};\n", quoted(&edge.from), quoted(&edge.to)));
    }
    text.push_str("}\n");
    text
}

fn looks(node: &Vertex) -> String {
    let red = if node.gap { ", color=red, fontcolor=red" } else { "" };
    match node.shape {
        Shape::Module => "shape=component, style=filled, fillcolor=\"#fff3d6\", fontsize=14".to_owned(),
        Shape::Endpoint => {
            let count = node.use_cases.unwrap_or_default();
            let ink = if node.gap { "red" } else { "blue" };
            let label = format!("{}\\n{count} uc", escaped(&node.id));
            format!("shape=plaintext, fontcolor={ink}, label=\"{label}\"")
        }
        Shape::Event => format!("shape=box, style=rounded{red}"),
        Shape::Played => format!("shape=box, style=\"rounded,dashed\"{red}"),
    }
}

pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
