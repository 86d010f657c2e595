//! A RabbitMQ for a test, or a loud word that there is none.

use std::path::Path;

use pancake::dev::drive::broker::{BrokerError, PrivateBroker};

/// Starts one in a folder that is not there yet. Nothing where RabbitMQ is not installed: then the test is skipped, and
/// says so. Where `CI` is set nothing is skipped.
pub(crate) async fn start(folder: &Path) -> Option<PrivateBroker> {
    match PrivateBroker::start(folder).await {
        Ok(broker) => Some(broker),
        Err(missing @ BrokerError::NoPrograms) if std::env::var_os("CI").is_none() => {
            eprintln!("SKIPPED, although it matters: what needs a broker. {missing}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}
