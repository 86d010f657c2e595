//! Compares a list with what it should be: what is missing, what is there twice or should not be there at all,
//! and what of the rest is in another place.

use std::collections::HashSet;

/// One way in which a list is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// By its place among the wanted, from 0.
    Missing(usize),
    Doubled(String),
    NeverWanted(String),
    /// The first that is elsewhere; places count from 1, without what is missing.
    Moved {
        place: usize,
        wanted: usize,
        found: String,
    },
}

/// All that differs; of what stands in another place only the first, for one moves all that follow.
pub(crate) fn faults(wanted: &[String], found: &[&str]) -> Vec<Fault> {
    let known: HashSet<&str> = wanted.iter().map(String::as_str).collect();
    let there: HashSet<&str> = found.iter().copied().collect();
    let is_there = |(_, item): &(usize, &String)| there.contains(item.as_str());
    let missing = wanted.iter().enumerate().filter(|item| !is_there(item));
    let mut faults: Vec<Fault> = missing.map(|(place, _)| Fault::Missing(place)).collect();
    let mut seen = HashSet::new();
    let mut once = Vec::new();
    for item in found.iter().copied() {
        match (known.contains(item), seen.insert(item)) {
            (false, _) => faults.push(Fault::NeverWanted(item.to_owned())),
            (true, false) => faults.push(Fault::Doubled(item.to_owned())),
            (true, true) => once.push(item),
        }
    }
    let left = wanted.iter().enumerate().filter(is_there);
    let moved = (1..).zip(left.zip(once)).find(|(_, ((_, wanted), found))| wanted != found);
    if let Some((place, ((wanted, _), found))) = moved {
        faults.push(Fault::Moved { place, wanted, found: found.to_owned() });
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(found: &[&str]) -> Vec<Fault> {
        faults(&["a", "b", "c"].map(str::to_owned), found)
    }

    #[test]
    fn equal_is_no_fault() {
        assert!(of(&["a", "b", "c"]).is_empty());
        assert!(faults(&[], &[]).is_empty());
    }

    #[test]
    fn each_fault_is_found() {
        assert_eq!(of(&["a", "c"]), [Fault::Missing(1)]);
        assert_eq!(of(&["a", "b", "b", "c"]), [Fault::Doubled("b".to_owned())]);
        assert_eq!(of(&["a", "x", "b", "c"]), [Fault::NeverWanted("x".to_owned())]);
        let moved = |place, wanted, found: &str| Fault::Moved { place, wanted, found: found.to_owned() };
        assert_eq!(of(&["a", "c", "b"]), [moved(2, 1, "c")]);
        assert_eq!(of(&["c", "b"]), [Fault::Missing(0), moved(1, 1, "c")]);
        assert_eq!(of(&[]).len(), 3);
    }
}
