//! How handlers succeed, as programs read it. How they refuse is in the document's problems.

use schemars::JsonSchema;

use super::{AnswerShape, Body, Schemas, Shape};
use crate::web::answer::{Created, CreatedOrExisting, DeferredJson, Json, NoContent};
use crate::web::file::File;

/// What a handler gives.
pub trait Answer {
    /// Adds each status that it can have, with its body.
    fn describe(shape: &mut Shape, schemas: &mut Schemas);
}

impl<T: JsonSchema> Answer for Json<T> {
    fn describe(shape: &mut Shape, schemas: &mut Schemas) {
        let body = Some(Body::json(schemas.answer::<T>()));
        shape.answers.push(AnswerShape { status: 200, says: "What was asked for.", body });
    }
}

impl<T: JsonSchema> Answer for DeferredJson<T> {
    fn describe(shape: &mut Shape, schemas: &mut Schemas) {
        Json::<T>::describe(shape, schemas);
    }
}

impl<T: JsonSchema> Answer for Created<T> {
    fn describe(shape: &mut Shape, schemas: &mut Schemas) {
        let body = Some(Body::json(schemas.answer::<T>()));
        shape.answers.push(AnswerShape { status: 201, says: "It is made.", body });
    }
}

impl<T: JsonSchema> Answer for CreatedOrExisting<T> {
    fn describe(shape: &mut Shape, schemas: &mut Schemas) {
        let body = Some(Body::json(schemas.answer::<T>()));
        shape.answers.push(AnswerShape { status: 200, says: "It was there already.", body });
        Created::<T>::describe(shape, schemas);
    }
}

impl Answer for NoContent {
    fn describe(shape: &mut Shape, _: &mut Schemas) {
        shape.answers.push(AnswerShape { status: 204, says: "It is done.", body: None });
    }
}

impl Answer for File {
    fn describe(shape: &mut Shape, _: &mut Schemas) {
        let whole = Some(Body::file("image/jpeg"));
        shape.answers.push(AnswerShape { status: 200, says: "The file.", body: whole });
        let part = Some(Body::file("image/jpeg"));
        shape.answers.push(AnswerShape { status: 206, says: "The part that Range asks for.", body: part });
        shape.answers.push(AnswerShape { status: 304, says: "You have it already.", body: None });
    }
}
