//! The JSON API as programs read it: an OpenAPI 3.1 document, derived from what the modules registered.
//!
//! Nothing of it is written down twice. A handler's signature names its inputs ([`describe`]) and its answers
//! ([`answer`]), their doc comments become descriptions, and the [`Action`](crate::kernel::module::Action) adds path,
//! policy, limit and refusals. An input without a schema does not compile.

pub mod answer;
pub mod describe;
pub mod document;
pub mod example;
pub mod refusals;
pub mod serve;

use std::future::Future;

use schemars::generate::SchemaSettings;
use schemars::transform::transform_subschemas;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

pub use answer::Answer;
pub use describe::{Describe, Parameter};
pub use document::{document, operation_id};
pub use example::{Example, with_examples};
pub use refusals::refusals;

use crate::kernel::failure::Failure;
use crate::kernel::problem::Problem;

/// Where schemas that have a name are kept.
const COMPONENTS: &str = "/components/schemas";

/// What a handler takes and gives.
#[derive(Debug, Default)]
pub struct Shape {
    /// The path's parameters, in order. Their names are in the path.
    pub path: Vec<Schema>,
    pub query: Vec<Parameter>,
    pub headers: Vec<Parameter>,
    pub body: Option<Body>,
    pub answers: Vec<AnswerShape>,
    /// What reading the request may be refused for.
    pub problems: Vec<Problem>,
}

/// One way in which an action succeeds.
#[derive(Debug)]
pub struct AnswerShape {
    pub status: u16,
    pub says: &'static str,
    pub body: Option<Body>,
}

/// What a request or an answer holds.
#[derive(Debug)]
pub struct Body {
    /// Its media type.
    pub kind: &'static str,
    pub schema: Schema,
}

impl Body {
    pub fn json(schema: Schema) -> Self {
        Self { kind: "application/json", schema }
    }

    /// Bytes, which no schema describes (OpenAPI 3.1).
    pub fn file(kind: &'static str) -> Self {
        Self { kind, schema: Schema::default() }
    }

    /// As the document has it.
    fn content(&self) -> Value {
        json!({ self.kind: { "schema": self.schema } })
    }
}

/// The schemas that were met so far. What is read and what is written differ: a field with a default may be
/// missing in a request, and one that is left out where it is empty may be missing in an answer.
pub struct Schemas {
    pub input: SchemaGenerator,
    pub output: SchemaGenerator,
}

impl Default for Schemas {
    fn default() -> Self {
        let settings = || unversioned().with(|settings| settings.definitions_path = COMPONENTS.into());
        Self {
            input: settings().for_deserialize().with_transform(without_nul).into_generator(),
            output: settings().for_serialize().with_transform(leave_out).into_generator(),
        }
    }
}

impl Schemas {
    /// The schema of what is written.
    pub fn answer<T: JsonSchema>(&mut self) -> Schema {
        self.output.subschema_for::<T>()
    }

    /// All that have a name.
    ///
    /// # Panics
    /// When one name stands for two things. A test and every start come through here.
    fn named(mut self) -> Map<String, Value> {
        let mut named = self.output.take_definitions(true);
        for (name, schema) in self.input.take_definitions(true) {
            let before = named.insert(name.clone(), schema.clone());
            assert!(before.is_none_or(|before| before == schema), "two schemas are called {name}");
        }
        named
    }
}

/// For a schema of what is written that needs no other: everything in it is at its place.
pub fn alone() -> SchemaGenerator {
    let settings = unversioned().with(|settings| settings.inline_subschemas = true);
    settings.for_serialize().with_transform(leave_out).into_generator()
}

/// The dialect is said once, and not by every schema.
fn unversioned() -> SchemaSettings {
    SchemaSettings::draft2020_12().with(|settings| settings.meta_schema = None)
}

/// No text may hold a NUL (see [`crate::web::extract`]), so every schema of one says so.
fn without_nul(schema: &mut Schema) {
    transform_subschemas(&mut without_nul, schema);
    let says_what = ["enum", "const", "format", "pattern"].iter().any(|word| schema.get(*word).is_some());
    if !says_what && schema.get("type").is_some_and(|kind| kind == "string") {
        schema.insert("pattern".to_owned(), r"^[^\x00]*$".into());
    }
}

/// An answer leaves out what there is not, and never says `null`.
fn leave_out(schema: &mut Schema) {
    transform_subschemas(&mut leave_out, schema);
    let needed = schema.get("required").cloned().unwrap_or_default();
    let is_needed = |name: &str| needed.as_array().is_some_and(|names| names.iter().any(|it| it == name));
    let fields = schema.get_mut("properties").and_then(Value::as_object_mut);
    fields
        .into_iter()
        .flatten()
        .filter(|(name, _)| !is_needed(name))
        .for_each(|(_, field)| never_null(field));
}

/// The schema of an `Option` that is there.
fn never_null(schema: &mut Value) {
    if let Some(kinds) = schema.get_mut("type").filter(|kinds| kinds.is_array()) {
        let there = kinds.as_array().into_iter().flatten().find(|kind| *kind != "null").cloned();
        *kinds = there.unwrap_or_default();
    }
    let there = |choices: &Vec<Value>| choices.iter().find(|choice| choice["type"] != "null").cloned();
    let (Some(there), Some(schema)) =
        (schema.get("anyOf").and_then(Value::as_array).and_then(there), schema.as_object_mut())
    else {
        return;
    };
    schema.remove("anyOf");
    schema.extend(there.as_object().cloned().unwrap_or_default());
}

/// What the registry keeps of a handler. Asking for the shape is what costs something, so it is done later.
#[derive(Debug, Clone, Copy)]
pub struct Signature {
    /// Whether it runs for a member only.
    pub takes_actor: bool,
    pub shape: fn(&mut Schemas) -> Shape,
}

/// A handler whose signature says what it takes and gives. `T` is axum's marker and the arguments.
pub trait JsonAction<T> {
    const SIGNATURE: Signature;
}

macro_rules! json_actions {
    ($(($($input:ident)*))+) => {$(
        impl<F, Fut, O, M, $($input),*> JsonAction<(M, $($input,)*)> for F
        where
            F: Fn($($input),*) -> Fut,
            Fut: Future<Output = Result<O, Failure>>,
            O: Answer,
            $($input: Describe),*
        {
            const SIGNATURE: Signature = Signature {
                takes_actor: false $(|| $input::IS_ACTOR)*,
                shape: |schemas| {
                    let mut shape = Shape::default();
                    $($input::describe(&mut shape, schemas);)*
                    O::describe(&mut shape, schemas);
                    shape
                },
            };
        }
    )+};
}

json_actions! { () (A) (A B) (A B C) (A B C D) (A B C D E) }
