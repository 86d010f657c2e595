//! Makes up what an answer needs beyond what a case expects of it: the same every time, and of one piece. Who has
//! the nickname has the id, the age and the place that go with it.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::answer::echo;
use super::{Request, schema};
use crate::dev::usecase::cast::Person;
use crate::dev::usecase::names::{ANY, Bindings, NONE, capture, captures, stand_in};
use crate::dev::usecase::time::NOON;
use crate::dev::usecase::tree::{Node, Tree};
use crate::dev::usecase::wire::inside;
use crate::kernel::id::{MemberId, TypedId};
use crate::shared::paging::Cursor;
use crate::shared::people::age;
use crate::shared::places;

/// How deep an answer goes. None is deeper than five.
const DEPTH_MAX: usize = 16;

/// What an answer follows from.
pub(super) struct Root<'a> {
    pub(super) asked: &'a Request,
    pub(super) caller: Option<MemberId>,
    pub(super) clock: DateTime<Utc>,
}

/// Builds one body.
pub(super) struct Fill<'f, 'c> {
    document: &'f Value,
    known: &'f mut Bindings<'c>,
    root: Root<'f>,
    absent: &'f [String],
    /// Whoever a list may show, in the order of its items.
    pool: Vec<&'c Person>,
}

/// Where in the body we are.
#[derive(Clone)]
struct Spot {
    key: String,
    /// In the nearest list.
    item: Option<usize>,
    depth: usize,
}

impl Spot {
    fn field(&self, key: &str) -> Self {
        Self { key: key.to_owned(), item: self.item, depth: self.depth + 1 }
    }

    fn item(&self, number: usize) -> Self {
        Self { key: self.key.clone(), item: Some(number), depth: self.depth + 1 }
    }

    /// What tells this value from others of its key.
    fn name(&self) -> String {
        self.item.map_or_else(|| self.key.clone(), |item| format!("{}-{}", self.key, item + 1))
    }
}

impl<'f, 'c> Fill<'f, 'c> {
    pub(super) fn new(
        document: &'f Value,
        known: &'f mut Bindings<'c>,
        root: Root<'f>,
        absent: &'f [String],
    ) -> Self {
        Self { document, known, root, absent, pool: Vec::new() }
    }

    /// The whole.
    pub(super) fn body(&mut self, wanted: Option<&Tree>, schema: Option<&Value>) -> Value {
        let mut named = Vec::new();
        wanted.into_iter().for_each(|tree| tree.each_text(None, &mut |_, text| named.extend(text.text())));
        let caller = self.root.caller;
        let shown = |person: &&Person| {
            Some(person.id) != caller && person.role.is_none() && !named.contains(&person.nickname.as_str())
        };
        self.pool = self.known.cast.people.iter().filter(shown).collect();
        self.value(wanted, schema, &Spot { key: String::new(), item: None, depth: 0 })
    }

    fn value(&mut self, wanted: Option<&Tree>, schema: Option<&Value>, at: &Spot) -> Value {
        if at.depth > DEPTH_MAX {
            return Value::Null;
        }
        let Some(schema) = schema else { return self.undescribed(wanted, at) };
        let schema = schema::resolve(self.document, schema);
        let Some(wanted) = wanted else {
            if schema::nullable(self.document, &schema) {
                return Value::Null;
            }
            return self.made_up(&self.chosen(&schema, None), at);
        };
        let schema = self.chosen(&schema, Some(wanted));
        match &wanted.node {
            Node::Text(text) => self.text(text, Some(&schema), at),
            Node::List(items) => {
                let of = schema.get("items").cloned();
                let item = |(number, item)| self.value(Some(item), of.as_ref(), &at.item(number));
                items.iter().enumerate().map(item).collect()
            }
            Node::Table(_) => self.object(Some(wanted), &schema, at),
            Node::Bool(_) | Node::Number(_) => self.known.json(None, wanted),
        }
    }

    /// Of an action that no module offers yet: what the case says, and no more.
    fn undescribed(&mut self, wanted: Option<&Tree>, at: &Spot) -> Value {
        let Some(wanted) = wanted else { return Value::Null };
        match &wanted.node {
            Node::Text(text) => self.text(text, None, at),
            Node::List(items) => {
                let item = |(number, item)| self.value(Some(item), None, &at.item(number));
                items.iter().enumerate().map(item).collect()
            }
            Node::Table(fields) => {
                let of = |field: &crate::dev::usecase::tree::Field| {
                    (field.key.clone(), self.value(Some(&field.value), None, &at.field(&field.key)))
                };
                Value::Object(fields.iter().map(of).collect())
            }
            Node::Bool(_) | Node::Number(_) => self.known.json(None, wanted),
        }
    }

    /// The choice that fits: by the kind of what is wanted, and by what tells choices apart.
    fn chosen(&self, schema: &Value, wanted: Option<&Tree>) -> Value {
        let choices = schema::choices(self.document, schema);
        let fits = |choice: &&Value| match wanted.map(|tree| &tree.node) {
            Some(Node::Table(fields)) => {
                schema::kind(choice) == "object"
                    && fields.iter().all(|field| {
                        match (schema::property(choice, &field.key), field.value.text()) {
                            (None, _) => field.value.text() == Some(NONE),
                            (Some(property), Some(text)) => {
                                property.get("const").is_none_or(|only| *only == json!(text))
                            }
                            (Some(_), None) => true,
                        }
                    })
            }
            Some(Node::List(_)) => schema::kind(choice) == "array",
            _ => schema::kind(choice) != "null",
        };
        choices.iter().find(fits).or(choices.first()).cloned().unwrap_or_else(|| schema.clone())
    }

    fn text(&mut self, text: &str, schema: Option<&Value>, at: &Spot) -> Value {
        if text == NONE {
            return Value::Null;
        }
        if let Some(name) = capture(text) {
            if let Some(bound) = self.known.get(name) {
                return bound.clone();
            }
            let value = self.made_up_as(name, schema, at);
            self.known.bind(name, value.clone());
            return value;
        }
        if text == ANY {
            return self.made_up_as(&at.name(), schema, at);
        }
        if captures(text).next().is_some() {
            return self.words(text);
        }
        let names_somebody = schema.is_none_or(|schema| schema::format(schema) == "uuid");
        if names_somebody { self.known.text(Some(&at.key), text) } else { text.into() }
    }

    /// Captures among other words stand for numbers, as in a cursor: `alerts:1,chat:1`.
    fn words(&mut self, text: &str) -> Value {
        for name in captures(text) {
            if self.known.get(name).is_none() {
                self.known.bind(name, "1".into());
            }
        }
        inside(text, self.known).into()
    }

    fn made_up_as(&mut self, name: &str, schema: Option<&Value>, at: &Spot) -> Value {
        match schema {
            Some(schema) if schema::format(schema) == "uuid" => stand_in(name).to_string().into(),
            Some(schema) if schema::kind(schema) != "null" => self.made_up(schema, at),
            _ => self.opaque(name, at),
        }
    }

    /// By the key alone.
    fn opaque(&self, name: &str, at: &Spot) -> Value {
        match at.key.as_str() {
            "next" => self.cursor(name),
            "token" => self.token(),
            "at" => self.time(at),
            key if key.ends_with("At") => self.time(at),
            _ => stand_in(name).to_string().into(),
        }
    }

    /// What stands where a case says nothing.
    fn made_up(&mut self, schema: &Value, at: &Spot) -> Value {
        let said = |key: &str| schema.get(key).cloned();
        let first = |key: &str| schema.get(key).and_then(Value::as_array)?.first().cloned();
        let told = said("const").or_else(|| first("examples")).or_else(|| first("enum"));
        if let Some(value) = told.or_else(|| said("default")) {
            return value;
        }
        match schema::kind(schema) {
            "object" => self.object(None, schema, at),
            "array" => self.list(schema, at),
            "integer" | "number" => said("minimum").unwrap_or_else(|| json!(0)),
            "boolean" => json!(false),
            "string" => match schema::format(schema) {
                "uuid" => stand_in(&at.name()).to_string().into(),
                "date" => NOON.date_naive().to_string().into(),
                "date-time" => self.time(at),
                _ if at.key == "next" => self.cursor("next"),
                _ if at.key == "token" => self.token(),
                _ => at.key.clone().into(),
            },
            _ => Value::Null,
        }
    }

    /// A list of its own has one item, so that a reader sees what an item is; lists inside are as short as may be.
    fn list(&mut self, schema: &Value, at: &Spot) -> Value {
        let least = schema.get("minItems").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        let count =
            least.unwrap_or(0).max(usize::from(at.item.is_none() && (at.key == "items" || at.depth == 0)));
        let of = schema.get("items").cloned();
        (0..count).map(|number| self.value(None, of.as_ref(), &at.item(number))).collect()
    }

    fn object(&mut self, wanted: Option<&Tree>, schema: &Value, at: &Spot) -> Value {
        let mut made = Map::new();
        let facts = self.facts(wanted, schema, at);
        let names_somebody = wanted.is_some_and(|wanted| wanted.get("member").is_some());
        let properties = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
        for (key, property) in &properties {
            let value = match wanted.and_then(|wanted| wanted.get(key)) {
                Some(tree) if tree.text() == Some(NONE) && !schema::requires(schema, key) => continue,
                Some(tree) => self.value(Some(tree), Some(property), &at.field(key)),
                None if self.absent.contains(key) => continue,
                // Whom a case names has a nickname, also where others have none.
                None if !schema::requires(schema, key) && (key != "nickname" || !names_somebody) => continue,
                None => {
                    let property = schema::resolve(self.document, property);
                    let fact = facts.get(key).filter(|fact| schema::fits(self.document, &property, fact));
                    match fact {
                        Some(fact) => fact.clone(),
                        // A nickname is not made up.
                        None if !schema::requires(schema, key) => continue,
                        None => self.value(None, Some(&property), &at.field(key)),
                    }
                }
            };
            made.insert(key.clone(), value);
        }
        for field in wanted.and_then(Tree::table).unwrap_or_default() {
            if !properties.contains_key(&field.key) && field.value.text() != Some(NONE) {
                made.insert(field.key.clone(), self.value(Some(&field.value), None, &at.field(&field.key)));
            }
        }
        if made.get("hasMore") == Some(&json!(true)) && made.get("next").is_none_or(Value::is_null) {
            made.insert("next".to_owned(), self.cursor("next"));
        }
        Value::Object(made)
    }

    /// What is known of whom or what an object shows: what was sent, then the cast.
    fn facts(&self, wanted: Option<&Tree>, schema: &Value, at: &Spot) -> Map<String, Value> {
        let mut facts = if at.depth == 0 { echo(self.root.asked) } else { Map::new() };
        if schema::property(schema, "nickname").is_none() && schema::property(schema, "member").is_none() {
            return facts;
        }
        let of = |key| wanted.and_then(|wanted| wanted.get(key)).and_then(Tree::text);
        let named = [of("member"), of("nickname")].into_iter().flatten();
        let mut named = named.map(|name| self.known.cast.person(name));
        let person = match (named.clone().flatten().next(), at.item) {
            (Some(person), _) => Some(person),
            // Somebody who is not of the cast.
            (None, _) if named.next().is_some() => None,
            (None, Some(item)) => self.pool.get(item).copied(),
            (None, None) => self.subject(),
        };
        if let Some(person) = person {
            self.told(person).into_iter().for_each(|(key, fact)| {
                facts.entry(key).or_insert(fact);
            });
        } else if at.item.is_some() {
            facts.insert("nickname".to_owned(), at.field("member").name().replace('-', "").into());
        }
        facts
    }

    /// Of whom an answer is: whoever the path names, else who asks.
    fn subject(&self) -> Option<&'c Person> {
        let of_path = self.root.asked.path.split('/').filter_map(|segment| segment.parse().ok());
        let mut ids = of_path.chain(self.root.caller.map(TypedId::uuid));
        ids.find_map(|id| self.known.cast.by_id(id))
    }

    fn told(&self, person: &Person) -> Map<String, Value> {
        let Value::Object(mut facts) = self.known.cast.facts_of(person) else { return Map::new() };
        // Who looks everywhere has an ideal without a place.
        facts.get_mut("ideal").and_then(Value::as_object_mut).into_iter().for_each(|ideal| {
            ideal.retain(|_, value| !value.is_null());
        });
        facts.insert("age".to_owned(), age(person.birthday, &person.place, self.root.clock).into());
        facts.insert("placeName".to_owned(), places::label(&person.place).into());
        facts.insert("state".to_owned(), "approved".into());
        facts
    }

    /// A list's later items are older; what expires does so in days.
    fn time(&self, at: &Spot) -> Value {
        let back = i32::try_from(at.item.unwrap_or_default()).unwrap_or(i32::MAX);
        let ahead = if at.key == "expires" { TimeDelta::days(14) } else { TimeDelta::zero() };
        let time = self.root.clock + ahead - TimeDelta::minutes(1) * back;
        time.to_rfc3339_opts(SecondsFormat::AutoSi, true).into()
    }

    fn cursor(&self, name: &str) -> Value {
        Cursor::new(self.root.clock, stand_in(name)).to_string().into()
    }

    /// The nickname is the token: whoever logs in at a mock is herself from then on.
    fn token(&self) -> Value {
        let sent = echo(self.root.asked).remove("nickname");
        let sent = sent.as_ref().and_then(Value::as_str).map(str::to_lowercase);
        let caller = self.root.caller.and_then(|id| self.known.cast.by_id(id.uuid()));
        sent.or_else(|| caller.map(|person| person.nickname.clone()))
            .unwrap_or_else(|| "token".to_owned())
            .into()
    }
}
