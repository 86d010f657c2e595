//! Conversations: the inbox, the thread of two members, sending, typing, and how far each has read.

pub mod contract;
mod first_messages;
mod idempotency;
mod keep_marks;
mod keep_messages;
mod keep_reported;
mod mark_read;
mod message;
mod message_text;
mod pair;
mod read_inbox;
mod read_thread;
mod report_message;
mod send_message;
mod show_thread;
mod show_typing;
mod thread_access;
mod unanswered;

use std::time::Duration;

use self::message_text::MESSAGE;
use crate::kernel::module::{Action, Kit, Module, ModuleSpec, Policy, Registry};
use crate::kernel::problem;
use crate::shared::{self, Wakes, paging};

pub struct Chat;

pub static SPEC: ModuleSpec = ModuleSpec {
    name: "chat",
    schema: "chat",
    segments: &["chat"],
    purpose: "Conversations of two: inbox, threads, typing, and what was read.",
    migrations: sqlx::migrate!("schemas/chat"),
    kit: &[Kit::People, Kit::Versions],
    owned: &["sending"],
};

/// Whoever has a thread with the other one; after a block only who blocks, for the other one must not notice.
const WAKES: Wakes = Wakes {
    cards: "select member from chat.thread where other = any($1)",
    pairs: "select t.member from unnest($1::uuid[], $2::uuid[]) as pair (blocker, blocked)
            join chat.thread t on t.member = pair.blocker and t.other = pair.blocked",
};
const DAY: Duration = Duration::from_hours(24);
/// Why the blocked one sees more than a block allows elsewhere.
const UNNOTICED: &str = "who is blocked keeps her old thread, so that she does not notice";

impl Module for Chat {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn register(&self, at: &mut Registry) {
        shared::keep_people_live(at, WAKES);
        shared::keep_portraits(at, 2, Some(WAKES));
        at.publishes::<contract::MessageSent>();
        at.listens(keep_messages::KeepMessages);
        at.publishes::<contract::MessageWithheld>();
        at.listens(keep_messages::KeepWithheld);
        at.publishes::<contract::MemberReadThread>();
        at.listens(keep_marks::KeepMarks);
        at.publishes::<contract::MessageReported>();
        at.listens(keep_reported::KeepReported);
        at.listens_since(3, keep_reported::RemoveMessages);

        let inbox = |path| {
            let inbox = Action::get(path, Policy::Member, "shows her conversations");
            inbox.despite_being_blocked(UNNOTICED)
        };
        at.json(inbox("/chat").refuses(paging::REFUSALS), read_inbox::json);
        at.html(inbox("/chat"), read_inbox::page);

        let thread = |path| {
            Action::get(path, Policy::Member, "shows the thread with a member")
                .despite_being_blocked(UNNOTICED)
        };
        let refused = [thread_access::SELF, problem::OUT_OF_RANGE, read_thread::TWO_WAYS];
        at.json(thread("/chat/{member}").refuses(&refused), read_thread::json);
        at.html(thread("/chat/{nickname}").leaves_trace(), show_thread::page);

        let send = |path| {
            Action::post(path, Policy::Member, "writes to a member")
                .takes_text(MESSAGE)
                .limited("messages", 1_000, DAY)
        };
        let refused = [thread_access::SELF, idempotency::REUSED, first_messages::TOO_MANY, unanswered::FULL];
        let send_json = send("/chat/{member}").refuses(&refused).refuses(&MESSAGE.problems());
        at.json(send_json, send_message::json);
        at.html(send("/chat/{nickname}"), send_message::form);

        let typing = |path| {
            let typing = Action::post(path, Policy::Member, "shows a member that she types");
            // One in three seconds, four hours long.
            typing.limited("typing", 5_000, DAY)
        };
        at.json(typing("/chat/{member}/typing").refuses(&[thread_access::SELF]), show_typing::json);
        at.html(typing("/chat/{nickname}/typing"), show_typing::form);

        let read = |path| Action::post(path, Policy::Member, "marks a thread as read");
        at.json(
            read("/chat/{member}/read").refuses(&[thread_access::SELF, mark_read::UNKNOWN]),
            mark_read::json,
        );
        at.html(read("/chat/{nickname}/read"), mark_read::form);
        reports(at);
    }
}

fn reports(at: &mut Registry) {
    let page =
        Action::get("/chat/{nickname}/report/{number}", Policy::Member, "shows the form to report a message");
    at.html(page.despite_being_blocked(UNNOTICED), report_message::page);
    // A person reads each of them.
    let report = |path| {
        Action::post(path, Policy::Member, "reports a message to the reviewers")
            .limited("reports", 30, DAY)
            .takes_text(report_message::REFUSES.words)
    };
    let refused = [thread_access::SELF];
    let json = report("/chat/{member}/report/{number}")
        .refuses(&refused)
        .refuses(&report_message::REFUSES.problems());
    at.json(json, report_message::json);
    at.html(report("/chat/{nickname}/report/{number}"), report_message::form);
}
