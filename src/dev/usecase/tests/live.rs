//! Streams, and what happens while somebody waits.

use serde_json::json;

use super::super::model::{End, Given, News, When};
use super::*;

const LISTENS: &str = r#"
name = "A letter is heard of at once"
given = [{ letter-sent = { letter = "00000000-0000-7000-9000-000000000001", from = "ann", to = "bob", text = "no {n}", pages = 1 }, repeat = 2 }]
[[step]]
when = "GET /api/letterbox as bob"
then = { body = { after = "gate:$gate,letterbox:$version" } }
[[step]]
stream = "GET /letterbox?after=letterbox:$version as bob"
meanwhile = [
  { letter-sent = { letter = "00000000-0000-7000-9000-000000000002", from = "ann", to = "bob", text = "no {n}", pages = "{n}" }, repeat = 2 },
  "POST /api/post/bob as ann",
  { POST = "/api/letterbox/ack", as = "bob", json = {}, then = { status = 404 } },
]
then = { receives = ["letterbox", "typing by ann"], ends = "elsewhere", events = [{ letter-read = { member = "bob" } }] }
[[step]]
later = "2 days"
when = "GET /api/letterbox?after=$version&wait=5 as bob"
meanwhile = ["POST /api/post/bob as ann"]
then = { body = { items = [] } }
"#;

#[test]
fn a_stream_is_read_with_what_happens_meanwhile_and_what_is_heard() {
    let case = good(LISTENS);
    let step = &case.steps[1];
    assert!(matches!(&step.when, When::Stream(call) if call.action.is_some()));
    assert_eq!(step.meanwhile.len(), 3);
    let Given::Event(past) = &step.meanwhile[0] else { panic!("an event") };
    assert_eq!((past.repeat, past.every.num_seconds()), (2, 0), "at one moment");
    let heard = [News::Changed("letterbox".into()), News::Typing("ann".into())];
    assert_eq!((step.then.receives.as_slice(), step.then.ends), (heard.as_slice(), Some(End::Elsewhere)));
    assert_eq!(case.people.len(), 2, "whoever acts meanwhile is introduced");
    assert!(matches!(case.steps[2].when, When::Call(_)));
    assert_eq!(case.steps[2].meanwhile.len(), 1);
}

#[test]
fn a_capture_may_be_a_word_among_others() {
    let (case, cast) = (good(LISTENS), cast());
    let mut known = Bindings::new(&cast);
    let body = case.steps[0].then.body.as_ref().unwrap();
    let differs = |after: &str, known: &mut Bindings<'_>| {
        !matching::compare(body, Some(&json!({ "after": after })), "", known).is_empty()
    };
    for other in
        ["gate:1", "gate:1,letterbox", "gate:1;letterbox:2", "gate:1,post:2", "gate:1,letterbox:2,post:3"]
    {
        assert!(differs(other, &mut Bindings::new(&cast)), "{other}");
    }
    assert!(!differs("gate:1,letterbox:20", &mut known));
    assert_eq!(known.get("version"), Some(&json!("20")));
    assert!(differs("gate:1,letterbox:21", &mut known), "bound by now");
    let When::Stream(call) = &case.steps[1].when else { panic!("a stream") };
    assert_eq!(wire::Wire::of(call, &known).target, "/letterbox?after=letterbox%3A20");
}

#[test]
fn a_stream_reads_well_aloud() {
    let text = story::told(&cast(), &good(LISTENS), Paint(false));
    let wanted = r#"  WHEN bob listens at GET /letterbox with after = letterbox:$version
  MEANWHILE
  1. ann wrote to bob: no 1 (2 times)
  2. ann calls POST /api/post/bob
  3. bob calls POST /api/letterbox/ack, and gets 404 Not Found
     {}
  THEN
  1. bob read a letter
  2. bob hears of letterbox
  3. bob is told that ann types
  4. the stream ends: elsewhere
  WHEN 2 days later, bob calls GET /api/letterbox with after = $version, wait = 5
  MEANWHILE
  1. ann calls POST /api/post/bob
  THEN
  1. No events
  2. HTTP response 200 OK
     { "items": [] }
"#;
    assert!(text.ends_with(wanted), "{text}");
}

#[test]
fn the_summary_counts_streams_as_calls_and_meanwhile_as_given() {
    let registry = toy::registry();
    let case = good(
        r#"
name = "A letter is heard of at once"
stream = "GET /letterbox as bob"
meanwhile = [{ letter-sent = { letter = "00000000-0000-7000-9000-000000000002", from = "ann", to = "bob", text = "a", pages = 1 } }]
then = { receives = [] }
"#,
    );
    let text = story::told(&cast(), &case, Paint(false));
    assert!(text.ends_with("  1. No events\n  2. bob hears nothing\n"), "{text}");
    let facts = facts(&registry, &[case]);
    let tested = |what: &str| facts.iter().any(|fact| fact.what == what && fact.tested == Some(true));
    assert!(tested("GET /letterbox"));
    assert!(tested("letter-sent"));
    assert!(!tested("GET /api/letterbox"));
}

#[test]
fn what_a_stream_cannot_say_is_refused() {
    let of = |rest: &str| errors(&format!("name = \"Wrong\"\n{rest}\n"));
    let stream = "stream = \"GET /letterbox as bob\"";
    assert_eq!(
        of(&format!(
            "{stream}\nthen = {{ receives = [\"leterbox\", \"typing by an\", \"typing\"], ends = \"soon\" }}"
        )),
        [
            "x.toml:3: there is no module leterbox; did you mean letterbox?",
            "x.toml:3: an is not in the cast; did you mean ann?",
            "x.toml:3: there is no module typing; a stream receives modules, and \"typing by nancy\"",
            "x.toml:3: a stream ends logged-out or elsewhere, not soon",
        ]
    );
    assert_eq!(
        of(&format!("{stream}\nthen = {{}}")),
        ["x.toml:3: say what the stream receives: receives = [\"chat\"], or receives = []"]
    );
    assert_eq!(
        of(&format!("at-once = 2\n{stream}\nthen = {{ receives = [], status = 401 }}")),
        [
            "x.toml:3: at-once is for calls: one stream is listened to",
            "x.toml:4: of a stream one says headers, receives, ends and events; a refused one is a when",
        ]
    );
    assert_eq!(
        of(&format!("{stream}\nwhen = \"GET /letterbox as bob\"\nthen = {{ receives = [] }}")),
        ["x.toml:1: a step has a when or a stream: not both"]
    );
    let call = "when = \"GET /api/letterbox as bob\"";
    assert_eq!(
        of(&format!("{call}\nthen = {{ receives = [] }}")),
        ["x.toml:3: only a stream receives and ends: stream = \"GET /live as bob\""]
    );
    let meanwhile = "meanwhile = [\"POST /api/post/ann as bob\"]";
    assert_eq!(
        of(&format!("at-once = 2\n{call}\n{meanwhile}\nthen = {{}}")),
        ["x.toml:3: at-once and meanwhile do not go together: one call waits"]
    );
    assert_eq!(
        of(&format!("when = {{ letter-read = {{ member = \"bob\" }} }}\n{meanwhile}\nthen = {{}}")),
        ["x.toml:3: meanwhile goes with a stream, or with a call that waits"]
    );
    assert_eq!(
        of(&format!(
            "{call}\nmeanwhile = [{{ letter-read = {{ member = \"bob\" }}, at = \"-1 day\" }}]\nthen = {{}}"
        )),
        ["x.toml:3: what happens meanwhile happens now: at cannot be said"]
    );
    assert_eq!(
        of(&format!(
            "{stream}\nmeanwhile = [\"POST /api/letterbox/ack as bob\"]\nthen = {{ receives = [] }}"
        )),
        ["x.toml:4: say which events this publishes: events = [ … ], or events = []"]
    );
    assert_eq!(
        of(&format!("{call}\nthen = {{ signals = [\"member-typing\"] }}")),
        ["x.toml:3: then has no signals"]
    );
    assert_eq!(
        of("stream = \"GET /letterbox?after=chat:$v as bob\"\nthen = { receives = [] }"),
        ["x.toml:2: nothing has bound $v by now"]
    );
}
