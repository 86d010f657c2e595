//! Refusals as data: a status, a stable code and a sentence, each said once.
//!
//! A slice declares what it refuses as a constant and answers with it; its action names the same constant
//! ([`Action::refuses`](crate::kernel::module::Action::refuses)). So the document of the API and docs/problems.md know
//! every code, and no code can be sent that nobody declared. Those below are the web's own: any action may give them.

use std::borrow::Cow;

use axum::http::StatusCode;

use crate::kernel::failure::Failure;

/// The sentence a person reads.
pub type Text = Cow<'static, str>;

/// One reason to refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Problem {
    pub status: StatusCode,
    /// Stable: programs rely on it. `flirt.self`; without a module's name where it is the web's own.
    pub code: &'static str,
    /// What to do about it, for a person. A slice may say it more exactly.
    pub says: &'static str,
}

impl Problem {
    /// Any status.
    pub const fn new(status: StatusCode, code: &'static str, says: &'static str) -> Self {
        Self { status, code, says }
    }

    /// 422: a field does not hold what it must.
    pub const fn field(code: &'static str, says: &'static str) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, says)
    }

    /// 409: the request is fine, the state is not.
    pub const fn conflict(code: &'static str, says: &'static str) -> Self {
        Self::new(StatusCode::CONFLICT, code, says)
    }

    /// The refusal.
    pub fn failure(self) -> Failure {
        self.saying(self.says)
    }

    /// The refusal, in words of this very case.
    pub fn saying(self, detail: impl Into<Text>) -> Failure {
        Failure::of(self, detail.into())
    }

    /// The refusal of one field.
    pub fn at(self, field: impl Into<String>) -> Failure {
        self.failure().at(field)
    }
}

/// Declares problems, and the list of them.
macro_rules! problems {
    ($($name:ident = $status:ident $code:literal $says:literal;)+) => {
        $(pub const $name: Problem = Problem::new(StatusCode::$status, $code, $says);)+
        /// The web's own.
        pub const ALL: &[Problem] = &[$($name),+];
    };
}

problems! {
    MALFORMED_JSON = BAD_REQUEST "malformed-json" "The body is not JSON.";
    MALFORMED_FORM = BAD_REQUEST "malformed-form" "The form is not UTF-8 text.";
    BODY_UNREADABLE = BAD_REQUEST "body-unreadable" "The body broke off before its end.";
    BAD_HOST = BAD_REQUEST "bad-host" "Say once in Host which site this is for: a name, and a port if it has one.";
    BAD_LENGTH = BAD_REQUEST "bad-length"
        "Say once how long the body is: in Content-Length, or as Transfer-Encoding: chunked.";
    PARTIAL = BAD_REQUEST "partial" "Send the whole: nothing here is changed by Content-Range.";
    UNAUTHENTICATED = UNAUTHORIZED "unauthenticated" "Log in first.";
    NOT_APPROVED = FORBIDDEN "not-approved" "A reviewer has to approve your registration first.";
    ROLE_MISSING = FORBIDDEN "role-missing" "Your role does not allow this.";
    CROSS_SITE = FORBIDDEN "cross-site"
        "This came from another site, so nothing was done. Open the page here and try again.";
    FROM_ELSEWHERE = FORBIDDEN "from-elsewhere"
        "A page elsewhere has sent you here. Whoever is shown on this page may see that you have looked, so it opens only \
         if you say so. Nothing has been seen yet.";
    FETCHED_AHEAD = FORBIDDEN "fetched-ahead"
        "This is not fetched ahead: who looks at it is seen to have looked. Ask for it when somebody wants it.";
    OTHER_MEMBER = CONFLICT "other-member"
        "Somebody else is logged in now than the one this page was made for. Nothing was done.";
    NOT_FOUND = NOT_FOUND "not-found" "This address leads nowhere, or to what is not there for you.";
    METHOD_NOT_ALLOWED = METHOD_NOT_ALLOWED "method-not-allowed"
        "This address exists, but not for this method; the Allow header names the ones it has.";
    TOO_SLOW = REQUEST_TIMEOUT "too-slow" "The request did not arrive in time.";
    PRECONDITION_FAILED = PRECONDITION_FAILED "precondition-failed"
        "This version is not known here, so nothing was done. Leave out If-Match.";
    BODY_TOO_LARGE = PAYLOAD_TOO_LARGE "body-too-large" "Send less: this is more than any action needs.";
    ADDRESS_TOO_LONG = URI_TOO_LONG "address-too-long" "Ask with a shorter address.";
    UNSUPPORTED_MEDIA_TYPE = UNSUPPORTED_MEDIA_TYPE "unsupported-media-type"
        "Send this as the type that is wanted, and say so in Content-Type.";
    ENCODED = UNSUPPORTED_MEDIA_TYPE "encoded" "Send the body as it is, without a Content-Encoding.";
    EXPECTATION_FAILED = EXPECTATION_FAILED "expectation-failed" "Expect nothing but 100-continue.";
    INVALID = UNPROCESSABLE_ENTITY "invalid" "Some of this needs another look.";
    MISSING = UNPROCESSABLE_ENTITY "missing" "This field is needed.";
    UNKNOWN_FIELD = UNPROCESSABLE_ENTITY "unknown-field" "This field is not known here. Leave it out.";
    DUPLICATE_FIELD = UNPROCESSABLE_ENTITY "duplicate-field" "This field is given twice.";
    WRONG_TYPE = UNPROCESSABLE_ENTITY "wrong-type" "This cannot be read: it is of another type.";
    NUL = UNPROCESSABLE_ENTITY "nul" "This holds a NUL, which is no letter. Leave it out.";
    OUT_OF_RANGE = UNPROCESSABLE_ENTITY "out-of-range" "Ask for fewer items, and for one at least.";
    NOT_A_CURSOR = UNPROCESSABLE_ENTITY "not-a-cursor" "Give `next` of the page before, as it was.";
    NOT_A_KEY = UNPROCESSABLE_ENTITY "not-a-key" "An Idempotency-Key has 1 to 64 visible characters.";
    TOO_MANY = TOO_MANY_REQUESTS "too-many" "That was too often. `Retry-After` says when you can go on.";
    TOO_MANY_AT_ONCE = TOO_MANY_REQUESTS "too-many-at-once" "Too many of your requests are under way. Let some be answered first.";
    INTERNAL = INTERNAL_SERVER_ERROR "internal" "Something went wrong on our side.";
    BUSY = SERVICE_UNAVAILABLE "busy" "The site is busy. Try again in a moment.";
}

/// What a field of any body or query may be refused for.
pub const OF_FIELDS: &[Problem] = &[MISSING, UNKNOWN_FIELD, DUPLICATE_FIELD, WRONG_TYPE, NUL];
