//! Log lines on standard error, as text for people or JSON for machines.
//!
//! They hold no personal data: no path (it has nicknames), no query, no address, no token, no e-mail address.
//! Who logs keeps to that; a member's id is the most that a line may say of her. Lines about security have a target of
//! their own and not even that ([`crate::web::security_log`]).

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::kernel::config::LogFormat;

/// The filter cannot be read.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is no log filter: give --log error, warn, info, debug, or for example pancake=debug,sqlx=warn"
)]
pub struct LogError(String);

/// Starts logging. A second call, in a test, changes nothing.
///
/// # Errors
/// If the filter cannot be parsed.
pub fn start(format: LogFormat, filter: &str) -> Result<(), LogError> {
    // What is refused is kept, unless the operator says otherwise of this very target.
    let filter =
        EnvFilter::try_new(format!("security=info,{filter}")).map_err(|_| LogError(filter.to_owned()))?;
    let registry = tracing_subscriber::registry().with(filter);
    // An error means that somebody else logs already, which is as good.
    let _ = match format {
        LogFormat::Text => registry
            .with(layer().with_target(false).with_ansi(io::stderr().is_terminal()).with_writer(io::stderr))
            .try_init(),
        LogFormat::Json => registry
            .with(layer().json().flatten_event(true).with_span_list(false).with_writer(io::stderr))
            .try_init(),
    };
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let said = panic.payload_as_str().unwrap_or_default();
        tracing::error!(place, said, "a panic: this is a bug in the program");
    }));
    Ok(())
}
