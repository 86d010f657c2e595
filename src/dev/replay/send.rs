//! Sends lines: those of one queue one after the other, in the order of the file, and everything else as fast as
//! the site takes it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::lines::Line;
use crate::dev::drive::DriveError;
use crate::dev::drive::report::{Latencies, Progress};

/// How sending went.
pub(super) struct Sent<K, T> {
    pub(super) took: Duration,
    pub(super) latencies: Latencies,
    /// When the last answer came.
    pub(super) at: Instant,
    /// The queue of the line that was answered last.
    pub(super) last: Option<K>,
    pub(super) answers: Vec<T>,
}

/// What waits to be sent: the queues by their next line, so that the order of the file is kept about.
struct Waiting<K> {
    next: BinaryHeap<Reverse<(usize, K)>>,
    queues: BTreeMap<K, VecDeque<Line>>,
}

impl<K: Copy + Ord> Waiting<K> {
    fn new(queues: &BTreeMap<K, Vec<Line>>) -> Self {
        let copied = queues.iter().map(|(key, lines)| (*key, lines.iter().copied().collect())).collect();
        let mut waiting = Self { next: BinaryHeap::new(), queues: copied };
        queues.keys().for_each(|key| waiting.free(*key));
        waiting
    }

    /// The earliest line whose queue has nothing under way.
    fn take(&mut self) -> Option<(K, Line)> {
        let Reverse((_, key)) = self.next.pop()?;
        Some((key, self.queues.get_mut(&key)?.pop_front()?))
    }

    /// Its last line has arrived: the next may be sent.
    fn free(&mut self, key: K) {
        if let Some(line) = self.queues.get(&key).and_then(VecDeque::front) {
            self.next.push(Reverse((line.number, key)));
        }
    }
}

/// Sends all queues, at most `clients` lines at once. `send` says how long a line took, and what was answered.
pub(super) async fn send_all<K, T, F>(
    what: &'static str,
    queues: &BTreeMap<K, Vec<Line>>,
    clients: usize,
    send: impl Fn(Line) -> F,
) -> Result<Sent<K, T>, DriveError>
where
    K: Copy + Ord + Send + 'static,
    T: Send + 'static,
    F: Future<Output = Result<(Duration, T), DriveError>> + Send + 'static,
{
    let progress = Progress::new(what, queues.values().map(Vec::len).sum());
    let mut waiting = Waiting::new(queues);
    let mut under_way = JoinSet::new();
    let mut latencies = Latencies::default();
    let mut answers = Vec::new();
    let mut last = None;
    let begun = Instant::now();
    loop {
        while under_way.len() < clients
            && let Some((key, line)) = waiting.take()
        {
            let sending = send(line);
            under_way.spawn(async move { Ok::<_, DriveError>((key, sending.await?)) });
        }
        let Some(done) = under_way.join_next().await else { break };
        let (key, (took, answer)) = done??;
        progress.step();
        latencies.add(took);
        answers.push(answer);
        waiting.free(key);
        last = Some(key);
    }
    let at = Instant::now();
    Ok(Sent { took: at - begun, latencies, at, last, answers })
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::{Arc, Mutex};

    use super::super::lines;
    use super::*;

    #[tokio::test]
    async fn a_queue_keeps_its_order_and_never_has_two_under_way() {
        let lines = lines::parse(Path::new("f"), &"1 2 0\n3 4 0\n".repeat(50), 100).unwrap();
        let mut queues: BTreeMap<_, Vec<Line>> = BTreeMap::new();
        lines.iter().for_each(|line| queues.entry(line.sender).or_default().push(*line));
        let (begun, seen) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
        let sent = send_all("sending", &queues, 16, |line| {
            begun.lock().unwrap().push(line);
            let (begun, seen) = (begun.clone(), seen.clone());
            async move {
                tokio::task::yield_now().await;
                let of_her = begun.lock().unwrap().iter().filter(|other| other.sender == line.sender).count();
                seen.lock().unwrap().push((line, of_her));
                Ok((Duration::ZERO, line.number))
            }
        })
        .await
        .unwrap();
        assert_eq!(sent.answers.len(), 100);
        for (sender, lines) in &queues {
            let seen: Vec<_> =
                seen.lock().unwrap().iter().filter(|(line, _)| line.sender == *sender).copied().collect();
            assert!(seen.iter().map(|(line, _)| line).eq(lines));
            assert!(seen.iter().map(|(_, of_her)| *of_her).eq(1..=50), "one after the other");
        }
    }
}
