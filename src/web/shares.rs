//! Places that all clients share, and that no client can take all of: a dynamic threshold.
//!
//! A client gets one more place while it holds fewer than are free. So one greedy client gets half of all places, two
//! get a third each, and with `n` of them a share as large as each one's stays free for everybody else. There is no
//! number to set, and where nobody is greedy nobody meets the threshold. (A. K. Choudhury and E. L. Hahne, "Dynamic
//! Queue Length Thresholds for Shared-Memory Packet Switches", 1998.)

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// So many places, shared by clients of the kind `K`.
pub struct Shares<K> {
    max: usize,
    held: Mutex<Held<K>>,
}

struct Held<K> {
    all: usize,
    /// Only clients that hold one.
    by_client: HashMap<K, usize>,
}

/// One place; dropping it frees it.
pub struct Place<K: Eq + Hash> {
    shares: Arc<Shares<K>>,
    client: K,
}

impl<K: Eq + Hash + Clone> Shares<K> {
    pub fn new(max: usize) -> Arc<Self> {
        Arc::new(Self { max, held: Mutex::new(Held { all: 0, by_client: HashMap::new() }) })
    }

    /// A place for this client, or none where it has its share or all are taken.
    pub fn take(self: &Arc<Self>, client: K) -> Option<Place<K>> {
        let mut held = self.held();
        let own = held.by_client.get(&client).copied().unwrap_or_default();
        if own >= self.max.saturating_sub(held.all) {
            return None;
        }
        held.all += 1;
        held.by_client.insert(client.clone(), own + 1);
        Some(Place { shares: self.clone(), client })
    }
}

impl<K> Shares<K> {
    fn held(&self) -> MutexGuard<'_, Held<K>> {
        // Nothing in between can panic, so what is there is whole.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash> Drop for Place<K> {
    fn drop(&mut self) {
        let mut held = self.shares.held();
        held.all -= 1;
        if let Some(own) = held.by_client.get_mut(&self.client) {
            *own -= 1;
            if *own == 0 {
                held.by_client.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes as many as there are for this client.
    fn all_of(shares: &Arc<Shares<usize>>, client: usize) -> Vec<Place<usize>> {
        std::iter::from_fn(|| shares.take(client)).collect()
    }

    #[test]
    fn one_greedy_client_gets_half() {
        let shares = Shares::new(512);
        let greedy = all_of(&shares, 1);
        assert_eq!(greedy.len(), 256);
        assert_eq!(all_of(&shares, 2).len(), 128);
    }

    #[test]
    fn however_many_are_greedy_some_places_stay_free() {
        for count in [2, 5, 50] {
            let shares = Shares::new(512);
            let (mut places, mut before) = (Vec::new(), None);
            // In turns, as they would come, until nobody gets more.
            while before != Some(places.len()) {
                before = Some(places.len());
                places.extend((1..=count).filter_map(|client| shares.take(client)));
            }
            assert!(places.len() >= 512 - 512 / count, "{count}: only {} taken", places.len());
            assert!(all_of(&shares, 0).len() > 1, "{count}: {} taken", places.len());
        }
    }

    #[test]
    fn a_place_that_is_left_is_free() {
        let shares = Shares::new(1);
        let place = shares.take(1).unwrap();
        assert!(shares.take(2).is_none());
        drop(place);
        assert!(shares.take(2).is_some());
        assert!(shares.held().by_client.is_empty());
    }
}
