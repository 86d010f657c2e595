//! One thing that a member can ask of a module: who may, how often, and what it may refuse her.

use std::time::Duration;

use axum::http::Method;

use super::DespiteBlocks;
use crate::kernel::problem::Problem;
use crate::shared::text::read::ReadRules;

/// Bytes of a request's body, beside a text of the members' own.
pub const BODY_MAX: usize = 64 * 1024;
/// Forms send a byte of a letter beyond ASCII as three (`%C3`), and JSON at worst as three, too (`\ud83d\udc68`).
const SENT_FOR_A_BYTE: usize = 3;

/// Who may call an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Policy {
    /// Everybody.
    Public,
    /// Logged in; perhaps not yet approved, or rejected.
    Registered,
    /// Approved.
    Member,
    /// Holds the role `reviewer` (or `admin`).
    Reviewer,
    /// Holds the role `admin`.
    Admin,
}

/// True for methods that ask for a change.
pub fn changes(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// How often one member, or one address where nobody is logged in, may call an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// The name in the `RateLimit` header. Actions of one name share the allowance.
    pub name: &'static str,
    pub count: u32,
    pub window: Duration,
}

/// One thing that a member can ask of a module. A policy is not optional.
#[derive(Debug, Clone)]
pub struct Action {
    pub method: Method,
    /// Without `/api`: `/flirt/{member}`.
    pub path: &'static str,
    pub policy: Policy,
    /// A verb phrase: `sends a flirt`.
    pub says: &'static str,
    pub limit: Option<Limit>,
    /// That it names people to each other although one has blocked the other, if it does.
    pub despite_blocks: Option<DespiteBlocks>,
    /// That a page or program asks for it by itself: who is away from her screen is not here.
    pub by_itself: bool,
    /// That others can see who has read it: only her own steps may do that.
    pub leaves_trace: bool,
    /// Bytes of a body.
    pub body_max: usize,
    /// True where a file may come: it is large, and slow to arrive.
    pub takes_file: bool,
    /// True for the login, which carries along whatever form has waited for it.
    pub carries_forms: bool,
    /// True where a device that a member has logged in with before has an allowance of its own.
    pub knows_devices: bool,
    /// What its slice refuses it for. What the guard and the extractors refuse follows from the rest.
    pub refuses: Vec<Problem>,
}

impl Action {
    pub const fn get(path: &'static str, policy: Policy, says: &'static str) -> Self {
        Self::new(Method::GET, path, policy, says)
    }
    pub const fn post(path: &'static str, policy: Policy, says: &'static str) -> Self {
        Self::new(Method::POST, path, policy, says)
    }
    pub const fn put(path: &'static str, policy: Policy, says: &'static str) -> Self {
        Self::new(Method::PUT, path, policy, says)
    }
    pub const fn delete(path: &'static str, policy: Policy, says: &'static str) -> Self {
        Self::new(Method::DELETE, path, policy, says)
    }

    const fn new(method: Method, path: &'static str, policy: Policy, says: &'static str) -> Self {
        Self {
            method,
            path,
            policy,
            says,
            limit: None,
            despite_blocks: None,
            by_itself: false,
            leaves_trace: false,
            body_max: BODY_MAX,
            takes_file: false,
            carries_forms: false,
            knows_devices: false,
            refuses: Vec::new(),
        }
    }

    /// Shows people whom a block hides everywhere else, for this reason: to who has blocked, and to who was
    /// blocked. The use cases have to need it.
    #[must_use]
    pub const fn despite_blocks(mut self, reason: &'static str) -> Self {
        self.despite_blocks = Some(DespiteBlocks::Either(reason));
        self
    }

    /// Shows people to whom they have blocked, for this reason; who has blocked sees nothing of it. The use cases
    /// have to need it.
    #[must_use]
    pub const fn despite_being_blocked(mut self, reason: &'static str) -> Self {
        self.despite_blocks = Some(DespiteBlocks::BeingBlocked(reason));
        self
    }

    /// What strangers try at an address takes nothing from a device of a member ([`crate::web::known_device`]).
    #[must_use]
    pub const fn knows_devices(mut self) -> Self {
        self.knows_devices = true;
        self
    }

    /// Asked for without anybody doing anything: it does not count as being here.
    #[must_use]
    pub const fn by_itself(mut self) -> Self {
        self.by_itself = true;
        self
    }

    /// Read, it leaves something that others see: a visit, a mark. What a page elsewhere starts, or a browser fetches
    /// ahead, is stopped before ([`crate::web::trace`]).
    #[must_use]
    pub const fn leaves_trace(mut self) -> Self {
        self.leaves_trace = true;
        self
    }

    /// Takes a text of the members' own: as long a one as its rules allow arrives, however it is sent.
    #[must_use]
    pub const fn takes_text(mut self, rules: ReadRules) -> Self {
        self.body_max = BODY_MAX + rules.bytes() * SENT_FOR_A_BYTE;
        self
    }

    /// Takes a file of at most so many bytes, and a few words beside it.
    #[must_use]
    pub const fn takes_file(mut self, bytes: usize) -> Self {
        self.body_max = BODY_MAX + bytes;
        self.takes_file = true;
        self
    }
    /// Carries along a form of another action, however long that may be; not its files.
    #[must_use]
    pub const fn carries_forms(mut self) -> Self {
        self.carries_forms = true;
        self
    }

    /// Names what the slice refuses it for.
    #[must_use]
    pub fn refuses(mut self, problems: &[Problem]) -> Self {
        self.refuses.extend_from_slice(problems);
        self
    }

    /// True for methods that change something.
    pub fn changes(&self) -> bool {
        changes(&self.method)
    }

    /// At most `count` calls in `window`. Writes without one of their own share [`EVERYDAY`].
    #[must_use]
    pub const fn limited(mut self, name: &'static str, count: u32, window: Duration) -> Self {
        self.limit = Some(Limit { name, count, window });
        self
    }
}

/// The allowance of every state-changing action that does not name a narrower one.
pub const EVERYDAY: Limit = Limit { name: "writes", count: 300, window: Duration::from_mins(1) };
