//! The format, as far as it can be told without a server.

mod live;
mod toy;

use std::path::Path;

use std::path::PathBuf;

use serde_json::json;

use super::cast::Cast;
use super::fault::Faults;
use super::model::{Given, UseCase};
use super::names::Bindings;
use super::paint::Paint;
use super::read::Reader;
use super::summary::{Kind, facts, gaps};
use super::tree::Tree;
use super::{UseCases, book, graph, matching, story, wire};
use crate::kernel::module::Registry;

const CAST: &str = r#"
password = "a long and fixed one"
[bob]
gender = "man"
age = 22
ideal = { gender = "woman", from = 20, to = 25 }
place = "uppsala"
[ann]
gender = "woman"
birthday = "2000-06-02"
ideal = { gender = "man", from = 20, to = 30, place = "oslo" }
place = "oslo"
"#;

fn cast() -> Cast {
    let mut faults = Faults::of("cast.toml");
    let tree = Tree::parse(CAST, &mut faults).unwrap();
    let cast = Cast::read(&tree, &mut faults);
    assert!(faults.is_empty(), "{faults:?}");
    cast
}

/// The case in a text, and its errors as they are printed.
fn read(registry: &Registry, module: &'static str, text: &str) -> (Option<UseCase>, Vec<String>) {
    let cast = cast();
    let (folder, faults) = (Path::new("nowhere"), Faults::of("x.toml"));
    let mut reader = Reader { registry, cast: &cast, module, folder, draft: false, faults };
    let case = Tree::parse(text, &mut reader.faults).and_then(|tree| reader.case(&tree));
    (case, reader.faults.into_vec().iter().map(ToString::to_string).collect())
}

fn good(text: &str) -> UseCase {
    let (case, errors) = read(&toy::registry(), "letterbox", text);
    assert!(errors.is_empty(), "{errors:#?}");
    case.unwrap()
}

/// A case with its cast.
pub(super) fn only(text: &str) -> UseCases {
    UseCases { cast: cast(), cases: vec![good(text)] }
}

fn errors(text: &str) -> Vec<String> {
    read(&toy::registry(), "letterbox", text).1
}

const LETTERS: &str = r#"
name = "Letters come in pages"
about = "Pass `next` as `from`."
given = [
  { letter-sent = { letter = "00000000-0000-7000-9000-000000000001", from = "ann", to = "bob", text = "no {n}", pages = "{n}" }, repeat = 3, every = "2 hours", at = "-2 days" },
]
[[step]]
when = "GET /api/letterbox?max=2 as bob"
then = { body = { items = [{ from = "ann" }, { from = "ann" }], hasMore = true, next = "$next" } }
[[step]]
later = "30 days"
when = { POST = "/api/letterbox/ack", as = "bob", json = { upTo = "$next", text = "ann" } }
then = { status = 204, events = [{ letter-read = { member = "bob" } }] }
"#;

#[test]
fn a_case_is_read_with_people_repeats_and_captures() {
    let case = good(LETTERS);
    assert_eq!(case.people.len(), 2, "bob and ann are introduced");
    assert_eq!(case.people[0].nickname, "bob", "in the cast's order");
    let Given::Event(past) = &case.given[0] else { panic!("an event") };
    assert_eq!((past.repeat, past.every.num_hours(), past.at.unwrap().num_days()), (3, 2, -2));
    assert_eq!(case.steps[1].later.num_days(), 30);
}

#[test]
fn names_stand_for_ids_except_where_people_type() {
    let (case, cast) = (good(LETTERS), cast());
    let mut known = Bindings::new(&cast);
    known.bind("next", json!("a/b"));
    let Given::Event(past) = &case.given[0] else { panic!("an event") };
    known.number = Some(2);
    let event = known.event(&past.event);
    assert_eq!(event["from"], "00000000-0000-7000-8000-000000000002");
    assert_eq!((&event["text"], &event["pages"]), (&json!("no 2"), &json!(2)));
    assert_eq!(known.text(Some("text"), "{n}"), "2", "what is typed is a text");
    let super::model::When::Call(call) = &case.steps[1].when else { panic!("a call") };
    let wire = wire::Wire::of(call, &known);
    assert_eq!(String::from_utf8(wire.body).unwrap(), r#"{"text":"ann","upTo":"a/b"}"#);
}

#[test]
fn paths_take_ids_below_api_and_nicknames_on_pages() {
    let cast = cast();
    let known = Bindings::new(&cast);
    let registry = toy::registry();
    let post = wire::action(registry.actions(), &axum::http::Method::POST, "/api/post/ann");
    assert_eq!(wire::path("/api/post/ann", post, &known), "/api/post/00000000-0000-7000-8000-000000000002");
    assert_eq!(wire::path("/member/ann", None, &known), "/member/ann");
}

#[test]
fn the_story_reads_well() {
    let text = story::story(&cast(), &good(LETTERS), Paint(false));
    let wanted = r#"# letterbox: Letters come in pages
Pass `next` as `from`.

  GIVEN
  1. Approved 'bob' M 22, looking for F 20-25
  2. Approved 'ann' F 25, looking for M 20-30
  3. ann wrote to bob: no 1 (3 times, 2 hours apart) (2 days before)
  WHEN bob calls GET /api/letterbox with max = 2
  THEN
  1. No events
  2. HTTP response 200 OK
     { "items": [{ "from": "ann" }, { "from": "ann" }], "hasMore": true, "next": $next }
  WHEN 30 days later, bob calls POST /api/letterbox/ack
       { "upTo": $next, "text": "ann" }
  THEN
  1. bob read a letter
  2. HTTP response 204 No Content
"#;
    assert_eq!(text, wanted);
}

#[test]
fn every_error_has_its_line() {
    let found = errors(
        r#"name = "Wrong"
given = [
  { letter-snt = {} },
  { letter-sent = { letter = "00000000-0000-7000-9000-000000000001", from = "ann", to = "bob",
    txt = "a", text = "b", pages = 1 } },
  { letter-sent = { from = "ann", to = "bob" } },
]
when = "GET /api/letterbox?from=$next as bo"
then = { sttus = 200 }
"#,
    );
    assert_eq!(
        found,
        [
            "x.toml:3: unknown event letter-snt; did you mean letter-sent?",
            "x.toml:5: letter-sent has no field txt; did you mean text?",
            "x.toml:6: letter-sent: missing field `letter`",
            "x.toml:8: bo is not in the cast; did you mean bob?",
            "x.toml:9: then has no sttus; did you mean status?",
        ]
    );
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let sent = r#"letter-sent = { letter = "$any", from = "ann", to = "bob", text = "b", pages = 1 }"#;
    let of = |rest: &str| errors(&format!("name = \"Wrong\"\n{rest}\n"));
    let then = "then = { events = [] }";
    assert_eq!(
        of(&format!("when = \"GET /api/letterbocks as bob\"\n{then}")),
        ["x.toml:2: no module offers GET /api/letterbocks; did you mean /api/letterbox?"]
    );
    assert_eq!(
        of(&format!("when = \"PUT /api/letterbox as bob\"\n{then}")),
        ["x.toml:2: no module offers PUT /api/letterbox, only GET"]
    );
    assert!(of("when = \"PUT /api/letterbox as bob\"\nthen = { status = 405 }").is_empty());
    assert_eq!(
        of("when = \"POST /api/letterbox/ack as bob\"\nthen = { status = 204 }"),
        ["x.toml:3: say which events this publishes: events = [ … ], or events = []"]
    );
    assert_eq!(
        of("when = \"GET /api/letterbox?from=$next as bob\"\nthen = {}"),
        ["x.toml:2: nothing has bound $next by now"]
    );
    assert_eq!(
        of(&format!("when = \"GET /api/letterbox as bob\"\nthen = {{ events = [{{ {sent} }}] }}")),
        ["x.toml:3: letter-sent is published by post; a case expects events of letterbox"]
    );
    let (_, found) = read(
        &toy::registry(),
        "post",
        "name = \"Wrong\"\ngiven = [{ letter-read = { member = \"bob\" } }]\nwhen = \"POST /api/post/bob as ann\"\nthen = { events = [] }",
    );
    assert_eq!(found, ["x.toml:2: post does not listen to letter-read, so it cannot be given"]);
}

#[test]
fn people_are_introduced_as_the_case_says() {
    let of = |rest: &str| {
        let case = good(&format!("name = \"x\"\n{rest}\nwhen = \"GET /api/letterbox as bob\"\nthen = {{}}"));
        case.people.iter().map(|who| (who.nickname.clone(), who.events.len())).collect::<Vec<_>>()
    };
    assert_eq!(of(""), [("bob".to_owned(), 1)]);
    assert_eq!(of("people = { bob = \"absent\", ann = \"waiting\" }"), [("ann".to_owned(), 1)]);
}

#[test]
fn the_summary_knows_what_is_tested() {
    let registry = toy::registry();
    let facts = facts(&registry, &[good(LETTERS)]);
    let lines: Vec<_> = facts.iter().map(|fact| fact.line(9, Paint(false)).trim_end().to_owned()).collect();
    assert!(lines.contains(&"letterbox:   uri       tested  GET /api/letterbox".to_owned()), "{lines:#?}");
    assert!(lines.contains(&"letterbox: evt->  sub  tested  letter-sent  < post".to_owned()), "{lines:#?}");
    let gaps: Vec<_> = gaps(&facts).into_iter().map(|fact| (fact.kind, fact.what.as_str())).collect();
    assert_eq!(gaps, [(Kind::Uri, "POST /api/post/{member}"), (Kind::Uri, "GET /letterbox")]);
}

#[test]
fn the_graph_shows_who_tells_whom() {
    let registry = toy::registry();
    let dot = graph::dot(&graph::graph(&registry, &[good(LETTERS)], Some("letterbox")));
    assert!(dot.contains("\"letter-sent\" -> \"letterbox\";"), "{dot}");
    assert!(dot.contains("\"letterbox\" -> \"GET /letterbox\" [color=red];"), "{dot}");
    assert!(dot.contains("\"POST /api/letterbox/ack\" -> \"letter-read\";"), "{dot}");
    assert!(dot.contains(r#"label="GET /api/letterbox\n1 uc""#), "{dot}");
}

#[test]
fn the_book_notices_that_it_is_old() {
    let registry = toy::registry();
    let home: PathBuf = std::env::temp_dir().join(format!("book-{}", std::process::id()));
    let dir = home.join("usecases");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::create_dir_all(home.join("docs")).unwrap();
    let mut usecases = super::UseCases { cast: cast(), cases: vec![good(LETTERS)] };
    book::bless(&dir, &registry, &usecases).unwrap();
    book::check(&dir, &registry, &usecases).unwrap();
    usecases.cases[0].name.push('!');
    assert!(matches!(book::check(&dir, &registry, &usecases), Err(book::BookError::Stale { line: 6, .. })));
    std::fs::remove_dir_all(&home).unwrap();
}

#[test]
fn answers_are_compared_partially_and_lists_exactly() {
    let (case, cast) = (good(LETTERS), cast());
    let mut known = Bindings::new(&cast);
    let body = case.steps[0].then.body.as_ref().unwrap();
    let ann = "00000000-0000-7000-8000-000000000002";
    let answer =
        json!({ "items": [{ "from": ann, "id": 1 }, { "from": "ann" }], "hasMore": true, "next": 7 });
    assert!(matching::compare(body, Some(&answer), "", &mut known).is_empty());
    assert_eq!(known.get("next"), Some(&json!(7)));
    let other = json!({ "items": [{ "from": "eve" }], "hasMore": true, "next": 8 });
    let found: Vec<_> =
        matching::compare(body, Some(&other), "", &mut known).iter().map(ToString::to_string).collect();
    assert_eq!(found[0], r#"line 9: items should be 2 items, but is [{"from":"eve"}]"#);
    assert_eq!(found[1], "line 9: next should be 7 ($next), but is 8");
}

#[test]
fn a_missing_file_and_twins_are_errors() {
    let dir = std::env::temp_dir().join(format!("usecases-{}", std::process::id()));
    let registry = toy::registry();
    std::fs::create_dir_all(dir.join("letterbox")).unwrap();
    std::fs::create_dir_all(dir.join("leterbox")).unwrap();
    std::fs::write(dir.join("letterbox/a.toml"), LETTERS).unwrap();
    std::fs::write(dir.join("letterbox/b.toml"), LETTERS).unwrap();
    std::fs::write(dir.join("cast.toml"), CAST).unwrap();
    let found = super::load(&dir, &registry).unwrap_err().to_string();
    assert!(found.contains("there is no module leterbox; did you mean letterbox?"), "{found}");
    assert!(
        found.contains("letterbox/b.toml:2: ") && found.contains("has a use case of this name too"),
        "{found}"
    );
    std::fs::remove_dir_all(&dir).unwrap();
}
