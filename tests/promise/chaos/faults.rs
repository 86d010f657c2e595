//! What is broken, in an order that the seed gives.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rustix::process::{Signal, kill_process};
use sqlx::query_scalar;

use super::Scene;
use crate::dice::Dice;

/// A way of breaking something. Each heals what it broke before the next one comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    KillNode,
    FreezeNode,
    StopBroker,
    KillBroker,
    PurgeQueue,
    DeleteQueue,
    MemoryAlarm,
    StopPostgres,
    CutConnections,
}

/// How often each in a whole run.
const COUNTS: [(Fault, usize); 9] = [
    (Fault::KillNode, 10),
    (Fault::FreezeNode, 3),
    (Fault::StopBroker, 3),
    (Fault::KillBroker, 1),
    (Fault::PurgeQueue, 1),
    (Fault::DeleteQueue, 1),
    (Fault::MemoryAlarm, 1),
    (Fault::StopPostgres, 2),
    (Fault::CutConnections, 2),
];
/// Calls between two faults: enough for each to meet some.
const CALLS_BETWEEN: usize = 60;
/// How long a node stands still, or an alarm or a broken broker lasts, in milliseconds.
const LASTS_MIN: usize = 500;
const LASTS_MORE: usize = 5_000;
/// Whose queues are purged or deleted.
const CONSUMERS: [&str; 5] = ["alerts", "chat", "nav", "profile", "diary"];

impl Fault {
    pub(super) fn says(self) -> &'static str {
        match self {
            Self::KillNode => "kill -9 of a node",
            Self::FreezeNode => "SIGSTOP of a node",
            Self::StopBroker => "broker stopped and started",
            Self::KillBroker => "kill -9 of the broker",
            Self::PurgeQueue => "a queue purged",
            Self::DeleteQueue => "a queue deleted",
            Self::MemoryAlarm => "memory alarm of the broker",
            Self::StopPostgres => "Postgres stopped at once, and started",
            Self::CutConnections => "all connections cut",
        }
    }

    /// All of a run, shuffled.
    pub(super) fn plan(dice: &mut Dice, short: bool) -> Vec<Self> {
        let count = |count: usize| if short { 1 } else { count };
        let all = COUNTS.iter().flat_map(|(fault, times)| std::iter::repeat_n(*fault, count(*times)));
        let mut plan: Vec<Self> = all.collect();
        for place in (1..plan.len()).rev() {
            plan.swap(place, dice.roll(place + 1));
        }
        plan
    }
}

/// Breaks one after the other, while the members go on.
pub(super) async fn all(scene: &mut Scene, plan: &[Fault], dice: &mut Dice) {
    for (number, fault) in plan.iter().enumerate() {
        scene.calls(CALLS_BETWEEN).await;
        let begun = Instant::now();
        one(scene, *fault, dice).await;
        let (seconds, says) = (begun.elapsed().as_secs_f64(), fault.says());
        println!("{:>3} of {}: {says}, {seconds:.1} s", number + 1, plan.len());
    }
    scene.calls(CALLS_BETWEEN).await;
}

async fn one(scene: &mut Scene, fault: Fault, dice: &mut Dice) {
    let node = dice.roll(scene.nodes.len());
    match fault {
        Fault::KillNode => {
            kill_process(scene.nodes[node].pid(), Signal::KILL).unwrap();
            scene.nodes[node].ended();
            pause(dice, 1_000).await;
            scene.start_again(node).await;
        }
        Fault::FreezeNode => {
            kill_process(scene.nodes[node].pid(), Signal::STOP).unwrap();
            lasts(dice).await;
            kill_process(scene.nodes[node].pid(), Signal::CONT).unwrap();
        }
        Fault::StopBroker => {
            scene.broker.stop().await;
            lasts(dice).await;
            scene.broker.again().await.unwrap();
        }
        Fault::KillBroker => {
            scene.broker.kill().await;
            lasts(dice).await;
            scene.broker.again().await.unwrap();
        }
        Fault::PurgeQueue => {
            let queue = format!("pancake.{}", dice.pick(&CONSUMERS));
            scene.broker.control(&["purge_queue", &queue]).await.unwrap();
        }
        Fault::DeleteQueue => {
            let queue = format!("pancake.{}", dice.pick(&CONSUMERS));
            scene.broker.control(&["delete_queue", &queue]).await.unwrap();
        }
        Fault::MemoryAlarm => {
            scene.broker.control(&["set_vm_memory_high_watermark", "0.000001"]).await.unwrap();
            lasts(dice).await;
            scene.broker.control(&["set_vm_memory_high_watermark", "0.4"]).await.unwrap();
        }
        Fault::StopPostgres => scene.restart_postgres(dice).await,
        Fault::CutConnections => {
            scene.broker.control(&["close_all_connections", "chaos"]).await.unwrap();
            let cut: i64 = query_scalar(
                "select count(pg_terminate_backend(pid)) from pg_stat_activity
                 where datname = current_database() and application_name like 'pancake %'",
            )
            .fetch_one(&mut scene.town.conn().await)
            .await
            .unwrap();
            assert!(cut > 5, "{cut} connections were cut");
        }
    }
}

/// Any moment will do: what is asserted does not depend on it.
pub(super) async fn pause(dice: &mut Dice, milliseconds: usize) {
    tokio::time::sleep(Duration::from_millis(u64::try_from(dice.roll(milliseconds)).unwrap())).await;
}

async fn lasts(dice: &mut Dice) {
    tokio::time::sleep(Duration::from_millis(u64::try_from(LASTS_MIN).unwrap())).await;
    pause(dice, LASTS_MORE).await;
}

/// What was broken how often, for the table.
pub(super) fn counted(plan: &[Fault]) -> BTreeMap<Fault, usize> {
    let mut counts: BTreeMap<Fault, usize> = BTreeMap::new();
    plan.iter().for_each(|fault| *counts.entry(*fault).or_default() += 1);
    counts
}
