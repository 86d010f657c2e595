//! Apply for membership. Whoever asks cannot learn whether an e-mail address is known here.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::query;

use super::contract::MemberRegistered;
use super::person::{self, Person, PersonForm, PersonInput};
use super::{SPEC, schemas};
use crate::kernel::context::Context;
use crate::kernel::failure::{Failure, Refusals};
use crate::kernel::id::{MemberId, TypedId};
use crate::shared::ideals::{IdealInput, Town};
use crate::shared::passwords::Password;
use crate::shared::people::Gender;
use crate::shared::places::{self, County};
use crate::shared::text::email::Email;
use crate::web::answer::{Created, Json, Page, SeeOther};
use crate::web::extract::Form;
use crate::web::form::FormState;
use crate::web::layout::Layout;
use crate::web::visitor;

/// An application for membership.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "Application")]
pub(super) struct Input {
    #[schemars(schema_with = "schemas::nickname")]
    nickname: String,
    #[schemars(schema_with = "schemas::email")]
    email: String,
    #[schemars(schema_with = "schemas::password")]
    password: String,
    #[schemars(schema_with = "schemas::birthday")]
    birthday: String,
    #[schemars(with = "Gender")]
    gender: String,
    ideal: IdealInput,
    #[schemars(with = "Town")]
    place: String,
}

/// The same for everybody, also where the e-mail address is taken: so it holds no id.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Applied")]
pub(super) struct Applied {
    nickname: String,
    state: visitor::State,
}

/// How to reach her, and how she will log in.
struct Account {
    email: Email,
    password: Password,
}

async fn run(ctx: &Context, input: Input) -> Result<Applied, Failure> {
    let (person, account) = parse(ctx, input)?;
    // Also where the address turns out to be taken, so that the answer takes as long.
    let hash = ctx.passwords().hash(account.password).await?;
    let nickname = person.nickname.clone();
    let member: MemberId = ctx.new_id();
    let mut tx = ctx.begin(&SPEC).await?;
    let _ = tx.emit(registered(member, person, 1)).await?;
    let new = query!(
        "insert into register.account (member, email, password) values ($1, $2, $3)
         on conflict (lower(email)) do nothing",
        member.uuid(),
        account.email.as_str(),
        hash
    )
    .execute(tx.conn())
    .await?;
    // Without a commit there is no account and no event; the answer is the same.
    if new.rows_affected() > 0 {
        tx.commit().await?;
    }
    Ok(Applied { nickname, state: visitor::State::Waiting })
}

fn parse(ctx: &Context, input: Input) -> Result<(Person, Account), Failure> {
    let mut refusals = Refusals::default();
    let email = refusals.take("email", person::email(&input.email));
    let password =
        refusals.take("password", person::password(&input.password, &[&input.nickname, &input.email]));
    let person = PersonInput {
        nickname: input.nickname,
        birthday: input.birthday,
        gender: input.gender,
        ideal: input.ideal,
        place: input.place,
    };
    let person = person::parse(&person, ctx.now(), &mut refusals);
    match (person, email, password) {
        (Some(person), Some(email), Some(password)) => Ok((person, Account { email, password })),
        _ => Err(refusals.failure()),
    }
}

/// The event of an application.
pub(super) fn registered(member: MemberId, person: Person, application: i32) -> MemberRegistered {
    let Person { nickname, birthday, gender, ideal, place } = person;
    MemberRegistered { member, nickname, gender, birthday, ideal, place, application }
}

pub(super) async fn json(
    State(ctx): State<Context>,
    Json(input): Json<Input>,
) -> Result<Created<Applied>, Failure> {
    Ok(Created(run(&ctx, input).await?))
}

#[derive(Debug, Deserialize)]
pub(super) struct JoinForm {
    email: String,
    password: String,
    #[serde(flatten)]
    person: PersonForm,
}

impl From<JoinForm> for Input {
    fn from(JoinForm { email, password, person }: JoinForm) -> Self {
        let PersonInput { nickname, birthday, gender, ideal, place } = person.into();
        Self { nickname, email, password, birthday, gender, ideal, place }
    }
}

#[derive(Template)]
#[template(path = "register/join.html")]
pub(super) struct JoinPage {
    shell: Layout,
    form: FormState,
    counties: &'static [County],
}

impl JoinPage {
    fn new(shell: Layout, form: FormState) -> Self {
        Self { shell: shell.titled("Join"), form, counties: places::counties() }
    }
}

pub(super) async fn page(shell: Layout) -> Page<JoinPage> {
    Page::new(JoinPage::new(shell, FormState::default()))
}

pub(super) async fn form(
    State(ctx): State<Context>,
    shell: Layout,
    Form { input, state }: Form<JoinForm>,
) -> Result<Response, Failure> {
    match run(&ctx, input.into()).await {
        Ok(_) => Ok(SeeOther::to("/register/joined").into_response()),
        Err(failure) if failure.is_of_a_form() => {
            Ok(Page::again(JoinPage::new(shell, state.refused(&failure)), &failure).into_response())
        }
        Err(failure) => Err(failure),
    }
}
