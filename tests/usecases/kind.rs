//! The ways in which a case is played, and how that went.

use std::collections::BTreeMap;

use pancake::dev::usecase::model::Skip;

use crate::stage::Door;

/// A way of playing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The whole case, on a bus and through a door. A bus with faults has them from this seed.
    Whole {
        site: Site,
        door: Door,
        mark: Mark,
        seed: Option<u64>,
    },
    PoolsOfOne,
    /// What other modules published before reaches the module under test in another order, from this seed.
    Merged(u64),
    /// The same, source after source.
    SourceAfterSource,
    /// After the first way: every module writes its tables anew.
    Rebuilt,
    /// Every other module on a database of another server.
    ModuleDatabases,
    NoSession,
    Stranger,
    /// Whoever saw somebody asks again after one of the two has blocked the other.
    Blocked,
}

/// Whether events are handled once, or all of them twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mark {
    Once,
    Twice,
}

/// The sites of the runner. Each has a database of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Site {
    Memory,
    Faulty,
    Null,
    Rabbit,
    /// On the memory bus too, with one connection a pool.
    Narrow,
    /// On the memory bus too, and on two servers.
    ModuleDatabases,
}

/// Where a case's seeds come from.
pub(crate) enum Seeds {
    /// One for each way that takes one, another for each case: so a run tries many.
    Own,
    /// From 1 up to this, for every way.
    Upto(u64),
    /// Only the ways that take one, with this.
    Only(u64),
}

impl Kind {
    /// In process, on the bus of a single node: how a case is played first.
    pub(crate) const FIRST: Self =
        Self::Whole { site: Site::Memory, door: Door::InProcess, mark: Mark::Once, seed: None };

    /// The same with every event twice.
    pub(crate) const FIRST_TWICE: Self =
        Self::Whole { site: Site::Memory, door: Door::InProcess, mark: Mark::Twice, seed: None };

    /// All ways to play the case of this number, the cheapest first; what is [`Kind::Rebuilt`] follows the first.
    pub(crate) fn all(seeds: &Seeds, case: usize) -> Vec<Self> {
        let mut kinds = Vec::new();
        if !matches!(seeds, Seeds::Only(_)) {
            kinds.extend(Self::whole(Site::Memory));
            kinds.extend([Self::NoSession, Self::Stranger, Self::Blocked, Self::SourceAfterSource]);
            kinds.extend([Self::PoolsOfOne, Self::ModuleDatabases]);
            kinds.extend(Self::whole(Site::Null));
            kinds.extend(Self::whole(Site::Rabbit));
        }
        // As many as there are ways that take one, so that no two are the same.
        let mut own = (1 + case as u64 * 5)..;
        let mut seeds = || match seeds {
            Seeds::Own => own.by_ref().take(1).collect(),
            Seeds::Upto(last) => (1..=*last).collect(),
            Seeds::Only(seed) => vec![*seed],
        };
        kinds.extend(seeds().into_iter().map(Self::Merged));
        for way in Self::whole(Site::Faulty) {
            kinds.extend(seeds().into_iter().map(|seed| way.from(seed)));
        }
        kinds
    }

    /// Through both doors, and every event once and twice.
    fn whole(site: Site) -> impl Iterator<Item = Self> {
        let ways = Mark::ALL.into_iter().flat_map(|mark| Door::ALL.map(|door| (mark, door)));
        ways.map(move |(mark, door)| Self::Whole { site, door, mark, seed: None })
    }

    fn from(self, seed: u64) -> Self {
        match self {
            Self::Whole { site, door, mark, .. } => Self::Whole { site, door, mark, seed: Some(seed) },
            other => other,
        }
    }

    /// The same for all seeds.
    pub(crate) fn title(self) -> String {
        let (door, twice) = match self {
            Self::Whole { door, mark, .. } => (door, mark == Mark::Twice),
            Self::PoolsOfOne => return "pools of one".into(),
            Self::Merged(_) => return "sources merged".into(),
            Self::SourceAfterSource => return "source after source".into(),
            Self::Rebuilt => return "rebuilt at the end".into(),
            Self::ModuleDatabases => return "on two servers".into(),
            Self::NoSession => return "without a session".into(),
            Self::Stranger => return "as a stranger".into(),
            Self::Blocked => return "with the pair blocked".into(),
        };
        let twice = if twice { ", every event twice" } else { "" };
        format!("on the {} bus {}{twice}", self.site().name(), door.title())
    }

    pub(crate) fn seed(self) -> Option<u64> {
        match self {
            Self::Merged(seed) => Some(seed),
            Self::Whole { seed, .. } => seed,
            _ => None,
        }
    }

    pub(crate) fn site(self) -> Site {
        match self {
            Self::Whole { site, .. } => site,
            Self::PoolsOfOne => Site::Narrow,
            Self::ModuleDatabases => Site::ModuleDatabases,
            _ => Site::Memory,
        }
    }

    pub(crate) fn door(self) -> Door {
        match self {
            Self::Whole { door, .. } => door,
            _ => Door::InProcess,
        }
    }

    pub(crate) fn twice(self) -> bool {
        matches!(self, Self::Whole { mark: Mark::Twice, .. })
    }

    /// True where the module under test gets what others published in an order of the runner's.
    pub(crate) fn merges(self) -> bool {
        matches!(self, Self::Merged(_) | Self::SourceAfterSource)
    }

    /// False where every morning is to be lived: the runner's order is for all that others publish.
    pub(crate) fn takes_people_as_kept(self) -> bool {
        !self.merges()
    }

    /// The same for what a case gives: that is also where faults are looked for.
    pub(crate) fn takes_noon_as_kept(self) -> bool {
        self.takes_people_as_kept() && self.seed().is_none()
    }

    /// What a case may say that it is left out of.
    pub(crate) fn skip(self) -> Option<Skip> {
        match self {
            Self::Whole { mark: Mark::Twice, .. } => Some(Skip::Twice),
            Self::Stranger => Some(Skip::Stranger),
            _ => None,
        }
    }
}

impl Mark {
    pub(crate) const ALL: [Self; 2] = [Self::Once, Self::Twice];

    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Once => "♥",
            Self::Twice => "≫",
        }
    }
}

impl Site {
    pub(crate) const ALL: [Self; 6] =
        [Self::Memory, Self::Rabbit, Self::Faulty, Self::Null, Self::Narrow, Self::ModuleDatabases];

    /// Part of its database's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Narrow => "narrow",
            Self::Faulty => "faulty",
            Self::Null => "null",
            Self::Rabbit => "rabbit",
            Self::ModuleDatabases => "apart",
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Memory => "memory bus",
            Self::Faulty => "faulty bus",
            Self::Null => "null bus",
            Self::Rabbit => "RabbitMQ",
            Self::ModuleDatabases => "memory, two servers",
            Self::Narrow => "memory, pools of one",
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
