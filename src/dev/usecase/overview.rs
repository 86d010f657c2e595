//! `pancake graph --overview`: the same system from further away, to be looked at. Modules and events only, each
//! module's events in its colour; what nearly everybody hears is written beside the event instead of drawn.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::{escaped, quoted};
use crate::kernel::module::Registry;

/// Events that more modules than these hear have no arrows: they would hide the others.
const ARROWS_MAX: usize = 5;

/// The overview, in Graphviz' language.
pub(super) fn dot(registry: &Registry) -> String {
    let mut heard: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for listener in registry.listeners().iter().filter(|listener| listener.module != listener.source) {
        heard.entry(listener.event).or_default().insert(listener.module);
    }
    let mut text = String::from(
        "digraph pancake {\n  graph [rankdir=LR, nodesep=0.22, ranksep=1.3, pad=0.3, bgcolor=\"#fdf4e1\", \
         fontname=\"Helvetica\"];\n  node [fontname=\"Helvetica\", fontsize=12, shape=box, style=\"rounded,filled\", \
         penwidth=0];\n  edge [arrowsize=0.7, penwidth=1.3];\n",
    );
    let modules = registry.modules();
    let tells = |name: &str| registry.events().any(|event| event.source == name);
    let hears = |name: &str| heard.values().any(|by| by.contains(name));
    for (place, spec) in modules.iter().enumerate().filter(|(_, spec)| tells(spec.name) || hears(spec.name)) {
        let hue = hue(place, modules.len());
        let looks =
            format!("fillcolor=\"{hue} 0.62 0.55\", fontcolor=white, fontsize=17, margin=\"0.25,0.12\"");
        text.push_str(&format!("  {} [{looks}];\n", quoted(spec.name)));
        for event in registry.events().filter(|event| event.source == spec.name) {
            let by = heard.get(event.name).cloned().unwrap_or_default();
            let many = by.len() > ARROWS_MAX;
            let label = match by.len() {
                0 => format!("{}\\n(its own)", escaped(event.name)),
                count if many => format!("{}\\n→ {count} modules", escaped(event.name)),
                _ => escaped(event.name),
            };
            let dashed = if event.published { "" } else { ", style=\"rounded,filled,dashed\", penwidth=1" };
            text.push_str(&format!(
                "  {} [label=\"{label}\", fillcolor=\"{hue} 0.18 0.97\"{dashed}];\n",
                quoted(event.name)
            ));
            let colour = format!("color=\"{hue} 0.55 0.7\"");
            text.push_str(&format!(
                "  {} -> {} [{colour}, arrowhead=none];\n",
                quoted(spec.name),
                quoted(event.name)
            ));
            for module in by.iter().filter(|_| !many) {
                text.push_str(&format!("  {} -> {} [{colour}];\n", quoted(event.name), quoted(module)));
            }
        }
    }
    text.push_str("}\n");
    text
}

/// Evenly round the circle of colours.
fn hue(place: usize, all: usize) -> String {
    let thousandths = place * 1000 / all.max(1);
    format!("0.{thousandths:03}")
}
