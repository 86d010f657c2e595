//! How an entry travels as an AMQP message. docs/events.md tells it to programs in other languages.
//!
//! Everything about an event is in properties and headers, and its JSON is the body. AMQP 0-9-1 has no binding for
//! CloudEvents; their attribute names with the prefix `cloudEvents_` are a convention of ours.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use lapin::BasicProperties;
use lapin::message::Delivery as Message;
use lapin::types::{AMQPValue, FieldTable, LongString};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::super::Entry;
use crate::kernel::id::{EventId, MemberId, TypedId};

pub(super) const APP: &str = "pancake";
const JSON: &str = "application/json";
const PERSISTENT: u8 = 2;

const SPECVERSION: &str = "cloudEvents_specversion";
const ID: &str = "cloudEvents_id";
const TYPE: &str = "cloudEvents_type";
const SOURCE: &str = "cloudEvents_source";
const TIME: &str = "cloudEvents_time";
const CONTENT_TYPE: &str = "cloudEvents_datacontenttype";
const SUBJECT: &str = "cloudEvents_subject";
const KEY: &str = "cloudEvents_partitionkey";
const SEQUENCE: &str = "cloudEvents_sequence";
const EPOCH: &str = "cloudEvents_epoch";
/// The request that it followed from, and the same as W3C Trace Context, for tools that follow traces.
const CAUSE: &str = "cloudEvents_causationid";
const TRACE: &str = "cloudEvents_traceparent";
/// True where a member it tells of was erased: the body is empty.
const ERASED: &str = "erased";

/// The routing key and the properties of an entry that `user` publishes.
pub(super) fn encode(entry: &Entry, user: &str) -> (String, BasicProperties) {
    let (id, key) = (entry.id.to_string(), entry.key.to_string());
    let at = entry.at.to_rfc3339_opts(SecondsFormat::Micros, true);
    let mut headers = FieldTable::default();
    let fields = [
        (SPECVERSION, "1.0"),
        (ID, &id),
        (TYPE, &entry.name),
        (SOURCE, &format!("/{}", entry.source)),
        (TIME, &at),
        (CONTENT_TYPE, JSON),
        (SUBJECT, &key),
        (KEY, &key),
        (SEQUENCE, &entry.pos.to_string()),
        (EPOCH, &entry.epoch.to_string()),
    ];
    for (name, value) in fields {
        headers.insert(name.into(), AMQPValue::LongString(LongString::from(value)));
    }
    if let Some(cause) = entry.cause {
        let trace = format!("00-{}-{:016x}-01", cause.simple(), entry.id.uuid().as_u64_pair().1);
        headers.insert(CAUSE.into(), AMQPValue::LongString(LongString::from(cause.to_string())));
        headers.insert(TRACE.into(), AMQPValue::LongString(LongString::from(trace)));
    }
    if entry.payload.is_none() {
        headers.insert(ERASED.into(), AMQPValue::Boolean(true));
    }
    let properties = BasicProperties::default()
        .with_content_type(JSON.into())
        .with_delivery_mode(PERSISTENT)
        .with_message_id(id.into())
        .with_timestamp(u64::try_from(entry.at.timestamp()).unwrap_or_default())
        .with_type(entry.name.to_string().into())
        .with_user_id(user.into())
        .with_app_id(APP.into())
        .with_headers(headers);
    (format!("{}.{}", entry.source, entry.name), properties)
}

/// The entry that `user` published for one of these sources, or why the message is none.
///
/// The broker refuses messages that bear another account's name, so whoever has an account of his own cannot pass
/// for us.
pub(super) fn decode(
    delivery: &Message,
    user: &str,
    sources: &[&'static str],
) -> Result<Entry, &'static str> {
    let properties = &delivery.properties;
    if properties.user_id().as_ref().is_none_or(|by| by.as_str() != user) {
        return Err("it is not from this site's account");
    }
    let headers = properties.headers().as_ref().ok_or("it has no headers")?;
    let source = text(headers, SOURCE)?.strip_prefix('/').ok_or("its source is none")?;
    let source =
        sources.iter().find(|known| **known == source).ok_or("its source is none of this queue's")?;
    let payload = if headers.inner().get(ERASED) == Some(&AMQPValue::Boolean(true)) {
        None
    } else {
        let json = str::from_utf8(&delivery.data).map_err(|_| "its body is no text")?;
        let json = RawValue::from_string(json.to_owned()).map_err(|_| "its body is no JSON")?;
        Some(Arc::from(json))
    };
    Ok(Entry {
        source,
        epoch: number(headers, EPOCH)?,
        pos: number(headers, SEQUENCE)?,
        id: EventId::of(text(headers, ID)?.parse::<Uuid>().map_err(|_| "its id is none")?),
        name: text(headers, TYPE)?.into(),
        key: MemberId::of(text(headers, KEY)?.parse::<Uuid>().map_err(|_| "its key is none")?),
        at: text(headers, TIME)?.parse::<DateTime<Utc>>().map_err(|_| "its time is none")?,
        payload,
        cause: text(headers, CAUSE).ok().and_then(|cause| cause.parse().ok()),
    })
}

fn text<'h>(headers: &'h FieldTable, name: &str) -> Result<&'h str, &'static str> {
    match headers.inner().get(name) {
        Some(AMQPValue::LongString(value)) => {
            str::from_utf8(value.as_bytes()).map_err(|_| "a header is no text")
        }
        _ => Err("a header is missing"),
    }
}

fn number(headers: &FieldTable, name: &str) -> Result<i64, &'static str> {
    let number: i64 = text(headers, name)?.parse().map_err(|_| "a number is none")?;
    if number >= 0 { Ok(number) } else { Err("a number is negative") }
}
