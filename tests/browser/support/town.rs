//! A site with people in it, on a database of its own and over real HTTP. It runs on threads of its own, so that a
//! test can tell its story one step after the other.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use http_body_util::BodyExt;
use pancake::dev::test_site::{TestSite, story_time};
use pancake::kernel::event::AnyEvent;
use pancake::kernel::id::MemberId;
use pancake::modules::chat::contract::MessageSent;
use pancake::modules::media::contract::PhotoId;
use pancake::modules::review::contract::PhotoApproved;
use pancake::shared::people::DecidedBy;
use serde_json::Value;
use tokio::runtime::Runtime;
use tower::ServiceExt;

use crate::join::join;
use crate::postgres::postgres;

const CONNECTIONS: u16 = 48;

static THREADS: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
});

/// A site for browser tests, and the thread that serves it.
pub(crate) struct Town {
    pub(crate) stage: TestSite,
    people: RefCell<HashMap<String, MemberId>>,
}

impl Town {
    /// A fresh one with these approved members.
    pub(crate) fn open(name: &str, members: &[&str]) -> Self {
        let name = format!("town_{name}");
        let open = async || TestSite::open(postgres().await, &name, CONNECTIONS).await.unwrap();
        let town = Self { stage: THREADS.block_on(open()), people: RefCell::default() };
        for nickname in members {
            town.join(nickname, "approved");
        }
        town.settle();
        town
    }

    /// One more, in this state: `approved`, `waiting` or `rejected`.
    pub(crate) fn join(&self, nickname: &str, state: &str) -> MemberId {
        let member = THREADS.block_on(join(&self.stage, nickname, state));
        self.people.borrow_mut().insert(nickname.to_owned(), member);
        member
    }

    /// Who it is.
    pub(crate) fn id(&self, nickname: &str) -> MemberId {
        self.people.borrow()[nickname]
    }

    /// Something happened before the story begins.
    pub(crate) fn give(&self, event: impl AnyEvent + 'static) {
        let _ = THREADS.block_on(self.stage.give(Box::new(event), story_time())).unwrap();
    }

    /// One wrote to the other before the story begins. `number` counts what the two wrote, from 1.
    pub(crate) fn wrote(&self, from: &str, to: &str, number: i64, text: &str) {
        let (from, to, text) = (self.id(from), self.id(to), text.to_owned());
        self.give(MessageSent { from, to, number, text });
    }

    /// She uploaded a photo before the story begins, and a reviewer approved it.
    pub(crate) fn photo(&self, nickname: &str) -> PhotoId {
        let file = include_bytes!("../../../usecases/media/face.jpg");
        let mut request = Request::post("/api/media")
            .header("authorization", format!("Bearer {}", self.log_in(nickname)))
            .header("host", self.stage.address.to_string())
            .header("content-type", "image/jpeg")
            .body(Body::from(file.as_slice()))
            .unwrap();
        request.extensions_mut().insert(ConnectInfo(self.stage.address));
        let answer = THREADS.block_on(async {
            let answer =
                self.stage.router.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
            answer.into_body().collect().await.unwrap().to_bytes()
        });
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        let photo = serde_json::from_value(answer["photo"].clone());
        let photo = photo.unwrap_or_else(|_| panic!("no photo in {answer}"));
        let (member, alt, by) = (self.id(nickname), String::new(), DecidedBy::OPERATOR);
        self.give(PhotoApproved { member, photo, alt, by });
        photo
    }

    /// A new session of hers.
    pub(crate) fn log_in(&self, nickname: &str) -> String {
        THREADS.block_on(self.stage.login(self.id(nickname))).unwrap()
    }

    /// Ends her logins on whatever device.
    pub(crate) fn end_logins(&self, nickname: &str) {
        let (member, ctx) = (self.id(nickname), &self.stage.ctx);
        let register = ctx.unit_named("register").unwrap();
        THREADS.block_on(async {
            let ended = "delete from register.session where member = $1";
            sqlx::query(ended).bind(member).execute(&register.pool).await.unwrap();
        });
        ctx.sessions().forget_all();
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
