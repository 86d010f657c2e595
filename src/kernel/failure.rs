//! What goes wrong, said once: a status, a stable code, a sentence, and the fields it concerns.
//!
//! A program may rely on the code; the sentence may change. Who made the failure does not know whether
//! a program or a person will read it: [`crate::web::render`] turns it into RFC 9457 problem JSON below
//! `/api` and into a page with a way back everywhere else. An internal cause is logged, never shown.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgDatabaseError, PgSeverity};

use crate::kernel::problem::{self, Problem, Text};

/// One field that was refused, and the way out.
#[derive(Debug, Clone, serde::Serialize, schemars::JsonSchema)]
#[schemars(rename = "FieldProblem")]
pub struct FieldError {
    /// The field's name as sent: camelCase, dotted where nested (`ideal.from`).
    pub field: String,
    /// Stable, for example `register.nickname-length`.
    code: &'static str,
    /// A sentence that says how to mend it.
    pub detail: Text,
}

/// A refusal or a fault. Boxed, since it is the rare half of every `Result`.
#[derive(Clone)]
pub struct Failure(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    problem: Problem,
    detail: Text,
    fields: Vec<FieldError>,
    retry_after: Option<Duration>,
    headers: HeaderMap,
    transience: Transience,
    cause: Option<Arc<dyn Error + Send + Sync>>,
}

/// Whether the same again may well succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transience {
    None,
    /// Everything is busy.
    DeferredJson,
    /// A deadlock, or a connection that was cut.
    AtOnce,
}

/// Collects what is refused, so that all of it is said at once.
#[derive(Default)]
pub struct Refusals(Vec<FieldError>);

impl Refusals {
    /// The value, or a refusal at the field.
    pub fn take<T>(&mut self, field: &str, checked: Result<T, Failure>) -> Option<T> {
        checked.map_err(|refusal| self.0.extend(refusal.at(field).into_refused())).ok()
    }

    /// True while nothing is refused.
    pub fn are_none(&self) -> bool {
        self.0.is_empty()
    }

    /// Everything that was refused so far.
    pub fn failure(self) -> Failure {
        Failure::fields(self.0)
    }
}

impl Failure {
    /// A declared problem, in words of this case.
    pub(crate) fn of(problem: Problem, detail: Text) -> Self {
        Self(Box::new(Inner {
            problem,
            detail,
            fields: Vec::new(),
            retry_after: None,
            headers: HeaderMap::new(),
            transience: Transience::None,
            cause: None,
        }))
    }

    /// 422: several fields at once, so that a form needs one round.
    pub fn fields(fields: Vec<FieldError>) -> Self {
        let mut failure = problem::INVALID.failure();
        failure.0.fields = fields;
        failure
    }

    /// Says which field it is about. Where the field is all that is wrong, the whole is just `invalid`.
    #[must_use]
    pub fn at(self, field: impl Into<String>) -> Self {
        let refused = FieldError { field: field.into(), code: self.code(), detail: self.0.detail.clone() };
        if self.status() == StatusCode::UNPROCESSABLE_ENTITY {
            return Self::fields(vec![refused]);
        }
        let mut failure = self;
        failure.0.fields.push(refused);
        failure
    }

    /// 404: there is nothing here, or nothing that this actor may know of.
    pub fn not_found() -> Self {
        problem::NOT_FOUND.failure()
    }

    /// 401: who is asking?
    pub fn unauthenticated() -> Self {
        problem::UNAUTHENTICATED.failure()
    }

    /// 503: not now, but soon.
    pub fn busy(retry_after: Duration) -> Self {
        problem::BUSY.failure().retry_after(retry_after)
    }

    /// 500: our fault. The cause is logged and not shown.
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        problem::INTERNAL.failure().because(cause)
    }

    /// Adds the cause that the log shows.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.cause = Some(Arc::from(cause.into()));
        self
    }

    /// Adds `Retry-After`.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// Adds headers that the answer carries: what is left of a rate limit, say.
    #[must_use]
    pub fn with_headers(mut self, headers: HeaderMap) -> Self {
        self.0.headers.extend(headers);
        self
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.0.problem.status
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.0.problem.code
    }

    /// The sentence for a person.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// Gives the refused fields away.
    pub fn into_refused(self) -> Vec<FieldError> {
        self.0.fields
    }

    /// The refused fields, in the order of the form.
    pub fn refused(&self) -> &[FieldError] {
        &self.0.fields
    }

    /// How long to wait before trying again.
    pub fn wait(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// True for a deadlock, a serialisation failure or a lost connection: the same again may well succeed.
    pub fn is_transient(&self) -> bool {
        self.0.transience != Transience::None
    }

    /// True where the event itself is at fault, and handling it again would fail again: it does not parse, or
    /// the tables do not take what it says. A missing table, a lost server or a full disk is not its fault.
    pub fn is_poison(&self) -> bool {
        if self.is_transient() {
            return false;
        }
        let Some(cause) = self.cause() else { return true };
        let of_the_data = |error: &sqlx::Error| match error {
            // Classes 22, data exception, and 23, integrity constraint violation.
            sqlx::Error::Database(db) => {
                db.code().is_some_and(|code| code.starts_with("22") || code.starts_with("23"))
            }
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => true,
            _ => false,
        };
        cause.is::<serde_json::Error>() || cause.downcast_ref::<sqlx::Error>().is_some_and(of_the_data)
    }

    /// Not to be repeated at once: it may have happened already.
    #[must_use]
    pub fn outcome_unknown(mut self) -> Self {
        if self.0.transience == Transience::AtOnce {
            self.0.transience = Transience::DeferredJson;
        }
        self
    }

    /// True where trying again at once is worth it: not where everything is busy.
    pub fn is_retryable(&self) -> bool {
        self.0.transience == Transience::AtOnce
    }

    /// True where a form can be shown again with messages, rather than an error page.
    pub fn is_of_a_form(&self) -> bool {
        matches!(self.status(), StatusCode::UNPROCESSABLE_ENTITY | StatusCode::CONFLICT)
            || !self.0.fields.is_empty()
    }

    /// What only the log may see.
    pub fn cause(&self) -> Option<&(dyn Error + Send + Sync + 'static)> {
        self.0.cause.as_deref()
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status().as_u16(), self.code(), self.0.detail)?;
        for refused in &self.0.fields {
            write!(f, " [{}: {}]", refused.field, refused.detail)?;
        }
        match &self.0.cause {
            Some(cause) => write!(f, " ({cause})"),
            None => Ok(()),
        }
    }
}

impl Error for Failure {}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        let transience = match &error {
            // `Protocol`: a proxy takes the connection and closes it, since no server stands behind it during a failover.
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_) => Transience::DeferredJson,
            sqlx::Error::Io(_) => Transience::AtOnce,
            sqlx::Error::Database(db) => match db.code().as_deref() {
                // Serialisation failure, deadlock, shut down or crashed meanwhile.
                Some("40001" | "40P01" | "57P01" | "57P02") => Transience::AtOnce,
                // A refusal at the door, of the user, the role or the database: no statement of ours has run.
                _ if is_fatal(db.as_ref()) => Transience::DeferredJson,
                // Lock timeout, idle for too long, too many connections, just starting; took too long, no room on
                // the disk, no memory, no disk, a read-only standby.
                Some(
                    "55P03" | "25P03" | "53300" | "57P03" | "57014" | "53100" | "53200" | "58030" | "25006",
                ) => Transience::DeferredJson,
                _ => Transience::None,
            },
            _ => Transience::None,
        };
        let mut failure = match transience {
            Transience::None => Self::internal(error),
            _ => Self::busy(Duration::from_secs(1)).because(error),
        };
        failure.0.transience = transience;
        failure
    }
}

/// True where Postgres has ended the connection, or has not opened it.
fn is_fatal(refusal: &dyn DatabaseError) -> bool {
    let severity = refusal.try_downcast_ref::<PgDatabaseError>().map(PgDatabaseError::severity);
    matches!(severity, Some(PgSeverity::Fatal | PgSeverity::Panic))
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::internal(error)
    }
}

impl IntoResponse for Failure {
    /// Status, headers and the failure itself; the body is [`crate::web::render`]'s, which keeps the headers.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.headers_mut().extend(self.0.headers.clone());
        response.extensions_mut().insert(self);
        response
    }
}

/// Names the refusal that a constraint of the database stands for.
pub trait OnConstraint<T> {
    /// Turns a violation of `constraint` into `refusal`; every other error stays what it was.
    ///
    /// A violation has ended the transaction: give the failure back, never go on.
    ///
    /// # Errors
    /// The refusal, or the error that was there before.
    fn on_constraint(self, constraint: &str, refusal: impl FnOnce() -> Failure) -> Result<T, Failure>;
}

impl<T> OnConstraint<T> for Result<T, sqlx::Error> {
    fn on_constraint(self, constraint: &str, refusal: impl FnOnce() -> Failure) -> Result<T, Failure> {
        self.map_err(|error| match &error {
            sqlx::Error::Database(db) if db.constraint() == Some(constraint) => refusal(),
            _ => error.into(),
        })
    }
}
