//! Members from nothing: the events that their own clicks would publish, and an account.

use chrono::NaiveDate;
use pancake::dev::test_site::{TestSite, story_time};
use pancake::kernel::id::MemberId;
use pancake::modules::register::contract::MemberRegistered;
use pancake::modules::review::contract::{RegistrationApproved, RegistrationRejected};
use pancake::shared::people::{DecidedBy, Gender, Ideal};

/// Everybody's.
pub(crate) const PASSWORD: &str = "a long enough one";

/// Registers a person through the events that her own clicks would publish.
pub(crate) async fn join(stage: &TestSite, nickname: &str, state: &str) -> MemberId {
    let member: MemberId = stage.ctx.new_id();
    let (by, at) = (DecidedBy::OPERATOR, story_time());
    let (gender, place) = (Gender::Woman, "falun".to_owned());
    let birthday = NaiveDate::from_ymd_opt(1990, 5, 17).unwrap();
    let ideal = Ideal { gender: Gender::Man, from: 20, to: 40, place: None };
    let registered = MemberRegistered {
        member,
        nickname: nickname.to_owned(),
        gender,
        birthday,
        ideal: ideal.clone(),
        place: place.clone(),
        application: 1,
    };
    let _ = stage.give(Box::new(registered), at).await.unwrap();
    stage.enrol(member, &format!("{nickname}@example.org"), PASSWORD).await.unwrap();
    match state {
        "approved" => {
            let nickname = nickname.to_owned();
            let approved = RegistrationApproved { member, nickname, gender, birthday, ideal, place, by };
            let _ = stage.give(Box::new(approved), at).await.unwrap();
        }
        "rejected" => {
            let reason = "Say more.".to_owned();
            let rejected = RegistrationRejected { member, reason, by };
            let _ = stage.give(Box::new(rejected), at).await.unwrap();
        }
        _ => {}
    }
    member
}
