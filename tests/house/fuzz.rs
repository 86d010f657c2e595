//! Two thousand requests that nobody would write, from a seed: no fault of ours, whatever comes.

use pancake::kernel::module::{ActionRecord, Face};
use serde_json::json;

use crate::bodies::{Taken, fields, form, taken, with};
use crate::dice::Dice;
use crate::house::{Ask, House, Who};
use crate::routes::{NOBODY, actions, fill};

const REQUESTS: usize = 2_000;
const SEED: u64 = 0x0070_616e_6361_6b65;
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"];
const PARTS: [&str; 14] = [
    NOBODY,
    "otto",
    "maja",
    "wilma",
    "nobody",
    "%00",
    "%FF",
    "..",
    "",
    "x/y",
    "%F0%9F%A5%9E",
    "a%20b",
    "0",
    "all",
];
const QUERIES: [&str; 10] = [
    "",
    "max=5",
    "max=0",
    "from=x",
    "nickname=maja",
    "nickname=%00",
    "next=//evil.example",
    "next=%00",
    "max=1&max=1",
    "%",
];
const TEXTS: [&str; 10] = [
    "",
    "\u{0}",
    "maja",
    "otto",
    "x@example.org",
    "-1",
    "\u{202e}",
    "1990-02-30",
    "falun",
    "a long enough one",
];
const HEADERS: [(&str, &[u8]); 9] = [
    ("cookie", b"session=\xff; notice=%00%ff"),
    ("authorization", b"Bearer \xfe"),
    ("origin", b"null"),
    ("sec-fetch-site", b"cross-site"),
    ("x-forwarded-for", b"\xff, 999.1.1.1, ::1"),
    ("user-agent", b"\xe2\x80\xae\t\xff"),
    ("prefer", b"wait=\xff,,;"),
    ("hx-request", b"true"),
    ("content-type", b"application/json; charset=\xff"),
];

#[tokio::test]
async fn nothing_that_comes_is_a_fault_of_ours() {
    let house = House::open("house_fuzz", 80).await;
    let actions = actions(&house);
    let taken = taken();
    let mut dice = Dice::new(SEED);
    let everybody = [Who::Nobody, Who::Waiting, Who::Rejected, Who::Member, Who::Reviewer, Who::Admin];
    let mut tokens = tokens(&house, &everybody).await;
    let mut answered = std::collections::BTreeMap::<u16, usize>::new();
    for number in 0..REQUESTS {
        if number % 50 == 0 {
            // Some have logged out, and some have used up their allowances.
            house.forgive().await;
            tokens = self::tokens(&house, &everybody).await;
        }
        let ask = random(&mut dice, &actions, &taken);
        let answer = house.ask(&ask, dice.pick(&tokens).as_deref()).await;
        *answered.entry(answer.status).or_default() += 1;
    }
    house.stage.settle().await.unwrap();
    // Otherwise it would have looked at one refusal two thousand times.
    for status in [200, 303, 400, 401, 403, 404, 405, 415, 422] {
        assert!(answered.contains_key(&status), "no {status} in {answered:?}");
    }
    house.close().await;
}

/// Mostly what an action takes, a little spoilt; otherwise anything at all.
fn random(dice: &mut Dice, actions: &[ActionRecord], taken: &[Taken]) -> Ask {
    let fits = dice.roll(4) > 0;
    let known = taken.iter().filter_map(|taken| actions.iter().find(|record| record.title() == taken.title));
    let with_body: Vec<&ActionRecord> = known.collect();
    let record = if dice.roll(2) == 0 { dice.pick(actions) } else { *dice.pick(&with_body) };
    let (id, nickname): (&&str, &&str) = (dice.pick(&PARTS), dice.pick(&PARTS));
    let path = fill(&record.path, id, nickname);
    let method = if fits { record.action.method.clone() } else { dice.pick(&METHODS).parse().unwrap() };
    let mut ask = Ask::new(method, format!("{path}?{}", dice.pick(&QUERIES)));
    let own = taken.iter().find(|taken| taken.title == record.title()).filter(|_| fits);
    let mut value = own.unwrap_or_else(|| dice.pick(taken)).good.clone();
    for _ in 0..dice.roll(3) {
        let all = fields(&value);
        let Some(field) = all.get(dice.roll(all.len().max(1))) else { break };
        let new = match dice.roll(6) {
            0 => None,
            1 => Some(json!(dice.roll(200))),
            2 => Some(json!([null])),
            3 => Some(json!(i64::MIN)),
            _ => Some(json!(dice.pick(&TEXTS))),
        };
        value = with(&value, field, new);
    }
    ask = match (dice.roll(8), record.face) {
        (0, _) => ask,
        (1, Face::Json) | (2.., Face::Page) => ask.form(form(&value)),
        _ => ask.json(value.to_string()),
    };
    if dice.roll(4) == 0 && !ask.body.is_empty() {
        let at = dice.roll(ask.body.len());
        ask.body[at] = u8::try_from(dice.roll(256)).unwrap();
    }
    if dice.roll(3) == 0 {
        let (name, value) = dice.pick(&HEADERS);
        ask = ask.with(name, *value);
    }
    ask
}

async fn tokens(house: &House, everybody: &[Who]) -> Vec<Option<String>> {
    let mut tokens = Vec::new();
    for who in everybody {
        tokens.push(house.token(*who).await);
    }
    tokens
}
