//! docs/problems.md: every code that a program may meet, what it means, and which use cases prove it. Generated,
//! committed and checked, as usecases/BOOK.md is.

use std::collections::{BTreeMap, BTreeSet};

use super::UseCase;
use crate::kernel::module::Registry;
use crate::kernel::problem::{self, Problem};
use crate::openapi::{Schemas, operation_id, refusals};

/// Actions that are named one by one. What more have is the site's, not theirs.
const NAMED_MAX: usize = 6;

/// Whatever is known of one code.
struct Entry {
    problem: Problem,
    /// The operations that may answer with it.
    actions: BTreeSet<String>,
    /// The use cases that expect it.
    proven: BTreeSet<String>,
}

/// The whole page.
pub fn catalogue(registry: &Registry, cases: &[UseCase]) -> String {
    let mut text = String::from(
        "# Problems\n\n\
         Every refusal of the API is `application/problem+json` (RFC 9457). Rely on `code` and on the status; \
         `detail` is for people and may change. A 422 has the code `invalid`, and each of its `errors` names a \
         `field` and a `code` of its own: those are listed here. Written by `./r test --bless`; change the sources, \
         not this.\n",
    );
    let entries = entries(registry, cases);
    let module = |code: &str| code.split_once('.').map_or("", |(module, _)| module).to_owned();
    let mut last = None;
    for entry in &entries {
        let of = module(entry.problem.code);
        if last.as_ref() != Some(&of) {
            let title = if of.is_empty() { "Of the site itself" } else { &of };
            text.push_str(&format!("\n## {title}\n"));
            last = Some(of);
        }
        text.push_str(&told(entry));
    }
    text
}

/// Sorted by module, status and code; the site's own come first.
fn entries(registry: &Registry, cases: &[UseCase]) -> Vec<Entry> {
    let mut found: BTreeMap<&str, Entry> = BTreeMap::new();
    let mut note = |problem: &Problem, action: Option<String>| {
        let entry = found.entry(problem.code).or_insert_with(|| Entry {
            problem: *problem,
            actions: BTreeSet::new(),
            proven: BTreeSet::new(),
        });
        entry.actions.extend(action);
    };
    problem::ALL.iter().for_each(|problem| note(problem, None));
    let mut schemas = Schemas::default();
    for record in registry.actions() {
        let Some(signature) = record.signature else { continue };
        for problem in refusals(record, &(signature.shape)(&mut schemas)) {
            note(&problem, Some(operation_id(record)));
        }
    }
    for case in cases {
        for code in case.steps.iter().filter_map(|step| step.then.problem.as_deref()) {
            if let Some(entry) = found.get_mut(code) {
                entry.proven.insert(case.name.clone());
            }
        }
    }
    let mut entries: Vec<Entry> = found.into_values().collect();
    let place = |problem: &Problem| {
        (problem.code.split_once('.').map(|(module, _)| module), problem.status.as_u16(), problem.code)
    };
    entries.sort_by(|one, other| place(&one.problem).cmp(&place(&other.problem)));
    entries
}

fn told(entry: &Entry) -> String {
    let Problem { status, code, says } = entry.problem;
    let mut text = format!(
        "\n### `{code}`\n\n{} {}. {says}\n",
        status.as_u16(),
        status.canonical_reason().unwrap_or_default()
    );
    if entry.actions.len() > NAMED_MAX {
        text.push_str(&format!("\nOf: {} actions; the document names them.\n", entry.actions.len()));
    } else if !entry.actions.is_empty() {
        let names: Vec<String> = entry.actions.iter().map(|name| format!("`{name}`")).collect();
        text.push_str(&format!("\nOf: {}.\n", names.join(", ")));
    }
    if !entry.proven.is_empty() {
        let names: Vec<&str> = entry.proven.iter().map(String::as_str).collect();
        text.push_str(&format!("\nProven by: {}.\n", names.join("; ")));
    }
    text
}

/// Use cases that expect a code of an action which does not name it.
pub fn unnamed(registry: &Registry, cases: &[UseCase]) -> Vec<String> {
    let mut schemas = Schemas::default();
    let mut found = Vec::new();
    let steps = cases.iter().flat_map(|case| case.steps.iter().map(move |step| (case, step)));
    for (case, step) in steps {
        let Some(code) = &step.then.problem else { continue };
        let record = step.when.actions().last();
        let record =
            record.and_then(|record| registry.actions().iter().find(|it| it.title() == record.title()));
        let Some((record, signature)) = record.and_then(|record| Some((record, record.signature?))) else {
            continue;
        };
        let named = refusals(record, &(signature.shape)(&mut schemas));
        if code != problem::INVALID.code && !named.iter().any(|problem| problem.code == *code) {
            found.push(format!(
                "{}:{}: {code} is no problem that {} names",
                case.file,
                step.line,
                record.title()
            ));
        }
    }
    found
}
