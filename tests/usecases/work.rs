//! What is still to be played, site by site: opening a site costs as much as dozens of plays, so whoever has opened one
//! stays there as long as it has work.

use std::collections::{BTreeMap, VecDeque};

use pancake::dev::usecase::UseCase;

use crate::kind::{Kind, Site};

/// One case in all ways that are played on one site.
pub(crate) type Job<'u> = (&'u UseCase, Vec<Kind>);

/// The plays that no worker has taken yet.
#[derive(Default)]
pub(crate) struct Work<'u> {
    sites: BTreeMap<Site, Place<'u>>,
}

#[derive(Default)]
struct Place<'u> {
    jobs: VecDeque<Job<'u>>,
    /// Plays in all jobs.
    plays: usize,
    workers: usize,
}

impl<'u> Work<'u> {
    /// Adds a case in these ways.
    pub(crate) fn add(&mut self, case: &'u UseCase, kinds: Vec<Kind>) {
        let mut jobs: BTreeMap<Site, Vec<Kind>> = BTreeMap::new();
        for kind in kinds {
            jobs.entry(kind.site()).or_default().push(kind);
        }
        for (site, kinds) in jobs {
            let place = self.sites.entry(site).or_default();
            place.plays += kinds.len();
            place.jobs.push_back((case, kinds));
        }
    }

    /// How many sites have work.
    pub(crate) fn sites(&self) -> usize {
        self.sites.len()
    }

    /// The next job for a worker who is at a site, or at none yet: there, or else where there is most for each.
    pub(crate) fn next(&mut self, at: &mut Option<Site>) -> Option<Job<'u>> {
        if let Some(place) = at.and_then(|site| self.sites.get_mut(&site)) {
            if let Some(job) = place.take() {
                return Some(job);
            }
            place.workers -= 1;
        }
        let left = self.sites.iter().filter(|(_, place)| place.plays > 0);
        let most = left.max_by_key(|(_, place)| place.plays / (place.workers + 1));
        *at = most.map(|(site, _)| *site);
        let place = at.and_then(|site| self.sites.get_mut(&site))?;
        place.workers += 1;
        place.take()
    }
}

impl<'u> Place<'u> {
    fn take(&mut self) -> Option<Job<'u>> {
        let job = self.jobs.pop_front()?;
        self.plays -= job.1.len();
        Some(job)
    }
}
