//! The ways in which a case is played, and how that went.

use std::collections::BTreeMap;

use pancake::usecase::model::Skip;

/// A way of playing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    InProcess,
    Http,
    Twice,
    PoolsOfOne,
    /// On the bus that loses, repeats and reorders, from this seed.
    Faulty(u64),
    Null,
    /// What other modules published before reaches the module under test in another order, from this seed.
    Merged(u64),
    /// The same, source after source.
    SourceAfterSource,
    /// At the end, every module writes its tables anew.
    Rebuilt,
    /// Every other module on a database of another server.
    Apart,
    NoSession,
    Stranger,
    /// Whoever saw somebody asks again after one of the two has blocked the other.
    Blocked,
}

/// The sites of the runner. Each has a database of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Site {
    Memory,
    /// On the memory bus too, with one connection a pool.
    Narrow,
    Faulty,
    Null,
    /// On the memory bus too, and on two servers.
    Apart,
}

impl Kind {
    /// All ways, the cheapest first.
    pub(crate) fn all(seeds: &[u64]) -> Vec<Self> {
        let plain =
            [Self::InProcess, Self::Http, Self::Twice, Self::NoSession, Self::Stranger, Self::Blocked];
        let sites = [Self::SourceAfterSource, Self::Rebuilt, Self::Apart, Self::PoolsOfOne, Self::Null];
        plain.into_iter().chain(sites).chain(Self::seeded(seeds)).collect()
    }

    /// The ways that depend on a seed.
    pub(crate) fn seeded(seeds: &[u64]) -> Vec<Self> {
        // One way after the other, since the report counts neighbours together.
        let merged = seeds.iter().map(|seed| Self::Merged(*seed));
        merged.chain(seeds.iter().map(|seed| Self::Faulty(*seed))).collect()
    }

    /// The same for all seeds.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::InProcess => "in process",
            Self::Http => "over HTTP",
            Self::Twice => "every event twice",
            Self::PoolsOfOne => "pools of one",
            Self::Faulty(_) => "on the faulty bus",
            Self::Null => "on the null bus",
            Self::Merged(_) => "sources merged",
            Self::SourceAfterSource => "source after source",
            Self::Rebuilt => "rebuilt at the end",
            Self::Apart => "on two servers",
            Self::NoSession => "without a session",
            Self::Stranger => "as a stranger",
            Self::Blocked => "with the pair blocked",
        }
    }

    pub(crate) fn seed(self) -> Option<u64> {
        match self {
            Self::Faulty(seed) | Self::Merged(seed) => Some(seed),
            _ => None,
        }
    }

    pub(crate) fn site(self) -> Site {
        match self {
            Self::PoolsOfOne => Site::Narrow,
            Self::Faulty(_) => Site::Faulty,
            Self::Null => Site::Null,
            Self::Apart => Site::Apart,
            _ => Site::Memory,
        }
    }

    /// True where the module under test gets what others published in an order of the runner's.
    pub(crate) fn merges(self) -> bool {
        matches!(self, Self::Merged(_) | Self::SourceAfterSource)
    }

    /// What a case may say that it is left out of.
    pub(crate) fn skip(self) -> Option<Skip> {
        match self {
            Self::Twice => Some(Skip::Twice),
            Self::Stranger => Some(Skip::Stranger),
            _ => None,
        }
    }
}

impl Site {
    pub(crate) const ALL: [Self; 5] = [Self::Memory, Self::Narrow, Self::Faulty, Self::Null, Self::Apart];

    /// Part of its database's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Narrow => "narrow",
            Self::Faulty => "faulty",
            Self::Null => "null",
            Self::Apart => "apart",
        }
    }
}

/// How it went.
pub(crate) enum Outcome {
    Passed,
    /// It holds but for these actions, which show people despite blocks: titles and reasons.
    Excepted(BTreeMap<String, &'static str>),
    /// The reason that the case gives.
    Skipped(String),
    /// This way has nothing to try in this case.
    Idle,
    /// What to mend.
    Failed(String),
}
