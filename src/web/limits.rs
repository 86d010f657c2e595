//! How often one may do a thing. It survives a restart, and a member can always see what is left.
//!
//! A window opens with the first use and closes when its time is over. Counting is one statement a use, in a
//! schema of its own, and it does not wait for the disk: a crash may forgive the last moments. Where counting
//! fails nobody passes, or an attacker would only have to make it fail.

use std::net::IpAddr;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

use super::address::prefix;
use super::known_device::KnownDevice;
use super::submission::once;
use super::visitor::Visitor;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::module::{Limit, Module, ModuleSpec, Policy, Registry};
use crate::kernel::problem;

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// When to come back if counting fails.
const BUSY_WAIT: Duration = Duration::from_secs(1);
/// How often closed windows and outcomes of forms are removed.
const SWEEP_EVERY: Duration = Duration::from_mins(10);
/// Rows removed by one statement, so that it stays short.
const SWEEP_ROWS: u64 = 1000;
/// Leading bits of an IPv6 address that may be one customer's, and how many times one allowance all in it share: she has
/// 2^64 addresses in a network to choose from, and many providers give her 256 or 65,536 such networks.
const NETWORKS: [(u32, u32); 3] = [(64, 1), (56, 2), (48, 8)];

/// Only storage: the frame's own, with no actions and no events. Which nodes run ([`crate::web::nodes`]) and what
/// came of the last forms ([`once`]) is here too: a module of its own would take connections from all others.
pub static SPEC: ModuleSpec = ModuleSpec {
    name: "limits",
    schema: "limits",
    segments: &[],
    purpose: "Keeps what is left of each member's rate limits, what came of the last forms, which nodes run, and what the site signs with.",
    migrations: sqlx::migrate!("schemas/limits"),
    kit: &[],
    owned: &["allowance", "node", "secret", "submission"],
};

/// The module in [`SPEC`], for the list of modules.
pub struct Limits;

impl Module for Limits {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn register(&self, _: &mut Registry) {}
}

/// What is left after a use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    pub name: &'static str,
    /// Uses in a window.
    pub limit: u32,
    pub left: u32,
    pub resets_in: Duration,
    pub window: Duration,
}

impl Allowance {
    /// `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers).
    pub fn write_to(&self, headers: &mut HeaderMap) {
        let policy = format!("\"{}\";q={};w={}", self.name, self.limit, self.window.as_secs());
        let state = format!("\"{}\";r={};t={}", self.name, self.left, seconds_up(self.resets_in));
        for (name, text) in [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, state)] {
            if let Ok(value) = HeaderValue::try_from(text) {
                headers.insert(name, value);
            }
        }
    }

    /// 429, with what there was and when there will be more.
    fn refusal(&self) -> Failure {
        let detail = format!(
            "That was too often: {} times in {} are allowed ({}). You can go on in {}.",
            self.limit,
            in_words(self.window),
            self.name,
            in_words(self.resets_in),
        );
        let mut headers = HeaderMap::new();
        self.write_to(&mut headers);
        problem::TOO_MANY.saying(detail).retry_after(self.resets_in).with_headers(headers)
    }
}

/// Counts a use by a member, or by an address where nobody is logged in, and wherever nobody has to be: who
/// registers or logs in could bring a new member for every try.
///
/// # Errors
/// 429 if the allowance is used up; 503 if the database does not answer.
pub async fn take(
    ctx: &Context,
    limit: Limit,
    policy: Policy,
    visitor: &Visitor,
) -> Result<Allowance, Failure> {
    if let Some(actor) = visitor.actor.as_ref().filter(|_| policy != Policy::Public) {
        return count(ctx, limit, &format!("member:{}", actor.id)).await;
    }
    let mut tightest: Option<Allowance> = None;
    // The narrowest first: where it refuses, nothing is taken from the neighbours.
    for (network, times) in networks(visitor.address) {
        let limit = Limit { count: limit.count.saturating_mul(times), ..limit };
        let allowance = count(ctx, limit, &format!("address:{network}")).await?;
        tightest = Some(tightest.filter(|tightest| tightest.left <= allowance.left).unwrap_or(allowance));
    }
    tightest.ok_or_else(|| Failure::internal("an address is in no network"))
}

/// Counts a use by a device of a member.
///
/// # Errors
/// 429 if the allowance is used up; 503 if the database does not answer.
pub async fn take_of_device(ctx: &Context, limit: Limit, device: &KnownDevice) -> Result<Allowance, Failure> {
    count(ctx, limit, &format!("device:{}", device.number)).await
}

/// Counts a use of something else: tries to log in as `subject`, say. Only its hash is kept, for people type
/// all sorts of things into the wrong field.
///
/// # Errors
/// 429 if the allowance is used up; 503 if the database does not answer.
pub async fn take_named(ctx: &Context, limit: Limit, subject: &str) -> Result<Allowance, Failure> {
    let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(subject.as_bytes()));
    count(ctx, limit, &format!("named:{hash}")).await
}

async fn count(ctx: &Context, limit: Limit, subject: &str) -> Result<Allowance, Failure> {
    let now = ctx.now();
    let window = TimeDelta::from_std(limit.window).map_err(Failure::internal)?;
    let most = limit.count.saturating_mul(ctx.config().limits_factor);
    // One more than allowed is as far as it counts: enough to tell, and it cannot overflow.
    let stop = i32::try_from(most).unwrap_or(i32::MAX - 1).min(i32::MAX - 1) + 1;
    let row = sqlx::query!(
        // The setting holds for this statement's own transaction.
        "with relaxed as materialized (select set_config('synchronous_commit', 'off', true) as setting)
         insert into limits.allowance as kept (name, subject, ends, used)
         select $1, $2, $4, 1 from relaxed where setting = 'off'
         on conflict (name, subject) do update set
             ends = case when kept.ends <= $3 then excluded.ends else kept.ends end,
             used = case when kept.ends <= $3 then 1 else least(kept.used + 1, $5) end
         returning ends, used",
        limit.name,
        subject,
        now,
        now + window,
        stop,
    )
    .fetch_one(ctx.pool(&SPEC))
    .await
    .map_err(|error| Failure::busy(BUSY_WAIT).because(error))?;
    let allowance = Allowance {
        name: limit.name,
        limit: most,
        left: most.saturating_sub(u32::try_from(row.used).unwrap_or(u32::MAX)),
        resets_in: until(row.ends, now).min(limit.window),
        window: limit.window,
    };
    if row.used >= stop { Err(allowance.refusal()) } else { Ok(allowance) }
}

/// Removes closed windows, some at a time, until the program stops.
pub async fn sweep(ctx: Context) {
    loop {
        tokio::select! {
            () = ctx.stopping().cancelled() => return,
            () = tokio::time::sleep(SWEEP_EVERY) => {}
        }
        loop {
            match sweep_some(&ctx).await {
                Ok(SWEEP_ROWS..) if !ctx.stopping().is_cancelled() => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, "closed windows of rate limits were not removed");
                    break;
                }
            }
        }
    }
}

async fn sweep_some(ctx: &Context) -> Result<u64, sqlx::Error> {
    let most = i64::try_from(SWEEP_ROWS).unwrap_or(i64::MAX);
    let outcomes = once::sweep(ctx, most).await?;
    // Locked rows are in use again: leave them.
    let done = sqlx::query!(
        "delete from limits.allowance where (name, subject) in (
             select name, subject from limits.allowance where ends <= $1
             order by ends limit $2 for update skip locked)",
        ctx.now(),
        most,
    )
    .execute(&ctx.unit(&SPEC).background)
    .await?;
    Ok(done.rows_affected().max(outcomes))
}

/// The networks of an address that may be one customer's, narrowest first, and how many allowances each has.
fn networks(address: IpAddr) -> Vec<(String, u32)> {
    match address.to_canonical() {
        IpAddr::V4(address) => vec![(address.to_string(), 1)],
        IpAddr::V6(address) => {
            let named = |(bits, times)| (format!("{}/{bits}", prefix(address, bits)), times);
            NETWORKS.into_iter().map(named).collect()
        }
    }
}

fn until(ends: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    (ends - now).to_std().unwrap_or_default()
}

/// Whole seconds, rounded up: who comes back then is not early.
fn seconds_up(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// `3 minutes`: how long to wait, in the largest unit that says it well, rounded up.
pub fn in_words(wait: Duration) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")];
    let seconds = seconds_up(wait).max(1);
    // Whole units read best; otherwise two of a unit are better than one and a bit.
    let unit = UNITS.iter().find(|(size, _)| seconds.is_multiple_of(*size) || seconds >= 2 * size);
    let (size, name) = unit.copied().unwrap_or((1, "second"));
    match seconds.div_ceil(size) {
        1 => format!("1 {name}"),
        count => format!("{count} {name}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_structured_fields() {
        let allowance = Allowance {
            name: "flirt",
            limit: 50,
            left: 49,
            resets_in: Duration::from_millis(86_398_001),
            window: Duration::from_hours(24),
        };
        let mut headers = HeaderMap::new();
        allowance.write_to(&mut headers);
        assert_eq!(headers["ratelimit-policy"], "\"flirt\";q=50;w=86400");
        assert_eq!(headers["ratelimit"], "\"flirt\";r=49;t=86399");
    }

    #[test]
    fn a_refusal_says_how_often_and_when() {
        let allowance = Allowance {
            name: "flirt",
            limit: 50,
            left: 0,
            resets_in: Duration::from_secs(3 * 3600 - 5),
            window: Duration::from_hours(24),
        };
        let failure = allowance.refusal();
        assert_eq!(
            failure.detail(),
            "That was too often: 50 times in 1 day are allowed (flirt). You can go on in 3 hours."
        );
        assert_eq!(failure.wait(), Some(Duration::from_secs(3 * 3600 - 5)));
    }

    #[test]
    fn waits_read_well() {
        for (seconds, words) in [
            (0, "1 second"),
            (1, "1 second"),
            (60, "1 minute"),
            (90, "90 seconds"),
            (121, "3 minutes"),
            (86_400, "1 day"),
            (90_000, "25 hours"),
        ] {
            assert_eq!(in_words(Duration::from_secs(seconds)), words, "{seconds}");
        }
    }

    #[test]
    fn one_customer_is_one_subject() {
        let named = |address: &str| {
            let networks = networks(address.parse().unwrap());
            networks.iter().map(|(network, times)| format!("{times} of {network}")).collect::<Vec<_>>()
        };
        assert_eq!(named("192.0.2.1"), ["1 of 192.0.2.1"]);
        assert_eq!(named("::ffff:192.0.2.1"), ["1 of 192.0.2.1"]);
        assert_eq!(
            named("2001:db8:1:2:3:4:5:6"),
            ["1 of 2001:db8:1:2::/64", "2 of 2001:db8:1::/56", "8 of 2001:db8:1::/48"]
        );
    }
}
