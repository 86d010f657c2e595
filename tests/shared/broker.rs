//! One RabbitMQ for all tests of this process, or a loud word that there is none.

use pancake::drive::broker::{BrokerError, PrivateBroker};
use tokio::sync::OnceCell;

use std::path::Path;

use super::postgres::folder;

static BROKER: OnceCell<Option<PrivateBroker>> = OnceCell::const_new();

/// The broker, started by whoever asks first.
pub(crate) async fn broker() -> Option<&'static PrivateBroker> {
    BROKER.get_or_init(async || own(&folder("broker")).await).await.as_ref()
}

/// One that is not shared. Nothing where RabbitMQ is not installed: then the test is skipped, and says so. Where `CI` is set
/// nothing is skipped.
pub(crate) async fn own(folder: &Path) -> Option<PrivateBroker> {
    match PrivateBroker::start(folder).await {
        Ok(broker) => Some(broker),
        Err(missing @ BrokerError::NoPrograms) if std::env::var_os("CI").is_none() => {
            eprintln!("SKIPPED, although it matters: what needs a broker. {missing}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}
