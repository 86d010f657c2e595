//! Hands a module what others have published in an order of the runner's: each source in its own order, the
//! sources among each other as a seed says, or one after the other.

use std::collections::BTreeSet;

use pancake::bus::consumer::advance;
use pancake::bus::consumer_lease::ConsumerLease;
use pancake::dev::test_site::TestSite;
use pancake::dev::usecase::UseCase;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

/// Entries of one source in a row, at most.
const ROW_MAX: usize = 3;
/// More than any source has in a case.
const ALL: usize = 100_000;

/// How many other modules publish something in a case: with fewer than two there is nothing to merge.
pub(crate) fn sources(case: &UseCase) -> usize {
    let sources = case.given_events().map(|event| event.record.source);
    sources.filter(|source| *source != case.module).collect::<BTreeSet<_>>().len()
}

/// Everything that the module has not handled yet. The stage holds its consumer.
pub(crate) async fn release(stage: &TestSite, module: &str, seed: Option<u64>) -> Result<(), String> {
    let unit = stage.ctx.unit_named(module).ok_or_else(|| format!("{module} is no module"))?;
    let turn = ConsumerLease { ctx: stage.ctx.clone(), unit: unit.clone() };
    let mut sources = unit.sources();
    let mut dice = seed.map(SmallRng::seed_from_u64);
    while !sources.is_empty() {
        let (at, most) = match &mut dice {
            Some(dice) => (dice.random_range(..sources.len()), dice.random_range(1..=ROW_MAX)),
            // In the order of the alphabet, which no module counts on.
            None => (0, ALL),
        };
        if advance(&turn, sources[at], most).await.map_err(|error| error.to_string())? == 0 {
            sources.remove(at);
        }
    }
    Ok(())
}
