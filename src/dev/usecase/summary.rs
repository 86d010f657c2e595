//! `pancake summary`: one fact a line, made for grep, and the gaps that `./r test` refuses.
//!
//! A fact is tested when a use case depends on it: an action that one calls, a subscription whose event one
//! gives, a published event that one expects.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::fault::LoadErrors;
use super::load;
use super::model::UseCase;
use super::paint::{Ink, Paint};
use crate::kernel::module::{ActionRecord, Registry};

/// What `pancake summary` can be told.
#[derive(Debug, Clone, Args)]
pub struct SummaryArgs {
    /// Only this module's
    #[arg(long)]
    pub module: Option<String>,
    /// As JSON, for programs
    #[arg(long)]
    pub json: bool,
    /// Folder of the use cases
    #[arg(long, default_value = "usecases")]
    pub usecases: PathBuf,
}

/// What a fact is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Ucase,
    Uri,
    Sub,
    Pub,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fact {
    pub module: &'static str,
    pub kind: Kind,
    /// None where there is nothing to test: a use case, or an event that nobody publishes yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tested: Option<bool>,
    /// A use case's name, `POST /api/chat/{member}`, or an event.
    pub what: String,
    /// Where a subscribed event comes from; where a published one goes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub modules: Vec<&'static str>,
    /// How many use cases depend on it.
    pub use_cases: usize,
}

impl Fact {
    /// True where a use case is missing.
    pub fn is_gap(&self) -> bool {
        self.tested == Some(false)
    }

    /// `chat:   uri       notest  POST /api/chat/{member}/typing`
    pub fn line(&self, width: usize, paint: Paint) -> String {
        let tested = match self.tested {
            None => "",
            Some(true) => "tested",
            Some(false) => "notest",
        };
        let (kind, ink, way) = match self.kind {
            Kind::Ucase => ("ucase", Ink::Amber, ""),
            Kind::Uri => ("  uri", Ink::Blue, ""),
            Kind::Sub => ("evt->", Ink::Green, "sub"),
            Kind::Pub => ("->evt", Ink::Magenta, "pub"),
        };
        let tested = format!("{tested:<6}");
        let tested = if self.is_gap() { paint.ink(Ink::Red, &tested) } else { tested };
        let others = match (self.kind, self.modules.as_slice()) {
            (_, []) => String::new(),
            (Kind::Sub, modules) => format!("  < {}", modules.join(" ")),
            (_, modules) => format!("  > {}", modules.join(" ")),
        };
        let others = paint.ink(Ink::Faint, &others);
        format!(
            "{:>width$}: {}  {way:<3}  {tested}  {}{others}",
            self.module,
            paint.ink(ink, kind),
            self.what
        )
    }
}

/// The summary, for the standard output.
///
/// # Errors
/// If the use cases do not load: all that is wrong in them.
pub fn run_summary(registry: &Registry, args: &SummaryArgs) -> Result<String, LoadErrors> {
    let book = load(&args.usecases, registry)?;
    let mut facts = facts(registry, &book.cases);
    facts.retain(|fact| args.module.as_deref().is_none_or(|module| module == fact.module));
    if args.json {
        // Plain data always encodes.
        return Ok(serde_json::to_string_pretty(&facts).unwrap_or_default() + "\n");
    }
    let width = facts.iter().map(|fact| fact.module.len()).max().unwrap_or_default() + 2;
    let paint = Paint::of_stdout();
    Ok(facts.iter().map(|fact| fact.line(width, paint) + "\n").collect())
}

/// Every fact, by module in the registry's order.
pub fn facts(registry: &Registry, cases: &[UseCase]) -> Vec<Fact> {
    let mut facts = Vec::new();
    for spec in registry.modules() {
        let own: Vec<_> = cases.iter().filter(|case| case.module == spec.name).collect();
        let fact = |kind, what: String| Fact {
            module: spec.name,
            kind,
            tested: None,
            what,
            modules: Vec::new(),
            use_cases: 0,
        };
        facts.extend(own.iter().map(|case| fact(Kind::Ucase, case.name.clone())));
        for record in registry.actions().iter().filter(|record| record.module == spec.name) {
            let use_cases = calls(cases, record).count();
            facts.push(Fact { tested: Some(use_cases > 0), use_cases, ..fact(Kind::Uri, record.title()) });
        }
        facts.extend(subscriptions(registry, spec.name, &own, &fact));
        facts.extend(publications(registry, spec.name, &own, &fact));
    }
    facts
}

/// The facts without a use case.
pub fn gaps(facts: &[Fact]) -> Vec<&Fact> {
    facts.iter().filter(|fact| fact.is_gap()).collect()
}

/// The cases that call an action.
pub fn calls<'c>(cases: &'c [UseCase], record: &ActionRecord) -> impl Iterator<Item = &'c UseCase> {
    let title = record.title();
    cases.iter().filter(move |case| {
        case.steps.iter().any(|step| step.when.actions().any(|action| action.title() == title))
    })
}

fn subscriptions(
    registry: &Registry,
    module: &'static str,
    own: &[&UseCase],
    fact: &dyn Fn(Kind, String) -> Fact,
) -> Vec<Fact> {
    let mut found: Vec<Fact> = Vec::new();
    for record in registry.listeners().iter().filter(|record| record.module == module) {
        if found.iter().any(|fact| fact.what == record.event) {
            continue;
        }
        let uses = |case: &&&UseCase| {
            let inside = record.source == module
                && case.expected_events().any(|event| event.record.name == record.event);
            inside || case.given_events().any(|event| event.record.name == record.event)
        };
        let use_cases = own.iter().filter(uses).count();
        let modules = vec![record.source];
        let what = record.event.to_owned();
        found.push(Fact { tested: Some(use_cases > 0), modules, use_cases, ..fact(Kind::Sub, what) });
    }
    found
}

fn publications(
    registry: &Registry,
    module: &'static str,
    own: &[&UseCase],
    fact: &dyn Fn(Kind, String) -> Fact,
) -> Vec<Fact> {
    let of = |event: &crate::kernel::module::EventRecord| {
        let expects = |case: &&&UseCase| case.expected_events().any(|it| it.record.name == event.name);
        let use_cases = own.iter().filter(expects).count();
        let mut modules: Vec<_> = registry
            .listeners()
            .iter()
            .filter(|record| record.event == event.name && record.module != module)
            .map(|record| record.module)
            .collect();
        modules.dedup();
        let tested = event.published.then_some(use_cases > 0);
        Fact { tested, modules, use_cases, ..fact(Kind::Pub, event.name.to_owned()) }
    };
    registry.events().filter(|event| event.source == module).map(of).collect()
}
