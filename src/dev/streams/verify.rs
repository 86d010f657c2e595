//! Reads what was written, and says what is missing: of the announcements, and of the threads.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, TryStreamExt, stream};

use super::ledger::{Message, Missing};
use super::plan::{Kind, Plan};
use super::send::text;
use crate::dev::drive::DriveError;
use crate::dev::drive::client::Api;
use crate::dev::drive::members::Member;
use crate::dev::drive::order::{Fault, faults};
use crate::dev::drive::threads::{self, Way};

/// Threads that are read together.
const READS: usize = 16;

/// Announcements that have not come, in words.
pub(super) fn unannounced(plan: Plan, messages: &[Message], missing: &[Missing]) -> Vec<String> {
    let say = |Missing { message, member, connection, receives }: &Missing| {
        let what = match plan.kind(*connection) {
            Kind::Live => "stream",
            Kind::Poll => "poll",
        };
        // Their numbers count from 0, the warm-up's first.
        let Message { from, to, .. } = messages[*message];
        let whose = if *receives { "receiver" } else { "sender" };
        format!(
            "message {message} of member {from} to member {to} was not announced on {what} {connection} of its \
             {whose}, {member}"
        )
    };
    missing.iter().map(say).collect()
}

/// What is wrong with the threads, which hold these messages and none else, in this order.
pub(super) async fn threads(
    api: &Api,
    members: &[Member],
    messages: &[Message],
) -> Result<(usize, Vec<String>), DriveError> {
    let pairs = pairs(messages);
    let reads = pairs.iter().map(|((one, other), numbers)| async move {
        let thread = threads::thread(api, &members[*one], &members[*other], Way::Back).await?;
        let found: Vec<&str> = thread.messages.iter().map(|message| message.text.as_str()).collect();
        let whose = format!("the thread of members {one} and {other}");
        Ok::<_, DriveError>(
            differences(numbers, &found).into_iter().map(move |what| format!("{whose}: {what}")),
        )
    });
    let all: Vec<_> = stream::iter(reads).buffered(READS).try_collect().await?;
    Ok((pairs.len(), all.into_iter().flatten().collect()))
}

/// The messages of each two, in the order of sending.
fn pairs(messages: &[Message]) -> BTreeMap<(usize, usize), Vec<usize>> {
    let mut pairs: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for Message { number, from, to } in messages {
        pairs.entry((*from.min(to), *from.max(to))).or_default().push(*number);
    }
    pairs
}

fn differences(numbers: &[usize], found: &[&str]) -> Vec<String> {
    let wanted: Vec<String> = numbers.iter().map(|number| text(*number)).collect();
    let say = |fault| match fault {
        Fault::Missing(place) => format!("message {} is not there", numbers[place]),
        Fault::Doubled(text) => format!("twice there: {text:?}"),
        Fault::NeverWanted(text) => format!("never sent: {text:?}"),
        Fault::Moved { place, wanted, found } => {
            format!("expected message {} as number {place}, found {found:?}", numbers[wanted])
        }
    };
    faults(&wanted, found).into_iter().map(say).collect()
}

/// How many messages have not arrived everywhere.
pub(super) fn not_arrived(missing: &[Missing]) -> usize {
    missing
        .iter()
        .filter(|missing| missing.receives)
        .map(|missing| missing.message)
        .collect::<BTreeSet<_>>()
        .len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let plan = Plan { members: 2, count: 4 };
        let messages = [Message { number: 0, from: 1, to: 0 }];
        let missing = |connection, receives| Missing { message: 0, member: 0, connection, receives };
        let all = [missing(0, true), missing(2, true), missing(1, false)];
        let said = unannounced(plan, &messages, &all);
        let expected = "message 0 of member 1 to member 0 was not announced on stream 0 of its receiver, 0";
        assert_eq!((said[0].as_str(), said.len()), (expected, 3));
        assert_eq!((not_arrived(&all), not_arrived(&all[2..])), (1, 0));
    }

    #[test]
    fn threads_hold_what_was_sent() {
        let message = |number, from, to| Message { number, from, to };
        let pairs = pairs(&[message(0, 2, 1), message(1, 1, 2), message(2, 1, 3)]);
        assert_eq!(pairs[&(1, 2)], [0, 1]);
        let texts = [0, 1, 2].map(text);
        let of = |places: &[usize]| {
            let found: Vec<&str> = places.iter().map(|place| texts[*place].as_str()).collect();
            differences(&[0, 1], &found)
        };
        assert_eq!(of(&[0, 1]), Vec::<String>::new());
        assert_eq!(of(&[1]), ["message 0 is not there"]);
        assert_eq!(of(&[0, 0, 1]).len(), 1);
        assert_eq!(of(&[1, 0]).len(), 1);
        assert_eq!(of(&[0, 1, 2]).len(), 1);
    }
}
