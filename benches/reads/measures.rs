//! What members ask for most, and how much of a bare handler's rate each is to have.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::Fault;
use crate::client::{self, Ask};
use crate::large::{PASSWORD, Reader};

/// Pages of HTML, of a bare handler's rate.
const PAGES: f64 = 0.22;
const NAV: f64 = 0.45;
const ALERTS: f64 = 0.65;
const SEARCH: f64 = 0.13;

/// One page or answer, asked for by every reader in turn.
pub(crate) struct Measure {
    pub(crate) name: &'static str,
    /// What is wanted of it, as a part of the bare handler's rate.
    pub(crate) wanted: Option<f64>,
    pub(crate) asks: Arc<[Ask]>,
}

/// All of them, when everybody is logged in.
pub(crate) async fn all(address: SocketAddr, readers: &[Reader]) -> Result<Vec<Measure>, Fault> {
    let mut tokens = Vec::new();
    for reader in readers {
        tokens.push(client::log_in(address, &reader.nickname, PASSWORD).await?);
    }
    let measure = |name, wanted, path: fn(&Reader, usize) -> String| {
        let asks = (0..).take(one_round(readers)).map(|number: usize| {
            let at = number % readers.len();
            Ask { path: path(&readers[at], number / readers.len()), token: Some(tokens[at].clone()) }
        });
        Measure { name, wanted, asks: asks.collect() }
    };
    let page = |name, path| measure(name, Some(PAGES), path);
    Ok(vec![
        page("GET /", |_, _| "/".to_owned()),
        page("GET /news", |_, _| "/news".to_owned()),
        page("GET /alerts", |_, _| "/alerts".to_owned()),
        page("GET /chat", |_, _| "/chat".to_owned()),
        measure("GET /search, her ideal", Some(SEARCH), |_, _| "/search".to_owned()),
        page("GET /member, which is a visit", |reader, number| {
            format!("/member/{}", reader.others[number % reader.others.len()])
        }),
        measure("GET /api/nav", Some(NAV), |_, _| "/api/nav".to_owned()),
        measure("GET /api/alerts", Some(ALERTS), |_, _| "/api/alerts".to_owned()),
        measure("GET /api/search, in her county", Some(SEARCH), |reader, _| {
            format!("{}&place={}", search(reader), reader.county)
        }),
        measure("GET /api/search, anywhere", Some(SEARCH), |reader, _| search(reader)),
        measure("GET /api/search, who looks for her", None, |reader, _| {
            format!("{}&forMe=true", search(reader))
        }),
        measure("GET /api/news", None, |_, _| "/api/news".to_owned()),
    ])
}

/// Each reader visits each of her others once.
fn one_round(readers: &[Reader]) -> usize {
    readers.iter().map(|reader| reader.others.len()).sum()
}

/// As most ask: a gender, and ten years of age.
fn search(reader: &Reader) -> String {
    let Reader { looks_for, from_age, to_age, .. } = reader;
    format!("/api/search?gender={looks_for}&ageFrom={from_age}&ageTo={to_age}")
}
