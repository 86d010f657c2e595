//! Bad input of every kind, to every action: a refusal that names the field, and never a fault of ours.

use axum::http::Method;
use pancake::kernel::module::{ActionRecord, Face, Policy};
use serde_json::{Value, json};

use crate::bodies::{self, Taken, fields, form, taken, with};
use crate::house::{Answer, Ask, House, Who};
use crate::routes::{NOBODY, actions, fill, filled};

/// What a person could not mean, for any text.
fn odd_values() -> Vec<Value> {
    let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
    vec![
        json!(null),
        json!(true),
        json!(7),
        json!(-1),
        json!(1.5),
        json!(2_147_483_648_i64),
        json!(u64::MAX),
        json!(""),
        json!("a\u{0}b"),
        json!("\u{0}"),
        json!("\u{202e}\u{feff}\u{fffd}"),
        json!("x".repeat(60_000)),
        json!([]),
        json!({}),
        json!(["a"]),
        deep,
    ]
}

#[tokio::test]
async fn every_body_is_in_the_list() {
    let house = House::open("house_bodies", 80).await;
    let known: Vec<&str> = taken().iter().map(|taken| taken.title).collect();
    for record in actions(&house).into_iter().filter(|record| changes(&record.action.method)) {
        // Whoever reads a body minds its type.
        let ask = Ask::new(record.action.method.clone(), filled(&record)).with("content-type", "image/png");
        let answer = house.ask(&ask, token_for(&house, &record).await.as_deref()).await;
        let title = record.title();
        let is_known = known.contains(&title.as_str());
        assert_eq!(
            answer.status == 415,
            is_known,
            "{title} answers {}: see tests/house/bodies.rs",
            answer.status
        );
        house.forgive().await;
    }
    house.close().await;
}

#[tokio::test]
async fn json_is_read_strictly() {
    let house = House::open("house_json", 80).await;
    for taken in taken() {
        let Some(record) = record(&house, &taken, Face::Json) else { continue };
        let send = Sender { house: &house, record: &record, who: taken.who };
        let good = taken.good.to_string();
        for text in ["", " ", "{", "nonsense", "\u{feff}{}", "[", "\"", "'", "{a:1}"] {
            send.json(text).await.is(400, "malformed JSON");
        }
        for text in ["{\"a\":}", "{}{}"] {
            send.json(text).await.is_4xx("malformed after what is refused already");
        }
        for text in [format!("{good} x"), good.replacen(':', " ", 1), good.replacen('"', "\"\\ud800", 1)] {
            send.json(text).await.is(400, "malformed JSON");
        }
        send.json(format!("{}1{}", "[".repeat(20_000), "]".repeat(20_000))).await.is_4xx("deep nesting");
        send.json([good.as_bytes(), b"\xff"].concat()).await.is(400, "bytes that are no text");
        // Inside of a text, if there is one.
        if good.contains(":\"") {
            let broken = good.replacen(":\"", ":\"\u{7f}", 1).replace('\u{7f}', "\n");
            send.json(broken).await.is(400, "a bare newline");
        }
        for text in ["null", "true", "7", "\"x\"", "[]", "{}"] {
            send.json(text).await.is(422, "another type than an object");
        }
        for field in fields(&taken.good) {
            spoil(&send, &taken, &field).await;
        }
        let objects = fields(&taken.good)
            .into_iter()
            .filter(|at| taken.good.pointer(&slashed(at)).unwrap().is_object());
        for object in objects.map(|at| format!("{at}.")).chain([String::new()]) {
            let unknown = format!("{object}shoeSize");
            send.json(with(&taken.good, &unknown, Some(json!(43))).to_string())
                .await
                .names(&unknown, "unknown");
        }
        house.forgive().await;
    }
    house.close().await;
}

/// Missing, twice, and of every odd value.
async fn spoil(send: &Sender<'_>, taken: &Taken, field: &str) {
    let optional = taken.is_optional(field);
    let without = send.json(with(&taken.good, field, None).to_string()).await;
    if !optional {
        without.names(field, "missing");
    }
    // The field again, right after itself.
    let name = field.rsplit('.').next().unwrap();
    let pair = format!("\"{name}\":{}", taken.good.pointer(&slashed(field)).unwrap());
    if taken.good.to_string().matches(&pair).count() == 1 {
        send.json(taken.good.to_string().replacen(&pair, &format!("{pair},{pair}"), 1))
            .await
            .names(field, "twice");
    }
    let is_text = taken.good.pointer(&slashed(field)).unwrap().is_string();
    for value in odd_values() {
        let same_type = is_text == value.is_string() && !value.is_null();
        let spoilt = with(&taken.good, field, Some(value.clone())).to_string();
        let sent = send.json(spoilt).await;
        let nul = value.as_str().is_some_and(|text| text.contains('\0'));
        match (&value, is_text) {
            (Value::Null, _) if optional => {}
            _ if nul => sent.names(field, "a NUL"),
            // Somebody may mean it, in a text that is hers to write.
            (Value::String(text), true) if text.contains('\u{202e}') => {
                if taken.is_hers(field) {
                    sent.is_taken("letters nobody sees");
                } else {
                    sent.is_4xx("letters nobody sees");
                }
            }
            (Value::String(_), true) if taken.free.contains(&field) => sent.is_4xx("any text"),
            (_, true) => sent.names(field, "an odd value"),
            // Numbers may be in range, and objects tell of what is in them.
            _ if same_type => {}
            _ => sent.is_4xx("an odd value"),
        }
    }
    // What JSON can write and no number can hold.
    for number in ["1e999", "-1e999", "99999999999999999999999999", "0x10", "NaN", "01", "1."] {
        let marked = with(&taken.good, field, Some(json!("#"))).to_string();
        send.json(marked.replacen("\"#\"", number, 1)).await.is_4xx("a number out of range");
    }
    send.house.forgive().await;
}

#[tokio::test]
async fn forms_are_read_strictly() {
    let house = House::open("house_forms", 80).await;
    for taken in taken() {
        let Some(record) = record(&house, &taken, Face::Page) else { continue };
        let send = Sender { house: &house, record: &record, who: taken.who };
        for bytes in [&b"\xff\xfe"[..], b"nickname=\xff", b"=\xc3\x28"] {
            send.form(bytes).await.is(400, "bytes that are no text");
        }
        for text in ["", "&", "=", "%", "%zz", "a=%ff%fe", "shoeSize=43", "a[b]=c", "{\"nickname\":1}"] {
            // Nothing at all is right where every field may be left out.
            let may_be_empty = fields(&taken.good).iter().all(|field| taken.is_optional(field));
            if !(may_be_empty && matches!(text, "" | "&")) {
                send.form(text).await.is_4xx("a form of something else");
            }
        }
        for field in fields(&taken.good) {
            for value in odd_values().iter().filter(|value| value.is_string()) {
                let text = value.as_str().unwrap();
                let optional = taken.is_optional(&field) && text.is_empty();
                let sent = send.form(form(&with(&taken.good, &field, Some(value.clone())))).await;
                if text.contains('\u{202e}') && taken.is_hers(&field) {
                    sent.is_taken("letters nobody sees");
                } else if !optional && !taken.free.contains(&field.as_str()) || text.contains('\0') {
                    sent.is_4xx("an odd value");
                }
            }
            house.forgive().await;
        }
    }
    house.close().await;
}

#[tokio::test]
async fn what_is_too_large_or_of_another_kind_is_refused() {
    let house = House::open("house_large", 80).await;
    let huge = vec![b' '; house.stage.ctx.registry().body_max() + 1024 * 1024];
    for record in actions(&house) {
        let token = token_for(&house, &record).await;
        for length in [house.stage.ctx.registry().body_max_of(&record) + 1, huge.len()] {
            let ask = Ask::new(record.action.method.clone(), filled(&record)).json(&huge[..length]);
            let answer = house.ask(&ask, token.as_deref()).await;
            if changes(&record.action.method) && answer.status != 413 {
                house.fault(&ask, &answer, "413 was expected");
            }
        }
        house.forgive().await;
    }
    for taken in taken() {
        for kind in
            ["text/plain", "multipart/form-data; boundary=x", "application/xml", "", "\u{fe}", "application"]
        {
            let record =
                house.stage.ctx.registry().actions().iter().find(|r| r.title() == taken.title).unwrap();
            let ask = Ask::new(record.action.method.clone(), filled(record))
                .with("content-type", kind)
                .holding(taken.good.to_string());
            let answer = house.ask(&ask, house.token(taken.who).await.as_deref()).await;
            if answer.status != 415 {
                house.fault(&ask, &answer, &format!("415 was expected for {kind:?}"));
            }
        }
        house.forgive().await;
    }
    house.close().await;
}

#[tokio::test]
async fn nobody_has_a_nonsense_id() {
    let house = House::open("house_ids", 80).await;
    let long = "x".repeat(3_000);
    let odd = [
        NOBODY,
        "00000000-0000-0000-0000-000000000000",
        "nobody",
        "%00",
        "maja%00",
        "%FF",
        "%C3%28",
        "%2e%2e",
        "..",
        "-1",
        "1e999",
        "%F0%9F%A5%9E",
        "'",
        "%27%3B%20drop%20table%20register.member%3B--",
        "%25",
        "%2F",
        "{member}",
        "null",
        &long,
    ];
    for record in actions(&house).into_iter().filter(|record| record.path.contains('{')) {
        let token = token_for(&house, &record).await;
        for id in odd {
            let ask = Ask::new(record.action.method.clone(), fill(&record.path, id, id));
            let ask = body_for(&record).map_or(ask.clone(), |good| match record.face {
                Face::Json => ask.clone().json(good.to_string()),
                Face::Page => ask.clone().form(form(&good)),
            });
            let answer = house.ask(&ask, token.as_deref()).await;
            // These are answered alike for everybody and for nobody: they would tell who has blocked whom.
            let alike = [
                "removes a favourite",
                "blocks a member",
                "unblocks a member",
                "closes her private album to a member",
                "declines what a member has asked",
            ]
            .contains(&record.action.says)
                && matches!(answer.status, 204 | 303);
            if answer.status != 404 && !alike {
                house.fault(&ask, &answer, "404 was expected");
            }
        }
        house.forgive().await;
    }
    let ask = Ask::get(format!("/api/profile/{}", "x".repeat(9_000)));
    let answer = house.ask(&ask, None).await;
    if answer.status != 414 {
        house.fault(&ask, &answer, "414 was expected");
    }
    house.close().await;
}

#[tokio::test]
async fn queries_are_read_strictly() {
    let house = House::open("house_queries", 80).await;
    let garbage = ["garbage", "", "%00", "%FF", "AAAA", "-1", "__________________________________________"];
    let numbers = ["0", "101", "x", "", "-1", "1.5", "1e999", "99999999999999999999", "%00", "5%00", "٣"];
    let mut lists = 0;
    for record in actions(&house).into_iter().filter(|record| record.action.method == Method::GET) {
        let token = token_for(&house, &record).await;
        let path = filled(&record);
        let ask = async |query: String| {
            let ask = Ask::get(format!("{path}?{query}"));
            let answer = house.ask(&ask, token.as_deref()).await;
            (ask, answer)
        };
        let is_list = ask("max=1".to_owned()).await.1.json()["hasMore"].is_boolean();
        lists += usize::from(is_list);
        let bad = numbers.map(|max| ("max", format!("max={max}"))).into_iter();
        let bad = bad.chain(garbage.map(|from| ("from", format!("from={from}"))));
        let bad = bad.chain([("shoeSize", "shoeSize=43".to_owned()), ("max", "max=1&max=2".to_owned())]);
        for (field, query) in bad.filter(|(_, query)| query.is_ascii()) {
            let (ask, answer) = ask(query).await;
            if is_list && (answer.status != 422 || answer.field() != field) {
                house.fault(&ask, &answer, &format!("422 at {field} was expected"));
            }
        }
        for query in ["&&&", "=", "%", "%zz", "a=b=c", "max", "from", &"a=b&".repeat(1_500)] {
            ask(query.to_owned()).await;
        }
        house.forgive().await;
    }
    assert!(lists >= 6, "{lists} lists");
    house.close().await;
}

/// Sends bodies to one action, each as a new login: some actions end it.
struct Sender<'s> {
    house: &'s House,
    record: &'s ActionRecord,
    who: Who,
}

/// An answer, with what it answers.
struct Sent<'s> {
    house: &'s House,
    ask: Ask,
    answer: Answer,
}

impl<'s> Sender<'s> {
    async fn json(&self, body: impl Into<Vec<u8>>) -> Sent<'s> {
        self.send(Ask::new(self.record.action.method.clone(), filled(self.record)).json(body)).await
    }

    async fn form(&self, body: impl Into<Vec<u8>>) -> Sent<'s> {
        self.send(Ask::new(self.record.action.method.clone(), filled(self.record)).form(body)).await
    }

    async fn send(&self, ask: Ask) -> Sent<'s> {
        let token = self.house.token(self.who).await;
        let mut answer = self.house.ask(&ask, token.as_deref()).await;
        if answer.status == 429 {
            self.house.forgive().await;
            answer = self.house.ask(&ask, token.as_deref()).await;
        }
        Sent { house: self.house, ask, answer }
    }
}

impl Sent<'_> {
    fn is(&self, status: u16, why: &str) {
        if self.answer.status != status {
            self.house.fault(&self.ask, &self.answer, &format!("{why}: {status} was expected"));
        }
    }

    fn is_4xx(&self, why: &str) {
        if !(400..500).contains(&self.answer.status) {
            self.house.fault(&self.ask, &self.answer, &format!("{why}: a refusal was expected"));
        }
    }

    fn is_taken(&self, why: &str) {
        if !(200..400).contains(&self.answer.status) {
            self.house.fault(&self.ask, &self.answer, &format!("{why}: it should be taken"));
        }
    }

    /// 422 at this field, or at one inside of it.
    fn names(&self, field: &str, why: &str) {
        let named = self.answer.field();
        let inside = named == field || named.starts_with(&format!("{field}."));
        if self.answer.status != 422 || !inside {
            self.house.fault(
                &self.ask,
                &self.answer,
                &format!("{why}: 422 at {field} was expected, not {named:?}"),
            );
        }
    }
}

fn record(house: &House, taken: &Taken, face: Face) -> Option<ActionRecord> {
    let all = house.stage.ctx.registry().actions();
    let record = all.iter().find(|record| record.title() == taken.title).expect("bodies.rs names an action");
    (record.face == face).then(|| record.clone())
}

fn body_for(record: &ActionRecord) -> Option<Value> {
    bodies::taken().into_iter().find(|taken| taken.title == record.title()).map(|taken| taken.good)
}

/// Of somebody whom the policy lets through.
pub(crate) async fn token_for(house: &House, record: &ActionRecord) -> Option<String> {
    let who = match record.action.policy {
        Policy::Public => Who::Nobody,
        Policy::Registered | Policy::Member => Who::Member,
        Policy::Reviewer => Who::Reviewer,
        Policy::Admin => Who::Admin,
    };
    house.token(who).await
}

pub(crate) fn changes(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD)
}

fn slashed(path: &str) -> String {
    format!("/{}", path.replace('.', "/"))
}
