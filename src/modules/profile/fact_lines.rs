//! The facts of a profile, line by line: first and marked what its reader tells of himself, too.

use crate::shared::facts::{Choice, Facts};

/// Facts of one kind.
pub(super) struct FactLine {
    pub(super) name: &'static str,
    /// What both tell comes first.
    pub(super) told: Vec<Told>,
}

/// One fact.
pub(super) struct Told {
    pub(super) label: String,
    /// The reader tells the same.
    pub(super) in_common: bool,
}

/// The lines with something in common come first.
pub(super) fn fact_lines(facts: &Facts, common: &Facts) -> Vec<FactLine> {
    let height = facts.height.map(|height| Told { label: format!("{height} cm"), in_common: false });
    let lines = [
        ("Hopes for", told(&facts.looking_for, &common.looking_for)),
        ("Children", told(facts.children.as_slice(), common.children.as_slice())),
        ("Smoking", told(facts.smoking.as_slice(), common.smoking.as_slice())),
        ("Speaks", told(&facts.languages, &common.languages)),
        ("Height", height.into_iter().collect()),
    ];
    let lines = lines.into_iter().map(|(name, told)| FactLine { name, told });
    let mut lines: Vec<_> = lines.filter(|line| !line.told.is_empty()).collect();
    lines.sort_by_key(|line| !line.told.iter().any(|one| one.in_common));
    lines
}

fn told<T: Choice>(all: &[T], common: &[T]) -> Vec<Told> {
    let one = |one: &T| Told { label: one.label().to_owned(), in_common: common.contains(one) };
    let mut told: Vec<_> = all.iter().map(one).collect();
    told.sort_by_key(|one| !one.in_common);
    told
}
