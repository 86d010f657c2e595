//! Write to a member. Its number is given under the conversation's lock, so both see the same order.
//!
//! Who is blocked by the other, and has an old thread with her, is answered as ever; the other never gets it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SPEC;
use super::contract::{MessageSent, MessageWithheld};
use super::first_messages::FirstMessages;
use super::idempotency;
use super::message::Message;
use super::message_text::MESSAGE;
use super::pair::Pair;
use super::show_thread;
use super::thread_access::ThreadAccess;
use super::unanswered;
use crate::kernel::context::{Context, Tx};
use crate::kernel::failure::Failure;
use crate::kernel::id::MemberId;
use crate::shared::cards;
use crate::web::answer::{Created, SeeOther};
use crate::web::extract::{Form, Json, Path};
use crate::web::idempotency::{IdempotencyKey, SendingKey};
use crate::web::layout::Layout;
use crate::web::submission::FormKey;
use crate::web::visitor::Actor;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MessageDraft")]
pub(super) struct Input {
    /// 1 to 2,000 characters as people count them, on at most 100 lines; not blank, and no more than 8 marks on a
    /// character. Of blank lines in a row one is kept.
    #[schemars(length(min = 1))]
    text: String,
}

/// The message as it was sent.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "SentMessage")]
pub(super) struct Sent {
    #[serde(flatten)]
    message: Message,
    /// What is left of today's first messages, if this was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_messages: Option<FirstMessages>,
}

async fn run(
    ctx: &Context,
    from: MemberId,
    to: MemberId,
    text: &str,
    key: Option<SendingKey>,
) -> Result<Sent, Failure> {
    let text = MESSAGE.parse("text", text)?.into_inner();
    let mut tx = ctx.begin(&SPEC).await?;
    Pair::of(from, to).lock(&mut tx).await?;
    // Under the lock, so that times ascend as numbers do.
    tx.set_now(ctx.now());
    let thread_access = ThreadAccess::of(tx.conn(), from, to).await?;
    if let Some(key) = &key
        && let Some(before) = idempotency::before(&mut tx, key, (from, to), &text).await?
    {
        let was_first = before.number == 1;
        let first = if was_first { Some(FirstMessages::of(tx.conn(), ctx, from).await?) } else { None };
        let read = thread_access.others_read_to >= before.number;
        let message =
            Message { number: before.number, mine: true, text, at: before.at, read, removed: false };
        return Ok(Sent { message, first_messages: first });
    }
    let first_messages = match thread_access.newest {
        None => Some(FirstMessages::take(&mut tx, ctx, from).await?),
        Some(_) => None,
    };
    unanswered::check(&mut tx, ctx, (from, to), &text).await?;
    let number = thread_access.newest.unwrap_or_default() + 1;
    emit(&mut tx, thread_access, MessageSent { from, to, number, text: text.clone() }).await?;
    if let Some(key) = &key {
        idempotency::remember(&mut tx, key, (from, to), number).await?;
    }
    let at = tx.now();
    tx.commit().await?;
    Ok(Sent {
        message: Message { number, mine: true, text, at, read: false, removed: false },
        first_messages,
    })
}

async fn emit(tx: &mut Tx, thread_access: ThreadAccess, message: MessageSent) -> Result<(), Failure> {
    let applied = if thread_access.blocked {
        let MessageSent { from, to, number, text } = message;
        tx.emit(MessageWithheld { from, to, number, text }).await?
    } else {
        tx.emit(message).await?
    };
    if applied.changed() { Ok(()) } else { Err(Failure::internal("a number was given twice")) }
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Path(to): Path<MemberId>,
    IdempotencyKey(key): IdempotencyKey,
    Json(input): Json<Input>,
) -> Result<Created<Sent>, Failure> {
    Ok(Created(run(&ctx, actor.id, to, &input.text, key).await?))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Composed {
    text: String,
}

pub(super) async fn form(
    State(ctx): State<Context>,
    actor: Actor,
    shell: Layout,
    (Path(nickname), FormKey(key)): (Path<String>, FormKey),
    Form { input, state }: Form<Composed>,
) -> Result<Response, Failure> {
    let to = cards::named(ctx.pool(&SPEC), &SPEC, &nickname).await?;
    match run(&ctx, actor.id, to, &input.text, key).await {
        Ok(_) => Ok(SeeOther::to(format!("/chat/{nickname}#end")).into_response()),
        Err(failure) if may_mend(&failure) => {
            let composer = state.refused(&failure);
            Ok(show_thread::again(&ctx, &actor, shell, (to, composer), &failure).await?.into_response())
        }
        Err(failure) => Err(failure),
    }
}

/// True where her text is worth showing again.
fn may_mend(failure: &Failure) -> bool {
    let unanswered = failure.code() == unanswered::FULL.code;
    unanswered || matches!(failure.status(), StatusCode::UNPROCESSABLE_ENTITY | StatusCode::TOO_MANY_REQUESTS)
}
