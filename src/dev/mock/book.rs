//! All examples, and the choice of the one that answers a request.
//!
//! What was named is taken. Else, in this order: the headers that an example needs, who does it to whom, the very
//! query, the very body, a success before a refusal, a list with items before an empty one, then whatever is
//! nearest and says most.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde_json::Value;
use uuid::Uuid;

use super::LIST;
use crate::dev::usecase::UseCases;
use crate::dev::usecase::cast::{Cast, Person};
use crate::dev::usecase::example::{self, Example, Sent};
use crate::dev::usecase::time::NOON;
use crate::dev::usecase::wire::fits;
use crate::kernel::failure::Failure;
use crate::kernel::id::{SessionId, TypedId};
use crate::kernel::module::{Policy, Registry};
use crate::kernel::problem::{self, Problem};
use crate::openapi;
use crate::shared::places;
use crate::web::visitor::{Actor, State};

const NO_USE_CASE: Problem =
    Problem::new(StatusCode::NOT_FOUND, "mock.no-use-case", "No use case asks this.");
const NO_SUCH_EXAMPLE: Problem =
    Problem::new(StatusCode::NOT_FOUND, "mock.no-such-example", "This call has no such example.");

/// What a mock can say.
pub struct Book {
    cast: Cast,
    examples: Vec<Example>,
    document: Value,
    /// Bytes of the longest body that an action takes.
    body_max: usize,
}

/// What is asked.
pub struct Asked<'a> {
    pub method: &'a Method,
    pub path: &'a str,
    pub query: Vec<(String, String)>,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
}

impl Book {
    pub fn of(registry: &Registry, usecases: UseCases) -> Self {
        let document = openapi::document(registry);
        let examples = example::examples(&usecases, &document);
        let document = openapi::with_examples(document, &example::of_operations(&examples));
        Self { cast: usecases.cast, examples, document, body_max: registry.body_max() }
    }

    /// How many answers there are.
    pub fn len(&self) -> usize {
        self.examples.len()
    }

    pub fn is_empty(&self) -> bool {
        self.examples.is_empty()
    }

    pub fn examples(&self) -> &[Example] {
        &self.examples
    }

    /// The API's description, with all examples.
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// Bytes of the longest body that an action takes.
    pub fn body_max(&self) -> usize {
        self.body_max
    }

    pub fn cast(&self) -> &Cast {
        &self.cast
    }

    /// The example that fits best.
    ///
    /// # Errors
    /// The problem that the mock answers with when no example fits: it says what would.
    pub fn choose(&self, asked: &Asked<'_>) -> Result<&Example, Failure> {
        let here = self.here(asked)?;
        if let Some(label) = preferred(asked.headers) {
            let named = here.iter().find(|example| example.label().eq_ignore_ascii_case(&label));
            return named.copied().ok_or_else(|| no_such(&label, &here));
        }
        let who = self.who(asked.headers)?;
        let here = self.admitted(here, who.as_deref())?;
        let sent = Sending::of(asked);
        here.into_iter()
            .enumerate()
            .max_by_key(|(order, example)| (sent.score(example, who.as_deref()), Reverse(*order)))
            .map(|(_, example)| example)
            .ok_or_else(nothing_here)
    }

    /// Those of the asked method and path; a fixed segment wins over a parameter, as in the router.
    fn here(&self, asked: &Asked<'_>) -> Result<Vec<&Example>, Failure> {
        let method = if asked.method == Method::HEAD { &Method::GET } else { asked.method };
        let at_path = self.examples.iter().filter(|example| fits(&example.pattern, asked.path));
        let (here, others): (Vec<_>, Vec<_>) = at_path.partition(|it| it.request.method == *method);
        let literal =
            |pattern: &str| pattern.split('/').map(|part| part.starts_with('{')).collect::<Vec<_>>();
        if let Some(nearest) = here.iter().map(|example| literal(&example.pattern)).min() {
            return Ok(here.into_iter().filter(|example| literal(&example.pattern) == nearest).collect());
        }
        let methods: BTreeSet<_> = others.iter().map(|it| it.request.method.as_str()).collect();
        let Ok(allow) = HeaderValue::try_from(methods.into_iter().collect::<Vec<_>>().join(", ")) else {
            return Err(nothing_here());
        };
        if allow.is_empty() {
            return Err(nothing_here());
        }
        let detail =
            "Use cases call this path, but not by this method; the Allow header names those they use.";
        let refusal = problem::METHOD_NOT_ALLOWED.saying(detail);
        Err(refusal.with_headers(HeaderMap::from_iter([(header::ALLOW, allow)])))
    }

    /// Whose token this is. A nickname is one, of the cast or of who comes into being in a case.
    fn who(&self, headers: &HeaderMap) -> Result<Option<String>, Failure> {
        let Some(sent) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
        let token = sent.to_str().ok().and_then(|text| text.split_once(' '));
        let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let nickname = token.map(|(_, nickname)| nickname.trim().to_lowercase()).unwrap_or_default();
        let known = self.cast.person(&nickname).is_some()
            || self.examples.iter().any(|example| example.actor.as_ref() == Some(&nickname));
        if known { Ok(Some(nickname)) } else { Err(Failure::unauthenticated()) }
    }

    /// What the action's policy leaves, as on the site: nobody gets no member's answer, and a member no reviewer's.
    fn admitted<'b>(&self, here: Vec<&'b Example>, who: Option<&str>) -> Result<Vec<&'b Example>, Failure> {
        let policy = here.iter().find_map(|example| example.action.as_ref()).map(|it| it.action.policy);
        let person = who.and_then(|nickname| self.cast.person(nickname));
        let refusal = match (who, person, policy) {
            (_, _, Some(Policy::Public)) => None,
            (None, _, _) => Some(Failure::unauthenticated()),
            (Some(_), Some(person), Some(policy)) => actor(person).passes(policy).err(),
            (Some(_), _, _) => None,
        };
        let Some(refusal) = refusal else { return Ok(here) };
        // A use case may tell of this very refusal.
        let own: Vec<_> = here.into_iter().filter(|example| example.actor.as_deref() == who).collect();
        if own.is_empty() { Err(refusal) } else { Ok(own) }
    }
}

/// A person of the cast as the site's guard would see her.
fn actor(person: &Person) -> Actor {
    let holds = |role: &str| person.role.as_deref() == Some(role);
    Actor {
        id: person.id,
        nickname: person.nickname.clone(),
        session: SessionId::of(Uuid::nil()),
        state: State::Approved,
        zone: places::zone(&person.place),
        reviewer: holds("reviewer"),
        admin: holds("admin"),
        used: NOON,
    }
}

/// A request as it is compared.
struct Sending<'a> {
    asked: &'a Asked<'a>,
    json: Option<Value>,
}

/// In the order in which it counts.
type Score = (bool, usize, bool, bool, bool, bool, bool, bool, bool, bool, usize, usize);

impl<'a> Sending<'a> {
    fn of(asked: &'a Asked<'a>) -> Self {
        Self { asked, json: serde_json::from_slice(asked.body).ok() }
    }

    fn score(&self, example: &Example, who: Option<&str>) -> Score {
        let (sent, asked) = (&example.request, self.asked);
        let met = |(name, value): &&(String, String)| {
            asked.headers.get(name).is_some_and(|came| came.as_bytes() == value.as_bytes())
        };
        let needs = sent.headers.iter().filter(met).count();
        let unreadable = matches!(&sent.body, Sent::Bytes(bytes) if bytes != asked.body);
        let path = sent.path == asked.path;
        let actor = example.actor.as_deref() == who;
        let mut queries = (sent.query.clone(), asked.query.clone());
        queries.0.sort_unstable();
        queries.1.sort_unstable();
        let body = match &sent.body {
            Sent::Nothing => asked.body.is_empty(),
            Sent::Json(json) => Some(json) == self.json.as_ref(),
            Sent::Bytes(_) => !unreadable,
        };
        let common = match (&sent.body, &self.json) {
            (Sent::Json(one), Some(other)) => in_common(one, other),
            _ => 0,
        } + sent.query.iter().filter(|pair| asked.query.contains(pair)).count();
        let says = example.response.body.as_ref().map_or(0, |body| body.to_string().len());
        (
            needs == sent.headers.len() && !unreadable,
            needs,
            // Whether somebody may do this to somebody is a matter of both.
            path && actor && example.pattern.contains('{'),
            !asked.query.is_empty() && queries.0 == queries.1,
            body,
            example.response.status < 400,
            // A list with somebody in it shows a front end more than whose list it is.
            !is_empty_list(example),
            queries.0 == queries.1,
            path,
            actor,
            common,
            says,
        )
    }
}

fn is_empty_list(example: &Example) -> bool {
    let items = example.response.body.as_ref().and_then(|body| body.get("items")?.as_array());
    items.is_some_and(Vec::is_empty)
}

/// Values that stand at the same places in both.
fn in_common(one: &Value, other: &Value) -> usize {
    match (one, other) {
        (Value::Object(fields), Value::Object(others)) => {
            let both = fields.iter().filter_map(|(key, value)| Some((value, others.get(key)?)));
            both.map(|(value, other)| in_common(value, other)).sum()
        }
        _ => usize::from(one == other),
    }
}

/// `Prefer: example="Feed can be retrieved in pages#2"`
fn preferred(headers: &HeaderMap) -> Option<String> {
    headers.get_all("prefer").iter().find_map(|value| {
        let text = value.to_str().ok()?;
        let (_, rest) = text.split_once("example=")?;
        match rest.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next(),
            None => rest.split([',', ';']).next(),
        }
        .map(|label| label.trim().to_owned())
    })
}

fn no_such(label: &str, here: &[&Example]) -> Failure {
    let labels: Vec<_> = here.iter().map(|example| format!("\"{}\"", example.label())).collect();
    let detail = format!("This call has no example \"{label}\". It has: {}.", labels.join(", "));
    NO_SUCH_EXAMPLE.saying(detail)
}

fn nothing_here() -> Failure {
    NO_USE_CASE.saying(format!(
        "{} GET {LIST} lists what this mock can answer; write a use case for more.",
        NO_USE_CASE.says
    ))
}
