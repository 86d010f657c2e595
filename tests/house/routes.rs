//! Every route that the registry knows, asked by everybody: the policy decides, and nothing else answers.

use axum::http::Method;
use pancake::kernel::module::{ActionRecord, Face, Policy};

use crate::house::{Answer, Ask, House, Who};

/// An id that nobody has.
pub(crate) const NOBODY: &str = "01890000-0000-7000-8000-000000000000";

#[tokio::test]
async fn without_a_session_only_public_routes_answer() {
    let house = House::open("house_strangers", 80).await;
    for record in actions(&house) {
        let ask = Ask::new(record.action.method.clone(), format!("{}?max=5", filled(&record)));
        for token in [None, Some("nonsense"), Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")] {
            let answer = house.ask(&ask, token).await;
            let refused = is_login(&ask, record.face, &answer);
            if (record.action.policy == Policy::Public) == refused {
                house.fault(&ask, &answer, &format!("{:?} without a session", record.action.policy));
            }
        }
    }
    house.close().await;
}

#[tokio::test]
async fn who_waits_gets_to_her_own_affairs_only() {
    for who in [Who::Waiting, Who::Rejected] {
        let house = House::open(&format!("house_{who:?}").to_lowercase(), 80).await;
        for record in actions(&house) {
            let answer = asked(&house, &record, who).await;
            let policy = record.action.policy;
            let inside = matches!(policy, Policy::Public | Policy::Registered);
            let refused = match (record.face, &record.action.method) {
                (Face::Json, _) => answer.1.status == 403 && answer.1.code() == "not-approved",
                (Face::Page, &Method::GET) => {
                    answer.1.status == 303 && answer.1.header("location") == "/welcome"
                }
                (Face::Page, _) => answer.1.status == 403,
            };
            // The front page is public, and sends her to her own.
            if inside == refused && record.path != "/" {
                house.fault(&answer.0, &answer.1, &format!("{policy:?} as {who:?}"));
            }
        }
        house.close().await;
    }
}

#[tokio::test]
async fn a_member_without_a_role_reviews_nothing() {
    let house = House::open("house_members", 80).await;
    let mut reviewing = 0;
    for record in actions(&house) {
        let (ask, answer) = asked(&house, &record, Who::Member).await;
        let closed = matches!(record.action.policy, Policy::Reviewer | Policy::Admin);
        reviewing += usize::from(closed);
        if closed != (answer.status == 403) {
            house.fault(&ask, &answer, &format!("{:?} as a member", record.action.policy));
        }
        if closed && record.face == Face::Json && answer.code() != "role-missing" {
            house.fault(&ask, &answer, "role-missing was expected");
        }
        if record.action.policy == Policy::Reviewer {
            let (ask, answer) = asked(&house, &record, Who::Reviewer).await;
            if matches!(answer.status, 401 | 403) {
                house.fault(&ask, &answer, "a reviewer may");
            }
        }
    }
    assert!(reviewing >= 8, "{reviewing}");
    house.close().await;
}

/// Looking ahead and asking which methods there are goes the same way.
#[tokio::test]
async fn other_methods_are_named_or_refused() {
    let house = House::open("house_methods", 80).await;
    let all = actions(&house);
    for record in &all {
        let path = filled(record);
        let known: Vec<&Method> =
            all.iter().filter(|other| fits(&other.path, &path)).map(|other| &other.action.method).collect();
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"] {
            let method: Method = method.parse().unwrap();
            let reads = method == Method::HEAD && known.contains(&&Method::GET);
            if known.contains(&&method) || reads {
                continue;
            }
            let ask = Ask::new(method, &path);
            let answer = house.ask(&ask, house.token(Who::Member).await.as_deref()).await;
            let allow = answer.header("allow");
            if answer.status != 405 || !known.iter().all(|known| allow.contains(known.as_str())) {
                house.fault(
                    &ask,
                    &answer,
                    &format!("405 was expected, with {known:?} in Allow, not {allow}"),
                );
            }
        }
        if record.action.method == Method::GET {
            let ask = Ask::new(Method::HEAD, &path);
            let token = house.token(Who::Reviewer).await;
            let (head, get) = (
                house.ask(&ask, token.as_deref()).await,
                house.ask(&Ask::get(&path), token.as_deref()).await,
            );
            if head.status != get.status || !head.body.is_empty() {
                house.fault(&ask, &head, &format!("GET gives {}, and HEAD has no body", get.status));
            }
        }
    }
    house.close().await;
}

/// One path may fit several routes: `/api/session/all` and `/api/session/{session}`. The most literal wins.
fn fits(route: &str, path: &str) -> bool {
    route == path
        || (route.contains('{')
            && route.split('/').count() == path.split('/').count()
            && route.split('/').zip(path.split('/')).all(|(one, other)| {
                one == other || (one.starts_with('{') && matches!(other, NOBODY | "otto" | "1"))
            }))
}

async fn asked(house: &House, record: &ActionRecord, who: Who) -> (Ask, Answer) {
    let ask = Ask::new(record.action.method.clone(), filled(record));
    let token = house.token(who).await;
    let answer = house.ask(&ask, token.as_deref()).await;
    house.forgive().await;
    (ask, answer)
}

/// 401 for programs; for people the way to the login, and from there back to a page. A form meets the login where it is
/// sent.
fn is_login(ask: &Ask, face: Face, answer: &Answer) -> bool {
    if face == Face::Json {
        return answer.status == 401
            && answer.code() == "unauthenticated"
            && answer.header("www-authenticate") == "Bearer";
    }
    if ask.method != Method::GET {
        return answer.status == 401 && answer.text().contains("action=\"/login\"");
    }
    let next: String = form_urlencoded::byte_serialize(ask.target.as_bytes()).collect();
    answer.status == 303 && answer.header("location") == format!("/login?next={next}")
}

/// All actions, for a test that must not forget one.
pub(crate) fn actions(house: &House) -> Vec<ActionRecord> {
    let actions = house.stage.ctx.registry().actions().to_vec();
    assert!(actions.len() >= 40, "{} actions", actions.len());
    actions
}

/// The path with something in its parameters that could be there.
pub(crate) fn filled(record: &ActionRecord) -> String {
    fill(&record.path, NOBODY, "otto")
}

/// The path with these parameters.
pub(crate) fn fill(path: &str, id: &str, nickname: &str) -> String {
    let part = |part: &str| match part {
        "{nickname}" => nickname.to_owned(),
        "{number}" => "1".to_owned(),
        part if part.starts_with('{') => id.to_owned(),
        part => part.to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}
