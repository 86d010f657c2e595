//! Forms as pages send them: what was typed survives, what was pressed twice happens once, and no page acts for another
//! member than the one it was drawn for.

use chrono::TimeDelta;
use futures::future::join_all;
use pancake::dev::test_site::story_time;
use pancake::kernel::module::{ActionRecord, Face, Policy};
use sqlx::query_scalar;

use crate::house::{Answer, Ask, House, PASSWORD, Who};
use crate::routes::filled;
use crate::sources;

/// A member's words. Their markup and line break have to come back as they were.
const WORDS: &str = "text=Hi+%3Cb%3Eotto%3C%2Fb%3E%0D%0Aand+%22you%22";
const SHOWN: &str = "Hi &#60;b&#62;otto&#60;/b&#62;";
const JOINING: &str = "_key=k1&_for=-&nickname=olle&email=olle%40example.org&password=seven+pancakes&birthday=1996-03-14\
                       &gender=man&place=lund&idealGender=woman&idealFrom=25&idealTo=35&idealPlace=";

fn sends(target: &str, body: impl Into<Vec<u8>>) -> Ask {
    Ask::post(target).form(body)
}

/// All actions of forms.
fn forms(house: &House) -> Vec<ActionRecord> {
    let all = house.stage.ctx.registry().actions().iter();
    all.filter(|record| record.face == Face::Page && record.action.changes()).cloned().collect()
}

/// The hidden fields of the first login form of a page, as they are sent.
fn hidden(answer: &Answer) -> String {
    let page = scraper::Html::parse_document(&answer.text());
    let inputs = scraper::Selector::parse("form[action=\"/login\"] input[type=hidden]").unwrap();
    let pairs = page.select(&inputs).map(|input| (input.attr("name").unwrap(), input.attr("value").unwrap()));
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

async fn messages(house: &House) -> i64 {
    let chat = house.stage.ctx.unit_named("chat").unwrap();
    query_scalar("select count(*) from chat.message").fetch_one(&chat.pool).await.unwrap()
}

#[tokio::test]
async fn a_form_survives_the_end_of_its_login() {
    let house = House::open("house_forms_kept", 80).await;
    let maja = house.people.member;
    let body = format!("_key=k1&_for={maja}&{WORDS}");
    let refused = house.ask(&sends("/chat/otto", body.clone()), None).await;
    assert_eq!(refused.status, 401);
    assert!(refused.text().contains(SHOWN), "{}", refused.text());

    // A mistyped password loses nothing either.
    let wrong = format!("{}&nickname=maja&password=not+hers", hidden(&refused));
    let again = house.ask(&sends("/login", wrong), None).await;
    assert_eq!(again.status, 401);
    assert!(again.text().contains(SHOWN));

    let password = PASSWORD.replace(' ', "+");
    let login = format!("{}&nickname=maja&password={password}", hidden(&again));
    let opened = house.ask(&sends("/login", login.clone()), None).await;
    assert_eq!((opened.status, opened.header("location")), (307, "/chat/otto"));
    let cookie = opened.header("set-cookie");
    let token = cookie.split(['=', ';']).nth(1).unwrap().to_owned();
    // The browser sends the login's body there; the form by itself is the same message, too.
    for same in [login, body] {
        let sent = house.ask(&sends("/chat/otto", same), Some(&token)).await;
        assert_eq!((sent.status, sent.header("location")), (303, "/chat/otto#end"));
    }
    assert_eq!(messages(&house).await, 1);
    let thread = house.ask(&Ask::get("/chat/otto"), Some(&token)).await;
    assert!(thread.text().contains(SHOWN));
    house.close().await;
}

/// Whatever form it is: nothing is lost, and a login leads on to it or back to its page.
#[tokio::test]
async fn every_form_waits_for_a_login() {
    let house = House::open("house_forms_wait", 80).await;
    let mut waiting = 0;
    for record in forms(&house).into_iter().filter(|record| record.action.policy != Policy::Public) {
        let target = filled(&record);
        let ask = sends(&target, format!("_key=k1&_for={}&reason=Hello", house.people.member));
        let answer = house.ask(&ask, None).await;
        let page = answer.text();
        let carried = page.contains(&format!("name=\"_to\" value=\"{target}\""));
        if answer.status != 401 || !carried || !page.contains("name=\"_keep.reason\" value=\"Hello\"") {
            house.fault(&ask, &answer, "the form is lost");
        }
        waiting += 1;
    }
    assert!(waiting >= 20, "{waiting}");

    let change = "_key=k1&current=the+old+one&password=the+new+one";
    let ask = sends("/settings/password", change).with("referer", "http://127.0.0.1/settings?x=1");
    let answer = house.ask(&ask, None).await;
    assert_eq!(answer.status, 401);
    assert!(answer.text().contains("name=\"next\" value=\"/settings?x=1\""), "{}", answer.text());
    assert!(!answer.text().contains("the old one") && !answer.text().contains("the new one"));
    house.close().await;
}

#[tokio::test]
async fn a_page_acts_for_its_own_member_only() {
    let house = House::open("house_forms_other", 80).await;
    let (maja, otto) = (house.people.member, house.people.other);
    let token = house.token(Who::Member).await;
    let token = token.as_deref();
    for record in forms(&house) {
        let ask = sends(&filled(&record), format!("_key=k1&_for={otto}&{WORDS}"));
        let answer = house.ask(&ask, token).await;
        let page = answer.text();
        if answer.status != 409 || !page.contains("logged in as maja") || !page.contains(SHOWN) {
            house.fault(&ask, &answer, "done in the name of another");
        }
        let script = sends(&filled(&record), "").with("drawn-for", otto.to_string());
        let answer = house.ask(&script, token).await;
        if answer.status != 409 {
            house.fault(&script, &answer, "done in the name of another, by a script");
        }
    }
    for part in ["/nav", "/chat/rita?after=0", "/alerts", "/search"] {
        let ask = Ask::get(part).with("hx-request", "true");
        let other = house.ask(&ask.clone().with("drawn-for", otto.to_string()), token).await;
        let own = house.ask(&ask.with("drawn-for", maja.to_string()), token).await;
        assert_eq!((other.status, own.status), (409, 200), "{part}");
    }
    let stream = house.ask(&Ask::get(format!("/live?after=nav:0&_for={otto}")), token).await;
    assert_eq!(stream.status, 409);
    assert_eq!(messages(&house).await, 0);
    house.close().await;
}

#[tokio::test]
async fn a_second_press_has_the_outcome_of_the_first() {
    let house = House::open("house_forms_twice", 80).await;
    let accounts = "select count(*) from register.account where email = 'olle@example.org'";
    let register = house.stage.ctx.unit_named("register").unwrap().pool.clone();
    let join = sends("/register", JOINING);
    // On a slow line both are under way at once, and a third comes after them.
    let mut answers = join_all([house.ask(&join, None), house.ask(&join, None)]).await;
    answers.push(house.ask(&join, None).await);
    for answer in answers {
        assert_eq!((answer.status, answer.header("location")), (303, "/register/joined"));
    }
    let count: i64 = query_scalar(accounts).fetch_one(&register).await.unwrap();
    assert_eq!(count, 1);
    // What was changed is another form, and is told what a first one is told.
    let other = house.ask(&sends("/register", JOINING.replace("1996-03-14", "1997-03-14")), None).await;
    assert_eq!(other.status, 409);

    let token = house.token(Who::Member).await.unwrap();
    let change = format!("_key=k2&current={}&password=quite+another+one", PASSWORD.replace(' ', "+"));
    twice(&house, &sends("/settings/password", change), &token).await;
    twice(&house, &sends("/chat/otto", format!("_key=k3&{WORDS}")), &token).await;
    assert_eq!(messages(&house).await, 1);
    twice(&house, &sends("/flirt/otto", "_key=k3"), &token).await;
    house.close().await;
}

#[tokio::test]
async fn a_second_press_by_a_reviewer_is_no_conflict() {
    let house = House::open("house_forms_review", 80).await;
    for name in ["olle", "olga"] {
        let body = JOINING.replace("olle", name).replace("k1", name);
        assert_eq!(house.ask(&sends("/register", body), None).await.status, 303);
    }
    house.stage.settle().await.unwrap();
    let token = house.token(Who::Reviewer).await.unwrap();
    let queue = house.ask(&Ask::get("/api/review"), Some(&token)).await.json();
    let item = |at: usize| queue["items"][at]["item"].as_str().unwrap().to_owned();
    twice(&house, &sends(&format!("/review/{}/approve", item(0)), "_key=k4"), &token).await;
    twice(&house, &sends(&format!("/review/{}/reject", item(1)), "_key=k5&reason=Say+more."), &token).await;

    let other = house.token(Who::Reviewer).await.unwrap();
    let session = house.ask(&Ask::get("/api/session"), Some(&other)).await.json()["session"]
        .as_str()
        .unwrap()
        .to_owned();
    twice(&house, &sends(&format!("/settings/sessions/{session}/end"), "_key=k6"), &token).await;
    twice(&house, &sends("/settings/sessions/end-all", "_key=k7"), &token).await;
    house.close().await;
}

/// Both answers lead to the same page, and say the same there.
async fn twice(house: &House, ask: &Ask, token: &str) {
    let said = |answer: &Answer| {
        let cookies = answer.headers.get_all("set-cookie").iter().map(|it| it.to_str().unwrap().to_owned());
        (answer.status, answer.header("location").to_owned(), cookies.collect::<Vec<_>>())
    };
    let (first, second) = (house.ask(ask, Some(token)).await, house.ask(ask, Some(token)).await);
    assert_eq!(said(&first), said(&second), "{}", ask.target);
    assert_eq!(first.status, 303, "{}: {}", ask.target, first.text());
}

#[tokio::test]
async fn outcomes_are_kept_for_an_hour() {
    let house = House::open("house_forms_hour", 80).await;
    let token = house.token(Who::Member).await;
    let limits = house.stage.ctx.unit_named("limits").unwrap().pool.clone();
    let (mark, unmark) = (sends("/favorite/otto", "_key=k1"), sends("/favorite/otto/remove", "_key=k2"));
    for ask in [&mark, &unmark, &mark] {
        assert_eq!(house.ask(ask, token.as_deref()).await.status, 303);
    }
    let favorites = || async {
        house.ask(&Ask::get("/api/favorite"), token.as_deref()).await.json()["items"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(favorites().await, 0, "the third is the first once more");
    house.stage.set_time(story_time() + TimeDelta::minutes(61));
    assert_eq!(house.ask(&mark, token.as_deref()).await.status, 303);
    assert_eq!(favorites().await, 1);

    // What was refused is forgotten at once; nothing of it is left to answer with.
    let refused = house.ask(&sends("/chat/otto", "_key=k3&text="), token.as_deref()).await;
    assert_eq!(refused.status, 422);
    let under_way = "select count(*) from limits.submission where location is null";
    let count: i64 = query_scalar(under_way).fetch_one(&limits).await.unwrap();
    assert_eq!(count, 0);
    house.close().await;
}

#[tokio::test]
async fn what_is_refused_for_now_can_be_sent_again() {
    let house = House::open("house_forms_later", 80).await;
    let limits = house.stage.ctx.unit_named("limits").unwrap().pool.clone();
    assert_eq!(house.ask(&sends("/register", JOINING.replace("man", "nobody")), None).await.status, 422);
    sqlx::query("update limits.allowance set used = 1000000").execute(&limits).await.unwrap();
    let answer = house.ask(&sends("/register", JOINING), None).await;
    let page = answer.text();
    assert_eq!(answer.status, 429);
    assert!(
        page.contains("Send it again") && page.contains("name=\"email\" value=\"olle@example.org\""),
        "{page}"
    );
    assert!(
        page.contains("name=\"password\" type=\"password\"") && !page.contains("seven pancakes"),
        "{page}"
    );
    house.close().await;
}

/// A form without its seal would be sent in anybody's name.
#[test]
fn every_form_is_sealed() {
    let (mut sealed, mut loose) = (0, Vec::new());
    for file in sources::all().iter().filter(|file| file.path.starts_with("templates/")) {
        let text = &file.text;
        for (at, _) in text.match_indices("<form") {
            let rest = &text[at..];
            let tag = &rest[..=rest.find('>').unwrap()];
            if !tag.contains("method=\"post\"") {
                continue;
            }
            let inside = &rest[tag.len()..rest.find("</form>").unwrap()];
            // The form that is sent again has the seal of the first.
            if inside.contains("{% include \"part/seal.html\" %}") || inside.contains("kept.hidden()") {
                sealed += 1;
            } else {
                loose.push(format!("{}: {tag}", file.path));
            }
        }
    }
    assert!(
        sealed >= 20 && loose.is_empty(),
        "{sealed} are sealed, and these are not:\n{}",
        loose.join("\n")
    );
}
