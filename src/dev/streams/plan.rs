//! How many members, which of them has which stream, and whether the machine permits it. Pure functions.

use std::net::Ipv4Addr;

use super::StreamsError;
use crate::cli::StreamsArgs;
use crate::live::STREAMS_MAX;

/// Making a member costs two password hashes, so beyond these a member has several streams.
const MEMBERS: usize = 1000;
/// Streams and polls of one member, half of each: no more than the server allows of either.
const A_MEMBER_MAX: usize = STREAMS_MAX;
/// Connections and files of a process beside its streams: to Postgres, of senders, the program's own.
pub(super) const BESIDE: usize = 400;
/// Connections from one address, well below the 28,000 ports that Linux gives to one.
const FROM_ONE_ADDRESS: usize = 10_000;

/// What is opened at a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Live,
    Poll,
}

/// Who opens what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) members: usize,
    pub(super) count: usize,
}

impl Plan {
    /// With so many files that a process may have open.
    pub(super) fn of(asked: &StreamsArgs, files: u64) -> Result<Self, StreamsError> {
        let count = asked.count as usize;
        let least = count.div_ceil(A_MEMBER_MAX);
        let members = asked.members.map_or_else(|| MEMBERS.max(least).min(count), |members| members as usize);
        if members < least || members > count {
            return Err(StreamsError::Members { count, least, most: count });
        }
        if (count + BESIDE) as u64 > files {
            return Err(StreamsError::Files { count, files, most: files.saturating_sub(BESIDE as u64) });
        }
        Ok(Self { members, count })
    }

    /// Members take turns, so that each has as many as the others.
    pub(super) fn member_of(self, connection: usize) -> usize {
        connection % self.members
    }

    /// Half of all, and half of each member's.
    pub(super) fn kind(self, connection: usize) -> Kind {
        let (turn, member) = (connection / self.members, connection % self.members);
        if (turn + member).is_multiple_of(2) { Kind::Live } else { Kind::Poll }
    }

    pub(super) fn of_kind(self, kind: Kind) -> usize {
        (0..self.count).filter(|connection| self.kind(*connection) == kind).count()
    }

    /// The address that a connection comes from: all of 127.0.0.0/8 is this machine.
    pub(super) fn source(connection: usize) -> Ipv4Addr {
        let block = u8::try_from(connection / FROM_ONE_ADDRESS).unwrap_or(u8::MAX - 1);
        Ipv4Addr::new(127, 0, 0, 1 + block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(count: u32, members: Option<u32>) -> StreamsArgs {
        StreamsArgs { count, rate: 50, seconds: 30, members }
    }

    #[test]
    fn streams_are_shared_out_evenly() {
        for count in [2, 3, 100, 999, 2500, 5000, 20_000] {
            let plan = Plan::of(&asked(count, None), u64::MAX).unwrap();
            let mut of_member = vec![[0; 2]; plan.members];
            for connection in 0..plan.count {
                of_member[plan.member_of(connection)][usize::from(plan.kind(connection) == Kind::Live)] += 1;
            }
            assert!(of_member.iter().all(|[polls, lives]| (1..=A_MEMBER_MAX).contains(&(polls + lives))));
            assert!(of_member.iter().all(|[polls, lives]| polls.abs_diff(*lives) <= 1), "{count}");
            let lives = plan.of_kind(Kind::Live);
            assert!(lives.abs_diff(plan.of_kind(Kind::Poll)) <= plan.members % 2 + 1, "{count}: {lives}");
        }
    }

    #[test]
    fn what_the_machine_does_not_permit_is_refused_before() {
        let refused = Plan::of(&asked(20_000, None), 20_000).unwrap_err().to_string();
        assert!(refused.contains("--count 19600"), "{refused}");
        assert!(Plan::of(&asked(19_600, None), 20_000).is_ok());
        assert!(Plan::of(&asked(100, Some(5)), u64::MAX).is_err());
        assert!(Plan::of(&asked(100, Some(101)), u64::MAX).is_err());
        assert_eq!(Plan::of(&asked(100, Some(50)), u64::MAX).unwrap().members, 50);
    }

    #[test]
    fn addresses_are_of_this_machine() {
        assert_eq!(Plan::source(9_999), Ipv4Addr::LOCALHOST);
        assert_eq!(Plan::source(10_000), Ipv4Addr::new(127, 0, 0, 2));
        assert!(Plan::source(usize::MAX).is_loopback());
    }
}
