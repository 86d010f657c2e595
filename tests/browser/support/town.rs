//! A site with people in it, on a database of its own and over real HTTP. It runs on threads of its own, so that a
//! test can tell its story one step after the other.

use std::sync::LazyLock;

use pancake::id::MemberId;
use pancake::kit::people::By;
use pancake::modules::register::contract::{Role, RoleGranted};
use pancake::stage::{Stage, story_time};
use tokio::runtime::Runtime;

use crate::join::join;
use crate::postgres::postgres;

const CONNECTIONS: u16 = 48;

static THREADS: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
});

/// See the module.
pub(crate) struct Town {
    pub(crate) stage: Stage,
}

impl Town {
    /// A fresh one with these approved members.
    pub(crate) fn open(name: &str, members: &[&str]) -> Self {
        THREADS.block_on(async {
            let stage = Stage::open(postgres().await, &format!("town_{name}"), CONNECTIONS).await.unwrap();
            for nickname in members {
                join(&stage, nickname, "approved").await;
            }
            stage.settle().await.unwrap();
            Self { stage }
        })
    }

    /// One more, in this state: `approved`, `waiting` or `rejected`.
    pub(crate) fn join(&self, nickname: &str, state: &str) -> MemberId {
        THREADS.block_on(join(&self.stage, nickname, state))
    }

    /// One more approved member, who is a reviewer.
    pub(crate) fn join_reviewer(&self, nickname: &str) {
        let member = self.join(nickname, "approved");
        let granted = RoleGranted { member, role: Role::Reviewer, by: By::OPERATOR };
        let _ = THREADS.block_on(self.stage.give(Box::new(granted), story_time())).unwrap();
    }

    /// Waits until everything that was done has had its effect.
    pub(crate) fn settle(&self) {
        THREADS.block_on(self.stage.settle()).unwrap();
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.stage.address)
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        THREADS.block_on(self.stage.close());
    }
}
