//! What handlers take, as programs send it.

use axum::extract::State;
use axum::http::{HeaderMap, Method};
use schemars::{JsonSchema, Schema, json_schema};
use serde_json::Value;

use super::{Body, Schemas, Shape, never_null};
use crate::kernel::context::Context;
use crate::kernel::problem::{
    BODY_UNREADABLE, MALFORMED_JSON, NOT_A_KEY, NOT_FOUND, OF_FIELDS, UNSUPPORTED_MEDIA_TYPE,
};
use crate::web::admission::Permit;
use crate::web::extract::{Json, Path, Query, Upload};
use crate::web::idempotency::{IdempotencyKey, KEY_MAX};
use crate::web::visitor::{Actor, Visitor};

/// An argument of a handler.
pub trait Describe {
    /// True for what only members can give.
    const IS_ACTOR: bool = false;

    /// Adds what it reads of a request.
    fn describe(shape: &mut Shape, schemas: &mut Schemas);
}

/// A parameter of the query string, or a header.
#[derive(Debug)]
pub struct Parameter {
    pub name: String,
    pub required: bool,
    pub schema: Schema,
}

/// Nothing that a client sends.
impl Describe for State<Context> {
    fn describe(_: &mut Shape, _: &mut Schemas) {}
}

/// How a request was made, not what it asks for.
impl Describe for Method {
    fn describe(_: &mut Shape, _: &mut Schemas) {}
}

/// Headers that browsers add on their own.
impl Describe for HeaderMap {
    fn describe(_: &mut Shape, _: &mut Schemas) {}
}

/// What is counted, not what is asked for.
impl Describe for Permit {
    fn describe(_: &mut Shape, _: &mut Schemas) {}
}

impl Describe for IdempotencyKey {
    fn describe(shape: &mut Shape, _: &mut Schemas) {
        let schema = json_schema!({
            "type": "string", "minLength": 1, "maxLength": KEY_MAX, "pattern": "^[!-~]+$",
            "description": "Your own name for this request. The same again with the same key happens only once.",
        });
        shape.headers.push(Parameter { name: "Idempotency-Key".to_owned(), required: false, schema });
        shape.problems.push(NOT_A_KEY);
    }
}

impl Describe for Actor {
    const IS_ACTOR: bool = true;

    fn describe(_: &mut Shape, _: &mut Schemas) {}
}

impl Describe for Visitor {
    fn describe(_: &mut Shape, _: &mut Schemas) {}
}

impl<T: JsonSchema> Describe for Json<T> {
    fn describe(shape: &mut Shape, schemas: &mut Schemas) {
        shape.body = Some(Body::json(schemas.input.subschema_for::<T>()));
        let of_body = [MALFORMED_JSON, BODY_UNREADABLE, UNSUPPORTED_MEDIA_TYPE];
        shape.problems.extend(of_body.iter().chain(OF_FIELDS));
    }
}

impl Describe for Upload {
    fn describe(shape: &mut Shape, _: &mut Schemas) {
        shape.body = Some(Body::file("image/*"));
        shape.problems.extend([BODY_UNREADABLE, UNSUPPORTED_MEDIA_TYPE]);
    }
}

/// One value, or a tuple of them.
impl<T: JsonSchema> Describe for Path<T> {
    fn describe(shape: &mut Shape, schemas: &mut Schemas) {
        let schema = schemas.input.subschema_for::<T>();
        match schema.get("prefixItems").and_then(Value::as_array) {
            Some(parts) => {
                shape.path.extend(parts.iter().filter_map(|part| Schema::try_from(part.clone()).ok()));
            }
            None => shape.path.push(schema),
        }
        shape.problems.push(NOT_FOUND);
    }
}

/// Each field is a parameter.
impl<T: JsonSchema> Describe for Query<T> {
    fn describe(shape: &mut Shape, schemas: &mut Schemas) {
        shape.problems.extend(OF_FIELDS);
        let schema = T::json_schema(&mut schemas.input);
        let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        let fields = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
        shape.query.extend(fields.into_iter().filter_map(|(name, mut field)| {
            never_null(&mut field);
            let required = required.iter().any(|needed| *needed == name.as_str());
            Some(Parameter { required, schema: Schema::try_from(field).ok()?, name })
        }));
    }
}
