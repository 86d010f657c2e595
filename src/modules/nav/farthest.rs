//! Of several messages or marks of a thread only the farthest counts: numbers ascend, and marks only move forward.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::kernel::id::{MemberId, TypedId};

/// The farthest number of each thread, column by column.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Farthest {
    /// Whose thread it is.
    pub(super) members: Vec<Uuid>,
    /// The other one of it.
    pub(super) others: Vec<Uuid>,
    pub(super) numbers: Vec<i64>,
}

impl Farthest {
    /// From threads, each a member and the other one, with a number.
    pub(super) fn of(numbers: impl Iterator<Item = ((MemberId, MemberId), i64)>) -> Self {
        let mut farthest = BTreeMap::new();
        for (thread, number) in numbers {
            let kept = farthest.entry(thread).or_insert(number);
            *kept = number.max(*kept);
        }
        let mut columns = Self::default();
        for ((member, other), number) in farthest {
            columns.members.push(member.uuid());
            columns.others.push(other.uuid());
            columns.numbers.push(number);
        }
        columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lesser_number_that_comes_later_takes_nothing_back() {
        let [one, two] = [1, 2].map(|id| MemberId::of(Uuid::from_u128(id)));
        let farthest = Farthest::of([((one, two), 7), ((two, one), 3), ((one, two), 5)].into_iter());
        assert_eq!(farthest.members, [one.uuid(), two.uuid()]);
        assert_eq!(farthest.numbers, [7, 3]);
    }
}
